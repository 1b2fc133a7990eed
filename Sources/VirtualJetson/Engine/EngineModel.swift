import Policy

/// The GPU, the data loaders and the power they draw, as a pure function of explicit time: nothing here reads a clock.
///
/// Contexts with pending launches take turns of `timeslice`, round robin, as nvgpu's runlist does; a launch is preempted at
/// the end of a turn and goes on in the next one, and a turn ends early when its context runs dry. A switch costs nothing.
/// A context stays resident on the engine after its work is done, until another one's work needs the engine or the GPU is
/// power-gated. Loads of one context run one after the other; contexts that load at the same time share the CPU evenly, so
/// k of them each load k times slower. A change of clocks rescales what is left of running work at once.
///
/// An event costs time in proportion to the contexts that load data at that moment, never to all contexts.
struct EngineModel: Sendable {
    struct Configuration: Sendable {
        /// nvgpu's default TSG timeslice, nanoseconds.
        var timeslice: UInt64 = 1_024_000
        /// Minibatch work is this many times shorter than on the board.
        var timeScale = 1.0
        var idle: IdlePower
        /// An idle GPU is power-gated after this time, nanoseconds (railgate_delay of ga10b).
        var railgateDelay: UInt64 = 500_000_000
    }

    struct Completion: Hashable, Sendable {
        var context: Int
        var isLoad: Bool
        /// Number of the launch or load in its context, from 0.
        var index: UInt64
        /// When it ended, nanoseconds.
        var time: UInt64
    }

    let configuration: Configuration
    private(set) var time: UInt64
    private(set) var clocks: Clocks
    private(set) var contexts: [EngineContext?]
    private(set) var monitors: [PowerMonitor]
    private(set) var slow = SlowState()
    private(set) var totals = EngineTotals()
    /// What has completed since the owner last emptied it, in order of time.
    var completions: [Completion] = []
    /// What the firmware has recorded since the owner last emptied it, in order of time.
    var switches: [ContextSwitch] = []
    /// Contexts whose account has changed since the owner last emptied it.
    var changed: ContextSet

    private var running: Int?
    private var lastTurn = 0
    private var turnUsed: UInt64 = 0
    private var idleSince: UInt64
    private var workingIdle = DomainPower()
    private var ready: ContextSet
    private var loading: ContextSet
    private var resident: (index: Int, party: ContextSwitch.Party)?

    init(
        configuration: Configuration, clocks: Clocks, contexts: Int, chips: [[SupplyRail?]], railScale: Double,
        time: UInt64
    ) {
        self.configuration = configuration
        self.clocks = clocks
        self.time = time
        idleSince = time
        self.contexts = [EngineContext?](repeating: nil, count: contexts)
        changed = ContextSet(capacity: contexts)
        ready = changed
        loading = changed
        workingIdle = configuration.idle.power(in: clocks.working)
        let power = workingIdle
        monitors = chips.map { PowerMonitor(channels: $0, scale: railScale, time: time, power: power) }
    }

    // MARK: What happens at `time`

    mutating func countReaped() { totals.contextsReaped += 1 }

    /// `pid` is what its client says.
    mutating func open(_ index: Int, pid: UInt32 = 0) {
        contexts[index] = EngineContext(pid: pid)
        changed.insert(index)
        totals.contextsOpened += 1
    }

    /// Ends a context. Its pending work is dropped, and it leaves the engine.
    mutating func close(_ index: Int) {
        let hadWork = (contexts[index]?.pendingLaunches ?? 0) > 0
        contexts[index] = nil
        forget(index)
        takeTurns()
        if resident?.index == index { place(nil, hadWork: hadWork) }
    }

    /// The engine is reset for what context `index` did: its work is dropped, also what it submits from now on.
    mutating func fault(_ index: Int) {
        totals.contextsFaulted += 1
        guard let context = contexts[index] else { return }
        switches.append(ContextSwitch(time: time, kind: .reset(Self.party(index, context))))
        if resident?.index == index { resident = nil }
        contexts[index]?.abort()
        forget(index)
        takeTurns()
    }

