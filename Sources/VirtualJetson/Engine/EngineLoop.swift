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

    /// How often the owners of contexts are asked whether they live.
    static let reapInterval: UInt64 = 500_000_000

    let memory: EngineMemory
    private let surfaces: [String: any WorkloadSurface]
    private var model: EngineModel
    private var slots: [Slot?]
    private var actions: [(time: UInt64, order: Int, action: Action)] = []
    private var nextReap: UInt64

    init(memory: EngineMemory, configuration: GPUEngine.Configuration) {
        self.memory = memory
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

    /// Looks at all contexts. What was submitted becomes an action at the time its client stamped, but neither later than
    /// `now` nor before what is already settled.
    mutating func collect(until now: UInt64) {
        let reaps = now >= nextReap
        if reaps { nextReap = now &+ Self.reapInterval }
        for index in slots.indices {
            if memory.owner(index) == 0 && slots[index] == nil { continue }
            if slots[index] == nil { claim(index) }
            if slots[index] == nil { continue }
            if memory.isClosing(index) || memory.owner(index) == 0 {
                release(index)
            } else if reaps && !memory.isHeld(index) {
                model.countReaped()
                release(index)
            } else {
                collectLaunches(index, now)
                collectLoads(index, now)
            }
        }
    }

    private mutating func claim(_ index: Int) {
        // A leftover of a client that died before it was seen: nobody is told.
        guard memory.isHeld(index) else { return memory.reset(index) }
        slots[index] = Slot(pid: memory.owner(index))
        model.open(index)
    }

    private mutating func release(_ index: Int) {
        slots[index] = nil
        model.close(index)
        actions.removeAll { _, _, action in
            switch action {
            case .launch(let context, _), .load(let context): context == index
            case .clocks, .samples: false
            }
        }
        memory.reset(index)
    }

    private mutating func collectLaunches(_ index: Int, _ now: UInt64) {
        guard var slot = slots[index], !slot.isFaulted else { return }
        let submitted = memory.submitted(index)
        guard submitted != slot.launchesSeen else { return }
        // Also refuses a count that went backwards: the difference wraps.
        guard submitted &- slot.launchesSeen <= EngineMemory.ringSize &- (slot.launchesSeen &- slot.launchesDone) else {
            return fault(index)
        }
        chooseSurface(index, &slot)
        while slot.launchesSeen != submitted {
            let launch = memory.launch(index, slot.launchesSeen)
            guard launch.cycles != 0 || (!slot.surface.isEmpty && launch.share_ppm <= VGPU_PPM) else {
                return fault(index)
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
            return fault(index)
        }
        chooseSurface(index, &slot)
        guard !slot.surface.isEmpty else { return fault(index) }
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

    private mutating func fault(_ index: Int) {
        slots[index]?.isFaulted = true
        model.countFaulted()
        memory.fault(index)
    }

    /// Applies the actions in order of their times and lets the model's time pass up to `now`.
    mutating func advance(until now: UInt64) {
        actions.sort { ($0.time, $0.order) < ($1.time, $1.order) }
        for (time, _, action) in actions {
            model.advance(to: min(time, now))
            switch action {
            case .clocks(let clocks): model.setClocks(clocks)
            case .samples(let samples, let monitor): model.setSamples(samples, monitor: monitor)
            case .launch(let context, let work): model.submit(context, work)
            case .load(let context): model.submitLoad(context)
            }
        }
        actions.removeAll(keepingCapacity: true)
        model.advance(to: now)
    }

    /// Tells the clients what has completed.
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
    }

    /// How long to sleep, nanoseconds.
    func sleep(from now: UInt64) -> UInt64 {
        let next = min(model.nextEvent, nextReap)
        return next > now ? next - now : 1
    }

    var readings: EngineReadings {
        var readings = EngineReadings()
        readings.time = model.time
        readings.totals = model.totals
        for (index, slot) in slots.enumerated() {
            guard let slot, let context = model.contexts[index] else { continue }
            readings.contexts.append(
                ContextAccount(
                    index: index, pid: slot.pid, surface: slot.surface, launchesCompleted: context.completedLaunches,
                    loadsCompleted: context.completedLoads, busyNanoseconds: context.busyNanoseconds))
        }
        for monitor in model.monitors {
            readings.registers.append(monitor.registers)
            readings.energyJoules.append(monitor.energyJoules)
            readings.samples.append(monitor.samples)
        }
        readings.power = model.power
        readings.gpuLoadPermille = min(max(Int((model.slow.gpuLoad * 1000).rounded()), 0), 1000)
        readings.gpuRests = model.gpuRests
        readings.gpuIsGated = model.gpuIsGated
        readings.cpuIsBusy = model.cpuIsBusy
        readings.gpuMillicelsius = Int(model.slow.gpuCelsius * 1000)
        readings.cpuMillicelsius = Int(model.slow.cpuCelsius * 1000)
        readings.socMillicelsius = Int(model.slow.socCelsius * 1000)
        return readings
    }
}
