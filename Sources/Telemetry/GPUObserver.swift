import Synchronization
public import SystemCalls

/// Who wants to know each slice and each minibatch as it happens. Called from the threads that read them; must not block.
public protocol GPUActivityListener: AnyObject, Sendable {
    /// A process had the GPU, or work on it.
    func observed(_ slice: GPUSlice, from source: GPUTimeSource)
    /// Minibatches of a process ended.
    func observed(_ boundary: MinibatchBoundary, of process: ProcessIdentity)
}

/// All that tells who uses the GPU, joined: the probes and their ring, the context-switch device, the minibatches, and the
/// account of GPU time. Each source that is missing leaves the others as they are, and its reason in `probeAnswer` or
/// `contextSwitchAnswer`.
public final class GPUObserver: Sendable {
    /// What to use.
    public struct Settings: Sendable {
        /// Put in front of every path of the board; "" on one.
        public var root = ""
        /// What the probes record.
        public var level = CUDAProbes.Level.boundaries
        /// Whether the context-switch device is opened.
        public var usesContextSwitches = true

        /// The defaults of a board.
        public init() {}
    }

    /// Who had the GPU for how long.
    public let account: GPUTimeAccount
    /// Minibatches by process.
    public let minibatches: MinibatchLedger
    /// Nil where they are off or cannot work; see `probeAnswer`.
    public let probes: CUDAProbes?
    /// Whether the probes work, or why not.
    public let probeAnswer: FeatureAnswer
    private let startAnswer: FeatureAnswer
    private let events: ObservedEvents
    private let ring: RingReader?
    private let switches: ContextSwitchReader?
    private let loadToldUntil = Mutex<UInt64>(0)

    /// Starts what `settings` asks for and the machine allows. Nothing is attached yet: see `CUDAProbes.attachRunning`.
    ///
    /// - Parameter news: is raised when a process is first seen, has come back or has gone.
    public init(_ settings: Settings, listener: (any GPUActivityListener)?, news: EventSignal) {
        let now = MonotonicClock.nanoseconds()
        let account = GPUTimeAccount(startNanoseconds: now)
        let minibatches = MinibatchLedger { process, boundary in
            listener?.observed(boundary, of: process)
        }
        let events = ObservedEvents(account: account, minibatches: minibatches, listener: listener)
        self.account = account
        self.minibatches = minibatches
        self.events = events
        (probes, ring, probeAnswer) = Self.startProbes(settings.level, events, news)
        if ring != nil { account.began(settings.level == .launches ? .launches : .boundaries, at: now) }
        (switches, startAnswer) = Self.startSwitches(settings, events)
    }

    private static func startProbes(
        _ level: CUDAProbes.Level, _ events: ObservedEvents, _ news: EventSignal
    ) -> (CUDAProbes?, RingReader?, FeatureAnswer) {
        guard level != .off else { return (nil, nil, .unavailable("The probes are off (probes.level = \"off\").")) }
        do {
            let probes = try CUDAProbes(level: level)
            let ring = try RingReader(probes: probes, events: events, news: news)
            return (probes, ring, .available)
        } catch {
            return (nil, nil, error.kind == .failed ? .unknown(error.description) : .unavailable(error.description))
        }
    }

    private static func startSwitches(
        _ settings: Settings, _ events: ObservedEvents
    ) -> (ContextSwitchReader?, FeatureAnswer) {
        guard settings.usesContextSwitches else {
            return (nil, .unavailable("The context-switch device is left to others (probes.ctxsw = \"off\")."))
        }
        do {
            // The account is 250 ms behind in any case, and the buffer holds 4,000 switches.
            let period: UInt64 = 100_000_000
            let device = try ContextSwitchDevice(root: settings.root)
            return (try ContextSwitchReader(device: device, periodNanoseconds: period, receiver: events), .available)
        } catch {
            return (nil, error.answer)
        }
    }

    /// Whether context switches are read, or why not.
    public var contextSwitchAnswer: FeatureAnswer {
        switches?.failure.map { .unavailable($0) } ?? startAnswer
    }

    /// What the context-switch source has seen; nil without it.
    public var contextSwitchCounts: ContextSwitchCounts? { switches?.counts }

    /// Stops reading context switches, or goes on; who has the GPU is known from them again with the first switch after that.
    public func pauseContextSwitches(_ isPaused: Bool) { switches?.setPaused(isPaused) }

    /// Gives out GPU time up to the horizon, and makes lost records good. Call a few times a second; some system calls for each
    /// 64 processes.
    ///
    /// - Parameter load: what the driver says of the whole GPU, if anything does: residency is scaled to it.
    public func settle(now: UInt64, load: GPULoad.Reading? = nil) {
        if let probes {
            account.observed(probes.openWork(), of: probes.level == .launches ? .launches : .boundaries, at: now)
        }
        if let load, let permille = load.permille {
            loadToldUntil.withLock { told in
                guard load.readNanoseconds > told else { return }
                if told > 0 { account.recordLoad(permille: permille, from: told, to: load.readNanoseconds) }
                told = load.readNanoseconds
            }
        }
        account.settle(now: now)
    }

    /// Ends the threads. Safe to call twice.
    public func stop() {
        switches?.stop()
        ring?.stop()
    }
}

/// Hands what the sources tell to the account, the minibatches and the listener.
private final class ObservedEvents: CUDAEventReceiver, ContextSwitchReceiver {
    private let account: GPUTimeAccount
    private let minibatches: MinibatchLedger
    private let listener: (any GPUActivityListener)?
    /// Start of the slice that is told in pieces.
    private let sliceStart = Mutex<UInt64?>(nil)

    init(account: GPUTimeAccount, minibatches: MinibatchLedger, listener: (any GPUActivityListener)?) {
        self.account = account
        self.minibatches = minibatches
        self.listener = listener
    }

    func receive(_ event: CUDAEvent, busyBegin: UInt64?) {
        minibatches.receive(event, busyBegin: busyBegin)
        account.receive(event, busyBegin: busyBegin)
        guard let listener, let (slice, source) = event.drainedWork(busyBegin: busyBegin) else { return }
        listener.observed(slice, from: source)
    }

    func processExited(_ process: ProcessIdentity, counts: CUDACounts) {
        minibatches.processExited(process, counts: counts)
        account.processExited(process, counts: counts)
    }

    func recordsLost(of process: ProcessIdentity, counts: CUDACounts) {
        minibatches.recordsLost(of: process, counts: counts)
        account.recordsLost(of: process, counts: counts)
    }

    func tracingBegan(at nanoseconds: UInt64) { account.tracingBegan(at: nanoseconds) }

    func received(_ piece: ContextSwitchSlice) {
        account.received(piece)
        let start = sliceStart.withLock { start in
            let first = start ?? piece.slice.startNanoseconds
            start = piece.ending == .continues ? first : nil
            return first
        }
        guard piece.ending != .continues else { return }
        listener?.observed(
            GPUSlice(pid: piece.slice.pid, startNanoseconds: start, endNanoseconds: piece.slice.endNanoseconds),
            from: .contextSwitches)
    }

    func delivered(until nanoseconds: UInt64) { account.delivered(until: nanoseconds) }

    func tracingEnded(at nanoseconds: UInt64) { account.tracingEnded(at: nanoseconds) }
}
