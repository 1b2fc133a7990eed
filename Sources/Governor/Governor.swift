import Board
import Glibc
public import Logging
import Policy
import ProfileStore
import SystemCalls
import Telemetry
import VirtualFiles

/// The daemon: observes processes and rails, plans power modes, turns the board's knobs, publishes all of it.
///
/// One thread runs the loop and owns every mutable value here; the probe's ring and the tree have threads of their own and
/// meet the loop at a `Mutex` and an `EventSignal`.
public final class Governor {
    /// Where the daemon finds and puts things.
    public struct Options: Sendable {
        /// Put in front of every path of the board: empty on a real one, the mount point of a virtual one.
        public var root = ""
        /// Where the virtual file tree is mounted.
        public var treePath = "/run/fulcrum"
        /// Lock and journal.
        public var servicePath = "/run/fulcrumd"
        /// The profile store.
        public var statePath = "/var/lib/fulcrum"
        /// Configuration files in the order of application; nil: the installed ones.
        public var configurationFiles: [String]?
        /// Stop when standard input is closed, as if by SIGTERM.
        public var stopsAtEndOfInput = false

        /// The places of an installed daemon.
        public init() {}
    }

    let options: Options
    let log: Logger
    var configuration: Configuration
    /// Why the files were last refused, if they were.
    var lastRejection: String?
    /// As the files have it; the tree may have set another budget since.
    var fileConfiguration: Configuration
    let board: Board
    let journal: Journal
    let observer: GPUObserver
    let meter: ProcessMeter
    let rails: RailSampler
    let sensors: BoardSensors
    let libraryScan: LibraryScan?
    let grid: ModeGrid
    /// The mode that was in force before our first write since the board was its own.
    var stockMode: PowerMode?
    let tree: PublishedTree
    let trace = TraceFeed()
    let activity: ActivityListener
    let writtenBudget: BudgetInbox
    let profileStore: ProfileStore
    let planner: Planner
    private let service: ServiceDirectory
    private let loop: EventLoop

    var powerGuard: PowerGuard
    var workloads: [Workload] = []
    /// What is known of workloads by profile key, also of those that have gone: the profile store's content.
    var remembered: [String: KnownWorkload]
    var useCount: UInt64
    var questionCount: UInt64 = 0
    /// What the planner found in the directory of reference models.
    let referenceReport: ReferenceReport
    var counters = PublishedState.Counters()
    var lastDecision = ""
    var budgetSource = "config"
    /// The mode that we last asked for; nil while the board has its stock values.
    var requestedMode: PowerMode? {
        didSet {
            if requestedMode != oldValue { trace.modeChanged(to: requestedMode, at: MonotonicClock.nanoseconds()) }
        }
    }
    var effectiveMode: PowerMode?
    /// Why the knobs are left alone, if they are: somebody else wrote one.
    var manualReason: String?
    /// The clocks that a cooling device holds down, as a sentence part; nil while none is.
    var throttle: String?
    var limitations: [Adjustment] = []
    /// Whether it was said that the module's power cannot be measured.
    var isBlind = false
    /// The last failure to write the knobs.
    var knobTrouble: String?
    var manualKnobs: Set<String> = []
    /// Somebody with the right to asked the governor back: the next change may write over foreign values.
    var takesUp = false
    var measuredWatts: Double?
    var powerSampledAt: UInt64 = 0
    var knobViews: [PublishedState.Knob] = []
    var knobsReadAt: UInt64 = 0
    var retryKnobsAt: UInt64 = 0
    var lastMoveAt: UInt64 = 0
    var publishedAt: UInt64 = 0
    var publishedDecisions: UInt64 = 0
    /// More processes were seen than are followed; said once.
    var isCrowded = false

