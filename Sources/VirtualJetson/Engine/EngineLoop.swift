import CVirtualGPU
import Policy
import SystemCalls

/// What the engine's thread does between two sleeps: look for work in the shared memory, let the model's time pass, tell the
/// clients.
struct EngineLoop: ~Copyable {
    enum Action {
        case clocks(Clocks)
        case samples(Int, monitor: Int)
        case launch(Int, Launch.Work)
        case load(Int)
        case close(Int)
        case fault(Int)
    }

    /// The engine's own account of a context: what a client writes later cannot change it.
    private struct Slot {
        var pid: UInt32
        var surface = ""
        var launchesSeen: UInt64 = 0
        var loadsSeen: UInt64 = 0
        var launchesDone: UInt64 = 0
        var loadsDone: UInt64 = 0
        var isFaulted = false
    }

    let trace: ContextSwitchTrace

    /// How often the owners of contexts are asked whether they live.
    static let reapInterval: UInt64 = 500_000_000

    let memory: EngineMemory
    private let surfaces: [String: any WorkloadSurface]
    private var model: EngineModel
    private var slots: [Slot?]
    private var actions: [(time: UInt64, order: Int, action: Action)] = []
    private var nextReap: UInt64
    private var nextDrain: UInt64?
    private var closed: [ContextAccount] = []
    private var vacated: [Int] = []

    init(memory: EngineMemory, trace: ContextSwitchTrace, configuration: GPUEngine.Configuration) {
        self.memory = memory
        self.trace = trace
        surfaces = configuration.surfaces
        let now = MonotonicClock.nanoseconds()
        nextReap = now &+ Self.reapInterval
        slots = [Slot?](repeating: nil, count: EngineMemory.contextCount)
        model = EngineModel(
            configuration: .init(timeScale: max(configuration.timeScale, 1e-3), idle: configuration.idle),
            clocks: configuration.clocks, contexts: EngineMemory.contextCount, chips: configuration.chips,
            railScale: configuration.railScale, time: now)
    }

    mutating func add(_ action: Action, at time: UInt64) {
        actions.append((time, actions.count, action))
    }

    /// Looks at the contexts that have called, and now and then at all. What was submitted becomes an action at the time its
    /// client stamped, but neither later than `now` nor before what is already settled.
    mutating func collect(until now: UInt64) {
        let reaps = now >= nextReap
        if reaps { nextReap = now &+ Self.reapInterval }
        for word in 0..<EngineMemory.callWords {
            // A client can also wipe the calls of others: the look at all contexts finds those.
            var called = memory.takeCalls(word)
            if reaps { called = ~0 }
            while called != 0 {
                visit(word << 6 | called.trailingZeroBitCount, now, reaps: reaps)
                called &= called &- 1
            }
        }
    }

    private mutating func visit(_ index: Int, _ now: UInt64, reaps: Bool) {
        let owner = memory.owner(index)
        if slots[index] == nil && owner != 0 { claim(index) }
        guard slots[index] != nil else { return }
        if owner == 0 || memory.isClosing(index) {
            add(.close(index), at: now)
        } else if reaps && !memory.isHeld(index) {
            model.countReaped()
            add(.close(index), at: now)
        } else {
            collectLaunches(index, now)
            collectLoads(index, now)
        }
    }

    private mutating func claim(_ index: Int) {
        // A leftover of a client that died before it was seen: nobody is told.
        guard memory.isHeld(index) else { return memory.reset(index) }
        let pid = memory.owner(index)
        slots[index] = Slot(pid: pid)
        model.open(index, pid: pid)
    }

    private mutating func close(_ index: Int) {
        if let account = account(index) { closed.append(account) }
        model.close(index)
        slots[index] = nil
        vacated.append(index)
    }

    private func account(_ index: Int) -> ContextAccount? {
        guard let slot = slots[index], let context = model.contexts[index] else { return nil }
        return ContextAccount(
            index: index, pid: slot.pid, surface: slot.surface, launchesCompleted: context.completedLaunches,
            loadsCompleted: context.completedLoads, busyNanoseconds: context.busyNanoseconds,
            residentNanoseconds: context.residentNanoseconds)
    }