    mutating func setSurface(_ index: Int, _ surface: any WorkloadSurface) {
        contexts[index]?.setSurface(surface, clocks: clocks, idle: workingIdle)
        changed.insert(index)
    }

    mutating func submit(_ index: Int, _ work: Launch.Work) {
        guard contexts[index]?.enqueue(Launch(work: work)) == true else { return }
        ready.insert(index)
        takeTurns()
    }

    mutating func submitLoad(_ index: Int) {
        if contexts[index]?.enqueueLoad() == true { loading.insert(index) }
    }

    mutating func setClocks(_ clocks: Clocks) {
        self.clocks = clocks
        workingIdle = configuration.idle.power(in: clocks.working)
        for index in contexts.indices { contexts[index]?.updateCost(clocks: clocks, idle: workingIdle) }
        emptyWhenGated()
    }

    /// Sets how many samples monitor `index` averages.
    mutating func setSamples(_ samples: Int, monitor index: Int) {
        guard monitors.indices.contains(index), PowerMonitor.sampleCounts.contains(samples) else { return }
        monitors[index].samples = samples
    }

    // MARK: What is true at `time`

    var gpuIsBusy: Bool { running != nil }
    /// Whether the GPU has had no work for longer than the railgate delay.
    var gpuRests: Bool { running == nil && time &- idleSince >= configuration.railgateDelay }
    var gpuIsGated: Bool { gpuRests && clocks.gpuMayGate }
    var cpuIsBusy: Bool { running != nil || !loading.isEmpty }
    /// The context whose state is on the engine, working or not.
    var residentContext: Int? { resident?.index }

    /// The board's power, constant until the next event.
    var power: DomainPower {
        var mode = clocks.working
        if !cpuIsBusy { mode.cpuKHz = clocks.restingCPUKHz }
        if gpuRests { mode.gpuHz = clocks.restingGPUHz }
        var power = configuration.idle.power(in: mode, gpuIsGated: gpuIsGated)
        if let running, let context = contexts[running], let launch = context.currentLaunch {
            switch launch.work {
            case .share: power = power + (context.cost?.gpuPower ?? DomainPower())
            case .cycles: power.gpu += Self.plainLaunchWattsPerGHz * Double(clocks.working.gpuHz) / 1e9
            }
        }
        for index in loading {
            guard let cost = contexts[index]?.cost else { continue }
            power = power + cost.loaderPower * (1 / Double(loading.count))
        }
        return power
    }

    /// Power of launches that belong to no surface: half of ResNet-18's.
    static let plainLaunchWattsPerGHz = 10.0

    /// When something happens next by itself, nanoseconds; always after `time`.
    var nextEvent: UInt64 { time &+ step(limit: UInt64.max - time) }

    // MARK: Time

    /// Lets time pass up to `target`. Completions are appended in order of time. Linear in the number of events passed.
    mutating func advance(to target: UInt64) {
        while time < target {
            let step = step(limit: target - time)
            integrate(step)
            settle(step)
            takeTurns()
            emptyWhenGated()
        }
    }

    private func remainingNanoseconds(_ context: EngineContext, _ launch: Launch) -> UInt64 {
        let whole = context.duration(launch, clocks: clocks, timeScale: configuration.timeScale)
        return max(UInt64((max(launch.remaining, 0) * whole).rounded(.up)), 1)
    }

    private func remainingLoadNanoseconds(_ context: EngineContext, loaders: Int) -> UInt64 {
        let whole = context.loadDuration(timeScale: configuration.timeScale) * Double(loaders)
        return max(UInt64((max(context.loadRemaining, 0) * whole).rounded(.up)), 1)
    }

