import Telemetry
import Testing

/// What holds for every world, however odd: checked after each settlement of random ones.
@Suite("Energy attribution")
struct EnergyAttributionTests {
    private struct World {
        var random: SeededGenerator
        var now: UInt64 = 3_000_000_000
        var rails: [AttributedRail]
        var counters: [RailEnergy]
        /// What each counter has counted, over restarts.
        var counted: [UInt64]
        var processes = [ProcessTimes]()
        var system = SystemTimes()
        var mode = 0
        var nextPid: Int32 = 100
        /// Processes that use nothing at all.
        var idlers = Set<ProcessIdentity>()

        init(seed: UInt64) {
            var generator = SeededGenerator(seed: seed)
            let consumers: [AttributedRail.Consumer] = [.gpu, .cpu, .gpuAndCPU, .shared]
            rails = (0..<Int.random(in: 1...6, using: &generator)).map { number in
                AttributedRail("RAIL\(number)", consumers.randomElement(using: &generator) ?? .gpu)
            }
            for index in rails.indices.dropFirst() where Bool.random(using: &generator) {
                rails[index].upstream = ["RAIL0", "NONE"].randomElement(using: &generator)
            }
            counters = rails.map {
                RailEnergy(
                    label: $0.label, energyMicrojoules: UInt64.random(in: 0...1_000_000, using: &generator),
                    readNanoseconds: 0,
                    averagingNanoseconds: [nil, 50_000_000, 430_080_000].randomElement(using: &generator) ?? nil)
            }
            counted = counters.map(\.energyMicrojoules)
            random = generator
        }

        mutating func step() {
            switch Int.random(in: 0..<20, using: &random) {
            case 0: now -= 1_000_000_000
            case 1: break
            case 2: now += UInt64.random(in: 0...100_000_000_000, using: &random)
            default: now += UInt64.random(in: 1_000_000...2_000_000_000, using: &random)
            }
            if Int.random(in: 0..<5, using: &random) == 0 { mode = Int.random(in: 0...3, using: &random) }
            stepCounters()
            stepProcesses()
            processes.shuffle(using: &random)
        }

        private mutating func stepCounters() {
            for index in counters.indices where Int.random(in: 0..<10, using: &random) > 0 {
                counters[index].readNanoseconds = now
                let odd = Int.random(in: 0..<30, using: &random)
                let energy = UInt64.random(in: 0...(odd == 1 ? 1 << 50 : 40_000_000), using: &random)
                // A restart that is past the old count already cannot be told from none.
                if odd == 0, energy < counters[index].energyMicrojoules { counters[index].energyMicrojoules = 0 }
                counters[index].energyMicrojoules += energy
                counted[index] += energy
            }
        }

        private mutating func stepProcesses() {
            for index in processes.indices.reversed() {
                if Int.random(in: 0..<12, using: &random) == 0 {
                    processes.remove(at: index)
                    continue
                }
                if idlers.contains(processes[index].process) { continue }
                let odd = Int.random(in: 0..<40, using: &random)
                if odd == 0 { processes[index].gpuBusyNanoseconds = 0 }
                if odd == 1 { processes[index].cpuNanoseconds = nil }
                if odd == 2 { processes[index].gpuBusyNanoseconds = .max }
                processes[index].gpuBusyNanoseconds? &+= UInt64.random(in: 0...500_000_000, using: &random)
                processes[index].cpuNanoseconds? &+= UInt64.random(in: 0...900_000_000, using: &random)
            }
            for _ in 0..<Int.random(in: 0...2, using: &random) {
                let process = ProcessIdentity(pid: nextPid, startTimeTicks: 7)
                nextPid += 1
                if Bool.random(using: &random) { idlers.insert(process) }
                let isKnown = Bool.random(using: &random)
                let isIdle = idlers.contains(process)
                processes.append(
                    ProcessTimes(
                        process: process,
                        gpuBusyNanoseconds: isIdle ? 0 : [nil, 5_000_000].randomElement(using: &random) ?? nil,
                        cpuNanoseconds: isIdle ? 0 : 1_000_000,
                        startedNanoseconds: isKnown ? now - UInt64.random(in: 0...2_000_000_000, using: &random) : nil))
            }
            if Bool.random(using: &random) {
                system.cpuBusyNanoseconds =
                    (system.cpuBusyNanoseconds ?? 0) &+ .random(in: 0...9_000_000_000, using: &random)
                system.cpuIdleNanoseconds =
                    (system.cpuIdleNanoseconds ?? 0) &+ .random(in: 0...9_000_000_000, using: &random)
            }
            if Bool.random(using: &random) {
                system.gpuUntilNanoseconds = now &- UInt64.random(in: 0...4_000_000_000, using: &random)
            }
            if Int.random(in: 0..<9, using: &random) == 0 {
                system.gpuBusyNanoseconds = .random(in: 0...1_000_000_000_000, using: &random)
            }
        }
    }

