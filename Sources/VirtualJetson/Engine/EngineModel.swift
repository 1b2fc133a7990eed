import Policy

/// The GPU, the data loaders and the power they draw, as a pure function of explicit time: nothing here reads a clock.
///
/// Contexts with pending launches take turns of `timeslice`, round robin, as nvgpu's runlist does; a launch is preempted at
/// the end of a turn and goes on in the next one, and a turn ends early when its context runs dry. A switch costs nothing.
/// Loads of one context run one after the other; contexts that load at the same time share the CPU evenly, so k of
/// them each load k times slower. A change of clocks rescales what is left of running work at once.
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

    private var running: Int?
    private var lastTurn = 0
    private var turnUsed: UInt64 = 0
    private var idleSince: UInt64
    private var workingIdle = DomainPower()

    init(
        configuration: Configuration, clocks: Clocks, contexts: Int, chips: [[SupplyRail?]], railScale: Double,
        time: UInt64
    ) {
        self.configuration = configuration
        self.clocks = clocks
        self.time = time
        idleSince = time
        self.contexts = [EngineContext?](repeating: nil, count: contexts)
        workingIdle = configuration.idle.power(in: clocks.working)
        let power = workingIdle
        monitors = chips.map { PowerMonitor(channels: $0, scale: railScale, time: time, power: power) }
    }

    // MARK: What happens at `time`

    mutating func countReaped() { totals.contextsReaped += 1 }
    mutating func countFaulted() { totals.contextsFaulted += 1 }

    mutating func open(_ index: Int) {
        contexts[index] = EngineContext()
        totals.contextsOpened += 1
    }

    mutating func close(_ index: Int) {
        contexts[index] = nil
        takeTurns()
    }

    mutating func setSurface(_ index: Int, _ surface: any WorkloadSurface) {
        contexts[index]?.setSurface(surface, clocks: clocks, idle: workingIdle)
    }

    mutating func submit(_ index: Int, _ work: Launch.Work) {
        contexts[index]?.enqueue(Launch(work: work))
        takeTurns()
    }

    mutating func submitLoad(_ index: Int) {
        contexts[index]?.enqueueLoad()
    }

    mutating func setClocks(_ clocks: Clocks) {
        self.clocks = clocks
        workingIdle = configuration.idle.power(in: clocks.working)
        for index in contexts.indices { contexts[index]?.updateCost(clocks: clocks, idle: workingIdle) }
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
    var cpuIsBusy: Bool { running != nil || contexts.contains { ($0?.pendingLoads ?? 0) > 0 } }

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
        let loaders = activeLoaders
        if loaders > 0 {
            for context in contexts {
                guard let context, context.pendingLoads > 0, let cost = context.cost else { continue }
                power = power + cost.loaderPower * (1 / Double(loaders))
            }
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
        }
    }

    private var activeLoaders: Int { contexts.count { ($0?.pendingLoads ?? 0) > 0 } }

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
            if hasOtherWork(than: running) { step = min(step, configuration.timeslice - turnUsed) }
        } else if !gpuRests {
            step = min(step, idleSince &+ configuration.railgateDelay &- time)
        }
        let loaders = activeLoaders
        if loaders > 0 {
            for context in contexts {
                guard let context, context.pendingLoads > 0 else { continue }
                step = min(step, remainingLoadNanoseconds(context, loaders: loaders))
            }
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
        let loaders = activeLoaders
        time &+= step
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
                totals.launchesCompleted &+= 1
            } else {
                contexts[running]?.runLaunch(part: Double(step) / whole)
            }
        }
        guard loaders > 0 else { return }
        for index in contexts.indices {
            guard let context = contexts[index], context.pendingLoads > 0 else { continue }
            if remainingLoadNanoseconds(context, loaders: loaders) <= step {
                completions.append(
                    Completion(context: index, isLoad: true, index: context.completedLoads, time: time))
                contexts[index]?.finishLoad()
                totals.loadsCompleted &+= 1
            } else {
                let whole = context.loadDuration(timeScale: configuration.timeScale) * Double(loaders)
                contexts[index]?.runLoad(part: Double(step) / whole)
            }
        }
    }

    private func hasOtherWork(than index: Int) -> Bool {
        contexts.indices.contains { $0 != index && (contexts[$0]?.pendingLaunches ?? 0) > 0 }
    }

    /// Decides who runs from now on.
    private mutating func takeTurns() {
        if let running, let context = contexts[running], context.pendingLaunches > 0 {
            if turnUsed < configuration.timeslice { return }
        } else if running != nil {
            running = nil
            idleSince = time
        }
        for offset in 1...contexts.count {
            let candidate = (lastTurn + offset) % contexts.count
            guard (contexts[candidate]?.pendingLaunches ?? 0) > 0 else { continue }
            turnUsed = 0
            running = candidate
            lastTurn = candidate
            return
        }
    }
}