    /// The time to the next event, at most `limit`.
    private func step(limit: UInt64) -> UInt64 {
        var step = limit
        if let running, let context = contexts[running], let launch = context.currentLaunch {
            step = min(step, remainingNanoseconds(context, launch))
            // The running context is one of the ready ones.
            if ready.count > 1 { step = min(step, configuration.timeslice - turnUsed) }
        } else if !gpuRests {
            step = min(step, idleSince &+ configuration.railgateDelay &- time)
        }
        for index in loading {
            guard let context = contexts[index] else { continue }
            step = min(step, remainingLoadNanoseconds(context, loaders: loading.count))
        }
        for monitor in monitors where monitor.windowEnd > time { step = min(step, monitor.windowEnd - time) }
        return max(step, 1)
    }

    private mutating func integrate(_ step: UInt64) {
        let power = power
        for index in monitors.indices { monitors[index].accumulate(power, from: time, to: time &+ step) }
        slow.advance(seconds: Double(step) / 1e9, power: power, gpuIsBusy: running != nil)
    }

    private mutating func settle(_ step: UInt64) {
        time &+= step
        if let resident {
            contexts[resident.index]?.residentNanoseconds &+= step
            changed.insert(resident.index)
        }
        if let running, let context = contexts[running], let launch = context.currentLaunch {
            let remaining = remainingNanoseconds(context, launch)
            let whole = context.duration(launch, clocks: clocks, timeScale: configuration.timeScale)
            contexts[running]?.busyNanoseconds &+= step
            totals.gpuBusyNanoseconds &+= step
            turnUsed &+= step
            if remaining <= step {
                completions.append(
                    Completion(context: running, isLoad: false, index: context.completedLaunches, time: time))
                contexts[running]?.finishLaunch()
                if contexts[running]?.pendingLaunches == 0 { ready.remove(running) }
                totals.launchesCompleted &+= 1
            } else {
                contexts[running]?.runLaunch(part: Double(step) / whole)
            }
        }
        let loaders = loading.count
        for index in loading {
            guard let context = contexts[index] else { continue }
            if remainingLoadNanoseconds(context, loaders: loaders) <= step {
                completions.append(
                    Completion(context: index, isLoad: true, index: context.completedLoads, time: time))
                contexts[index]?.finishLoad()
                if contexts[index]?.pendingLoads == 0 { loading.remove(index) }
                changed.insert(index)
                totals.loadsCompleted &+= 1
            } else {
                let whole = context.loadDuration(timeScale: configuration.timeScale) * Double(loaders)
                contexts[index]?.runLoad(part: Double(step) / whole)
            }
        }
    }

    /// Decides who runs from now on.
    private mutating func takeTurns() {
        if let running, ready.contains(running) {
            if turnUsed < configuration.timeslice { return }
        } else if running != nil {
            running = nil
            idleSince = time
        }
        guard let candidate = ready.next(after: lastTurn) else { return }
        turnUsed = 0
        running = candidate
        lastTurn = candidate
        place(candidate, hadWork: resident.map { ready.contains($0.index) } ?? false)
    }

    // MARK: Residency

    private static func party(_ index: Int, _ context: EngineContext) -> ContextSwitch.Party {
        ContextSwitch.Party(id: firstContextID &+ UInt32(truncatingIfNeeded: index), pid: context.pid)
    }

    /// Any page frame will do; it is used again when a context is, as on hardware.
    private static let firstContextID: UInt32 = 0x0010_2000

    /// Switches the engine to another context, or to none.
    private mutating func place(_ index: Int?, hadWork: Bool) {
        guard index != resident?.index else { return }
        let former = resident?.party
        resident = index.flatMap { index in contexts[index].map { (index, Self.party(index, $0)) } }
        if resident != nil { totals.contextSwitches &+= 1 }
        switches.append(
            ContextSwitch(time: time, kind: .change(from: former, to: resident?.party, hadWork: hadWork)))
    }

    /// The driver takes the last context off before the rail goes.
    private mutating func emptyWhenGated() {
        if resident != nil && gpuIsGated { place(nil, hadWork: false) }
    }

    private mutating func forget(_ index: Int) {
        ready.remove(index)
        loading.remove(index)
        changed.insert(index)
    }
}