    @Test(
        "Every microjoule is somewhere, once: processes + exited + unattributed = counter, over restarts, gaps and exits"
    )
    func conservation() {
        for seed in 0..<60 as Range<UInt64> {
            var world = World(seed: seed)
            var attribution = EnergyAttribution(rails: world.rails)
            for _ in 0..<120 {
                world.step()
                settle(&attribution, world)
                for (account, counted) in zip(attribution.rails, world.counted)
                where account.energyMicrojoules + account.pendingMicrojoules > 0 {
                    #expect(account.energyMicrojoules + account.pendingMicrojoules == counted, "\(seed)")
                    #expect(
                        account.attributedMicrojoules + account.unattributedMicrojoules
                            == account.energyMicrojoules, "\(seed)")
                }
                let processes = attribution.processes.reduce(0) { $0 + $1.totalMicrojoules }
                let roots = zip(world.rails, attribution.rails).filter { rail, _ in
                    rail.upstream == nil || rail.upstream == "NONE"
                }
                #expect(
                    processes + attribution.exited.totalMicrojoules
                        == roots.reduce(0) { $0 + $1.1.attributedMicrojoules }, "\(seed)")
            }
        }
    }

    @Test("No counter falls, and nobody gets energy without busy time")
    func monotonic() {
        for seed in 100..<140 as Range<UInt64> {
            var world = World(seed: seed)
            var attribution = EnergyAttribution(rails: world.rails)
            var last = [ProcessIdentity: ProcessEnergy]()
            var lastRails = attribution.rails
            var lastExited: UInt64 = 0
            for _ in 0..<120 {
                world.step()
                settle(&attribution, world)
                for (now, before) in zip(attribution.rails, lastRails) {
                    #expect(now.attributedMicrojoules >= before.attributedMicrojoules)
                    #expect(now.unattributedMicrojoules >= before.unattributedMicrojoules)
                }
                #expect(attribution.exited.totalMicrojoules >= lastExited)
                var current = [ProcessIdentity: ProcessEnergy]()
                for energy in attribution.processes {
                    current[energy.process] = energy
                    if world.idlers.contains(energy.process) { #expect(energy.totalMicrojoules == 0) }
                    guard let before = last[energy.process] else { continue }
                    #expect(energy.gpuMicrojoules ?? 0 >= before.gpuMicrojoules ?? 0)
                    #expect(energy.cpuMicrojoules ?? 0 >= before.cpuMicrojoules ?? 0)
                    #expect(energy.sharedMicrojoules >= before.sharedMicrojoules)
                }
                last = current
                lastRails = attribution.rails
                lastExited = attribution.exited.totalMicrojoules
            }
        }
    }

    @Test("The order of processes and of rails does not matter")
    func permutations() {
        for seed in 200..<230 as Range<UInt64> {
            var world = World(seed: seed)
            var first = EnergyAttribution(rails: world.rails)
            var second = first
            for _ in 0..<80 {
                world.step()
                settle(&first, world)
                world.processes.reverse()
                world.counters.reverse()
                settle(&second, world)
                world.counters.reverse()
                #expect(first.rails == second.rails)
                #expect(first.exited == second.exited)
                #expect(Set(first.processes) == Set(second.processes))
            }
        }
    }

    private func settle(_ attribution: inout EnergyAttribution, _ world: World) {
        attribution.settle(
            at: world.now, mode: world.mode, rails: world.counters, processes: world.processes, system: world.system)
    }

    // MARK: Worlds of one rail

    private static let second: UInt64 = 1_000_000_000
    private let alpha = ProcessIdentity(pid: 1_000, startTimeTicks: 5)
    private let beta = ProcessIdentity(pid: 2_000, startTimeTicks: 6)

    /// One second more: `joules` on a rail without averaging, and the milliseconds that each process used.
    private struct Clock {
        var attribution: EnergyAttribution
        var time: UInt64 = 1_000_000_000
        var microjoules: UInt64 = 0
        var gpu = [ProcessIdentity: UInt64]()
        var cpu = [ProcessIdentity: UInt64]()
        var system = SystemTimes(cpuBusyNanoseconds: 0, cpuIdleNanoseconds: 0)

        init(_ consumer: AttributedRail.Consumer) {
            attribution = EnergyAttribution(rails: [AttributedRail("R", consumer)])
        }

        mutating func second(
            joules: UInt64, gpu gpuMilliseconds: [ProcessIdentity: UInt64] = [:],
            cpu cpuMilliseconds: [ProcessIdentity: UInt64] = [:], otherCPU: UInt64 = 0, mode: Int = 1
        ) {
            time += 1_000_000_000
            microjoules += joules * 1_000_000
            for (process, time) in gpuMilliseconds { gpu[process, default: 0] += time * 1_000_000 }
            for (process, time) in cpuMilliseconds { cpu[process, default: 0] += time * 1_000_000 }
            let busy = cpuMilliseconds.values.reduce(otherCPU, +) * 1_000_000
            system.cpuBusyNanoseconds? += busy
            // Four cores.
            system.cpuIdleNanoseconds? += 4_000_000_000 - busy
            attribution.settle(
                at: time, mode: mode,
                rails: [
                    RailEnergy(
                        label: "R", energyMicrojoules: microjoules, readNanoseconds: time, averagingNanoseconds: nil)
                ],
                processes: Set(gpu.keys).union(cpu.keys).sorted().map {
                    ProcessTimes(process: $0, gpuBusyNanoseconds: gpu[$0] ?? 0, cpuNanoseconds: cpu[$0] ?? 0)
                },
                system: system)
        }
    }

    @Test("Over a known floor, what is drawn goes by GPU time; the floor is nobody's")
    func overTheFloor() {
        var clock = Clock(.gpu)
        clock.second(joules: 5, gpu: [alpha: 0, beta: 0])
        for _ in 0..<3 { clock.second(joules: 4) }
        #expect(clock.attribution.rails[0].floorMicrowatts == 4_000_000)
        clock.second(joules: 16, gpu: [alpha: 600, beta: 200])
        #expect(clock.attribution.energy(of: alpha)?.gpuMicrojoules == 9_000_000)
        #expect(clock.attribution.energy(of: beta)?.gpuMicrojoules == 3_000_000)
        #expect(clock.attribution.energy(of: alpha)?.powerMicrowatts == 9_000_000)
        #expect(clock.attribution.energy(of: alpha)?.gpuProvenance == .derived)
        #expect(clock.attribution.rails[0].unattributedMicrojoules == 21_000_000)
        clock.second(joules: 3)
        #expect(clock.attribution.rails[0].attributedMicrojoules == 12_000_000, "nothing is taken back")
    }

    @Test("Without a floor a process gets its part of the elapsed time, and the number is modelled")
    func withoutFloor() {
        var clock = Clock(.gpu)
        clock.second(joules: 5, gpu: [alpha: 0, beta: 0])
        clock.second(joules: 10, gpu: [alpha: 600, beta: 200])
        #expect(clock.attribution.rails[0].floorMicrowatts == nil)
        #expect(clock.attribution.energy(of: alpha)?.gpuMicrojoules == 6_000_000)
        #expect(clock.attribution.energy(of: beta)?.gpuMicrojoules == 2_000_000)
        #expect(clock.attribution.energy(of: beta)?.gpuProvenance == .modelled)
    }

    @Test("A GPU that works teaches no floor, also where only its processes tell")
    func workIsNoFloor() {
        var clock = Clock(.gpu)
        clock.second(joules: 5, gpu: [alpha: 0])
        for _ in 0..<9 { clock.second(joules: 10, gpu: [alpha: 900]) }
        #expect(clock.attribution.rails[0].floorMicrowatts == nil)
        #expect(clock.attribution.energy(of: alpha)?.gpuMicrojoules == 81_000_000)
    }

    @Test("The floor of one mode is not that of another")
    func floorsBelongToModes() {
        var clock = Clock(.gpu)
        clock.second(joules: 2, gpu: [alpha: 0])
        for _ in 0..<3 { clock.second(joules: 2, mode: 1) }
        for _ in 0..<3 { clock.second(joules: 6, mode: 2) }
        #expect(clock.attribution.rails[0].floorMicrowatts == 6_000_000)
        clock.second(joules: 10, gpu: [alpha: 500], mode: 2)
        #expect(clock.attribution.energy(of: alpha)?.gpuMicrojoules == 4_000_000)
        clock.second(joules: 3, gpu: [alpha: 500], mode: 1)
        // Half of both, the lower floor: 1 J of 3 J; no microjoule is taken back.
        #expect(clock.attribution.rails[0].floorMicrowatts == 2_000_000)
    }

    @Test("CPU energy goes by CPU time; processes that nobody follows keep their share")
    func cpuShares() {
        var clock = Clock(.cpu)
        clock.second(joules: 1, cpu: [alpha: 0])
        for _ in 0..<3 { clock.second(joules: 1) }
        clock.second(joules: 9, cpu: [alpha: 1_000], otherCPU: 1_000)
        #expect(clock.attribution.energy(of: alpha)?.cpuMicrojoules == 4_000_000)
        #expect(clock.attribution.energy(of: alpha)?.cpuProvenance == .derived)
        #expect(clock.attribution.rails[0].unattributedMicrojoules == 9_000_000)
    }

    @Test("A supply of both goes by weight, eight to one, and is modelled")
    func weighted() {
        var clock = Clock(.gpuAndCPU)
        clock.second(joules: 1, gpu: [alpha: 0], cpu: [beta: 0])
        for _ in 0..<3 { clock.second(joules: 1) }
        clock.second(joules: 10, gpu: [alpha: 100], cpu: [beta: 1_000])
        #expect(clock.attribution.energy(of: alpha)?.gpuMicrojoules == 4_000_000)
        #expect(clock.attribution.energy(of: beta)?.cpuMicrojoules == 5_000_000)
        #expect(clock.attribution.energy(of: beta)?.cpuProvenance == .modelled)
        var shared = Clock(.shared)
        shared.second(joules: 1, gpu: [alpha: 0], cpu: [beta: 0])
        for _ in 0..<3 { shared.second(joules: 1) }
        shared.second(joules: 10, gpu: [alpha: 100], cpu: [beta: 1_000])
        #expect(shared.attribution.energy(of: alpha)?.sharedMicrojoules == 4_000_000)
        #expect(shared.attribution.energy(of: beta)?.sharedMicrojoules == 5_000_000)
    }

    @Test("What is unmeasured is nil, and a pid used again is another process")
    func unmeasured() {
        var attribution = EnergyAttribution(rails: [AttributedRail("R", .gpu)])
        let again = ProcessIdentity(pid: alpha.pid, startTimeTicks: 99)
        for (number, process) in [alpha, alpha, again].enumerated() {
            attribution.settle(
                at: UInt64(number + 1) * Self.second, mode: 0, rails: [],
                processes: [ProcessTimes(process: process, gpuBusyNanoseconds: nil, cpuNanoseconds: 5)],
                system: SystemTimes())
        }
        #expect(attribution.processes.map(\.process) == [again])
        #expect(attribution.processes.first?.gpuMicrojoules == nil)
        #expect(attribution.processes.first?.cpuMicrojoules == 0)
        #expect(attribution.processes.first?.powerMicrowatts == nil)
        #expect(attribution.exited.processes == 1)
    }

    @Test("A process that is gone still gets what the rails tell late, then moves to the exited")
    func lateEnergy() {
        var attribution = EnergyAttribution(rails: [AttributedRail("R", .gpu)])
        let averaging: UInt64 = 400_000_000
        var energy: UInt64 = 0
        func reading(_ time: UInt64) -> [RailEnergy] {
            [
                RailEnergy(
                    label: "R", energyMicrojoules: energy, readNanoseconds: time, averagingNanoseconds: averaging)
            ]
        }
        func times(_ busy: UInt64) -> [ProcessTimes] {
            [ProcessTimes(process: alpha, gpuBusyNanoseconds: busy, cpuNanoseconds: nil)]
        }
        attribution.settle(at: Self.second, mode: 0, rails: reading(Self.second), processes: times(0), system: .init())
        energy = 1_000_000
        attribution.settle(
            at: 2 * Self.second, mode: 0, rails: reading(2 * Self.second), processes: times(Self.second),
            system: .init())
        energy = 3_000_000
        attribution.settle(
            at: 3 * Self.second, mode: 0, rails: reading(3 * Self.second), processes: [], system: .init())
        // Busy from 1 s to 2 s. The first second of the counter was drawn from 0.6 to 1.6, of which 0.6 are known and busy;
        // the next from 1.6 to 2.6, 0.4 busy.
        #expect(attribution.exited.gpuMicrojoules == 600_000 + 800_000)
        #expect(attribution.processes.isEmpty)
    }

    @Test("GPU times that are known later are waited for: the energy is pending, and goes where it belongs")
    func pending() {
        var attribution = EnergyAttribution(rails: [AttributedRail("R", .gpu)])
        var busy: UInt64 = 0
        func settle(_ tenths: UInt64, until: UInt64) {
            let time = tenths * 100_000_000
            attribution.settle(
                at: time, mode: 0,
                rails: [
                    RailEnergy(
                        label: "R", energyMicrojoules: tenths * 1_000_000, readNanoseconds: time,
                        averagingNanoseconds: nil)
                ],
                processes: [ProcessTimes(process: alpha, gpuBusyNanoseconds: busy, cpuNanoseconds: nil)],
                system: SystemTimes(gpuUntilNanoseconds: until * 100_000_000))
        }
        settle(10, until: 8)
        settle(20, until: 15)
        // Of the second from 1.0 to 2.0 only half is known.
        #expect(attribution.rails[0].energyMicrojoules == 10_000_000)
        #expect(attribution.rails[0].pendingMicrojoules == 10_000_000)
        busy = 500_000_000
        settle(21, until: 20)
        // It worked from 1.5 to 2.0.
        #expect(attribution.rails[0].energyMicrojoules == 20_000_000)
        #expect(attribution.rails[0].pendingMicrojoules == 1_000_000)
        #expect(attribution.energy(of: alpha)?.gpuMicrojoules == 5_000_000)
        for tenths in 22...60 as ClosedRange<UInt64> { settle(tenths, until: 20) }
        // Nobody knows what the GPU did since 2.0. After three seconds nobody waits for it any more.
        #expect(attribution.rails[0].pendingMicrojoules == 31_000_000)
        #expect(attribution.rails[0].attributedMicrojoules == 5_000_000)
    }

    @Test("More processes than there is room for are counted, and a process named twice counts once")
    func bounds() {
        var attribution = EnergyAttribution(rails: [], capacity: 2)
        let list = [1, 1, 2, 3, 4].map {
            ProcessTimes(
                process: ProcessIdentity(pid: $0, startTimeTicks: 1), gpuBusyNanoseconds: 1, cpuNanoseconds: 1)
        }
        attribution.settle(at: 5, mode: 0, rails: [], processes: list, system: SystemTimes())
        #expect(attribution.processes.count == 2)
        #expect(attribution.overflow == 2)
    }
}