    /// Reads the configuration, takes the lock, finds the board, gives it back to its stock values if an earlier daemon left a
    /// journal, attaches the probes and mounts the tree. Throws what makes governing impossible; what only makes it poorer
    /// is named in `features`.
    public init(options: Options, log: Logger) throws {
        self.options = options
        self.log = log
        configuration = try ConfigurationReader.read(Self.configurationFiles(options))
        fileConfiguration = configuration
        service = try ServiceDirectory(options.servicePath)
        let processesChanged = try EventSignal()
        let budgetWritten = try EventSignal()
        let planAnswered = try EventSignal()
        let inbox = BudgetInbox()
        writtenBudget = inbox
        loop = try EventLoop(
            watching: [processesChanged, budgetWritten, planAnswered],
            configurationIn: ConfigurationReader.directories(of: options.configurationFiles),
            stopAtEndOfInput: options.stopsAtEndOfInput)

        board = try Board.discover(root: options.root)
        log.info("Board: \(board.identity.model), \(board.identity.table.name).")
        journal = try Self.journalAfterRestore(service.journalPath, board: board, log: log)
        grid = configuration.grid == .full ? board.grid : board.grid.thinned()
        stockMode = try? board.effectiveMode()
        rails = RailSampler(root: options.root)
        sensors = BoardSensors(root: options.root)
        powerGuard = PowerGuard(settings: .init())
        activity = ActivityListener(trace: trace)
        observer = Self.observer(
            configuration, root: options.root, listener: activity, news: processesChanged, log: log)
        libraryScan =
            if let probes = observer.probes {
                try LibraryScan(probes, root: options.root, extraPaths: configuration.cudaLibraries, log: log)
            } else {
                nil
            }
        meter = ProcessMeter(observer: observer, board: board, trace: trace)

        profileStore = try ProfileStore(
            directory: options.statePath, board: "\(board.identity.model) (\(board.identity.table.name))"
        ) { [log] in log.warning("\($0)") }
        remembered = KnownWorkload.all(profileStore.workloads)
        useCount = UInt64(profileStore.workloads.count)
        let report = ReferenceReport()
        referenceReport = report
        planner = try Planner(answered: planAnswered) { [log] models in
            report.set(models)
            for problem in models.problems { log.notice("Reference models: \(problem)") }
        }

        let publication = Publication()
        var initial = PublishedState()
        initial.rails = rails.samples.map { .init(label: $0.label) }
        initial.budget.microwatts = Int((configuration.budgetWatts * 1e6).rounded())
        initial.budget.source = budgetSource
        initial.knobs = board.knobs.map { .init(name: $0.name) }
        tree = try PublishedTree(
            publication: publication, initial: initial, trace: trace, writerGroup: groupID("fulcrum") ?? 0,
            setBudget: { microwatts, caller in
                inbox.put(microwatts, from: caller.uid)
                budgetWritten.raise()
            },
            log: { [log] message in log.notice("\(message)") })
        try tree.mount(at: options.treePath)
    }

    /// What an earlier daemon left is undone before anything else: what the knobs hold then is ours and no baseline (S2).
    private static func journalAfterRestore(_ path: String, board: Board, log: Logger) throws -> Journal {
        let journal: Journal
        do {
            journal = try Journal.load(path)
        } catch {
            // The damaged file was put aside; the values in force are all there is to go back to.
            log.error("\(error)")
            return try Journal.load(path)
        }
        guard !journal.isEmpty else { return journal }
        let report = try board.restore(journal)
        for sentence in report.vanished + report.notes { log.notice("\(sentence)") }
        for sentence in report.failures { log.error("\(sentence)") }
        log.notice(
            "An earlier daemon left the board changed; \(report.restored.count) knob files are back at their stock values."
        )
        return journal
    }

    /// Starts what tells who uses the GPU; without any of it the daemon still holds the budget, and says what is missing.
    private static func observer(
        _ configuration: Configuration, root: String, listener: ActivityListener, news: EventSignal, log: Logger
    ) -> GPUObserver {
        var settings = GPUObserver.Settings()
        settings.root = root
        settings.level = configuration.probeLevel
        settings.usesContextSwitches = configuration.contextSwitches == .auto
        let observer = GPUObserver(settings, listener: listener, news: news)
        if configuration.probeLevel != .off, let reason = observer.probeAnswer.reason {
            log.warning("No CUDA program will be seen, only the power budget is held. \(reason)")
        }
        return observer
    }

    var ledger: MinibatchLedger { observer.minibatches }

    static func configurationFiles(_ options: Options) -> [String] {
        options.configurationFiles ?? ConfigurationReader.installedFiles()
    }

    func waitForEvents(_ handle: (LoopEvent) -> Void) {
        loop.wait(handle)
    }

    func setTickPeriod() throws {
        try loop.tick(everyNanoseconds: UInt64(configuration.railIntervalMilliseconds * 1e6))
    }
}