    private mutating func collectLaunches(_ index: Int, _ now: UInt64) {
        guard var slot = slots[index], !slot.isFaulted else { return }
        let submitted = memory.submitted(index)
        guard submitted != slot.launchesSeen else { return }
        // Also refuses a count that went backwards: the difference wraps.
        guard submitted &- slot.launchesSeen <= EngineMemory.ringSize &- (slot.launchesSeen &- slot.launchesDone) else {
            return fault(index, now)
        }
        chooseSurface(index, &slot)
        while slot.launchesSeen != submitted {
            let launch = memory.launch(index, slot.launchesSeen)
            guard launch.cycles != 0 || (!slot.surface.isEmpty && launch.share_ppm <= VGPU_PPM) else {
                return fault(index, now)
            }
            add(
                .launch(index, launch.cycles != 0 ? .cycles(launch.cycles) : .share(launch.share_ppm)),
                at: min(launch.submitted_ns, now))
            slot.launchesSeen &+= 1
        }
        slots[index] = slot
    }

    private mutating func collectLoads(_ index: Int, _ now: UInt64) {
        guard var slot = slots[index], !slot.isFaulted else { return }
        let submitted = memory.loadsSubmitted(index)
        guard submitted != slot.loadsSeen else { return }
        guard submitted &- slot.loadsSeen <= EngineMemory.loadRingSize &- (slot.loadsSeen &- slot.loadsDone) else {
            return fault(index, now)
        }
        chooseSurface(index, &slot)
        guard !slot.surface.isEmpty else { return fault(index, now) }
        while slot.loadsSeen != submitted {
            add(.load(index), at: min(memory.loadTime(index, slot.loadsSeen), now))
            slot.loadsSeen &+= 1
        }
        slots[index] = slot
    }

    private mutating func chooseSurface(_ index: Int, _ slot: inout Slot) {
        guard slot.surface.isEmpty else { return }
        let name = memory.surface(index)
        guard let surface = surfaces[name] else { return }
        slot.surface = name
        model.setSurface(index, surface)
    }

    private mutating func fault(_ index: Int, _ now: UInt64) {
        slots[index]?.isFaulted = true
        add(.fault(index), at: now)
        memory.fault(index)
    }

    /// Applies the actions in order of their times and lets the model's time pass up to `now`.
    mutating func advance(until now: UInt64) {
        var closing: [Int] = []
        actions.sort { ($0.time, $0.order) < ($1.time, $1.order) }
        for (time, _, action) in actions {
            model.advance(to: min(time, now))
            switch action {
            case .clocks(let clocks): model.setClocks(clocks)
            case .samples(let samples, let monitor): model.setSamples(samples, monitor: monitor)
            case .launch(let context, let work): model.submit(context, work)
            case .load(let context): model.submitLoad(context)
            case .close(let context): closing.append(context)
            case .fault(let context): model.fault(context)
            }
        }
        actions.removeAll(keepingCapacity: true)
        model.advance(to: now)
        for index in closing { close(index) }
        nextDrain = trace.accept(model.switches, until: now)
        model.switches.removeAll(keepingCapacity: true)
    }

    /// Tells the clients what has completed, and gives closed contexts to whoever comes next.
    mutating func deliver() {
        for completion in model.completions {
            guard let slot = slots[completion.context] else { continue }
            memory.complete(completion)
            if completion.isLoad {
                slots[completion.context]?.loadsDone = slot.loadsDone &+ 1
            } else {
                slots[completion.context]?.launchesDone = slot.launchesDone &+ 1
            }
        }
        model.completions.removeAll(keepingCapacity: true)
        for index in vacated { memory.reset(index) }
        vacated.removeAll(keepingCapacity: true)
    }

    /// How long to sleep, nanoseconds.
    func sleep(from now: UInt64) -> UInt64 {
        let next = min(model.nextEvent, nextReap, nextDrain ?? .max)
        return next > now ? next - now : 1
    }

    /// Brings `readings` up to date: costs time in proportion to the contexts that have changed.
    mutating func publish(in readings: inout EngineReadings) {
        for index in model.changed {
            while readings.accounts.count <= index { readings.accounts.append(nil) }
            readings.accounts[index] = account(index)
        }
        model.changed.removeAll()
        for account in closed { readings.finish(account) }
        closed.removeAll(keepingCapacity: true)
        readings.time = model.time
        readings.totals = model.totals
        readings.registers = model.monitors.map(\.registers)
        readings.energyJoules = model.monitors.map(\.energyJoules)
        readings.samples = model.monitors.map(\.samples)
        readings.power = model.power
        readings.gpuLoadPermille = min(max(Int((model.slow.gpuLoad * 1000).rounded()), 0), 1000)
        readings.gpuRests = model.gpuRests
        readings.gpuIsGated = model.gpuIsGated
        readings.cpuIsBusy = model.cpuIsBusy
        readings.gpuMillicelsius = Int(model.slow.gpuCelsius * 1000)
        readings.cpuMillicelsius = Int(model.slow.cpuCelsius * 1000)
        readings.socMillicelsius = Int(model.slow.socCelsius * 1000)
    }
}
