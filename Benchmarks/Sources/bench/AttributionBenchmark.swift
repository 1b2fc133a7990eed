import CAllocationCount
import Glibc
import SystemCalls
import Telemetry

/// What it costs to split the rails over processes, and to ask a process for its CPU time.
enum AttributionBenchmark {
    static func run() throws -> Section {
        var section = Section(
            title: "Attribution: one settlement",
            method: """
                EnergyAttribution.settle on the three rails of AGX Orin with every process busy on GPU and CPU, a settlement for \
                each 500 ms of the worlds' own time; and CPUTimes.read of this program alone, mean of 100 calls. Allocations are \
                counted by malloc and its kin of this program itself, over all calls that are timed.
                """)
        var allocations: UInt = 0
        for count in [10, 1_000] {
            var samples: [Double] = []
            samples.reserveCapacity(400)
            var world = World(processes: count)
            for round in 0..<420 {
                world.advance()
                let before = allocation_count()
                let begin = MonotonicClock.nanoseconds()
                world.settle()
                let end = MonotonicClock.nanoseconds()
                if round < 20 { continue }
                allocations += allocation_count() - before
                samples.append(Double(end - begin) / 1e3)
            }
            guard world.isConserved else { throw BenchmarkError("The attribution lost energy.") }
            section.rows += [Row("settlement, \(count) processes", "us", samples)].compactMap(\.self)
        }
        if RailBenchmark.isCounting() {
            section.rows += [Row("allocations in 800 settlements", "", [Double(allocations)], target: .exactly(0))]
                .compactMap(\.self)
        } else {
            section.remarks.append("Allocations could not be counted: this program's malloc is not the one in use.")
        }

        let times = CPUTimes()
        let own = [try ProcessIdentity(running: getpid())]
        var values: [UInt64?] = []
        var reads: [Double] = []
        for _ in 0..<100 {
            let begin = MonotonicClock.nanoseconds()
            for _ in 0..<100 { times.read(own, into: &values) }
            reads.append(Double(MonotonicClock.nanoseconds() - begin) / 1e5)
        }
        guard values.first != nil else { throw BenchmarkError("The CPU time of this program could not be read.") }
        section.rows += [Row("CPU time of one process", "us", reads)].compactMap(\.self)
        return section
    }

    private struct World {
        var attribution = EnergyAttribution(rails: [
            AttributedRail("VDD_GPU_SOC", .gpu), AttributedRail("VDD_CPU_CV", .cpu),
            AttributedRail("VIN_SYS_5V0", .shared),
        ])
        var now: UInt64 = 1_000_000_000
        var processes: [ProcessTimes]
        var rails: [RailEnergy]
        var system = SystemTimes(cpuBusyNanoseconds: 0, cpuIdleNanoseconds: 0)

        init(processes count: Int) {
            processes = (0..<count).map {
                ProcessTimes(
                    process: ProcessIdentity(pid: Int32($0 + 2), startTimeTicks: 1), gpuBusyNanoseconds: 0,
                    cpuNanoseconds: 0)
            }
            rails = ["VDD_GPU_SOC", "VDD_CPU_CV", "VIN_SYS_5V0"].map {
                RailEnergy(label: $0, energyMicrojoules: 0, readNanoseconds: 0, averagingNanoseconds: 430_080_000)
            }
        }

        mutating func advance() {
            now += 500_000_000
            let each = 500_000_000 / UInt64(processes.count)
            for index in processes.indices {
                processes[index].gpuBusyNanoseconds? += each - UInt64(index % 7)
                processes[index].cpuNanoseconds? += 2 * each - UInt64(index % 5)
            }
            system.cpuBusyNanoseconds? += 1_500_000_000
            system.cpuIdleNanoseconds? += 4_500_000_000
            for index in rails.indices {
                rails[index].energyMicrojoules += 7_000_003
                rails[index].readNanoseconds = now
            }
        }

        mutating func settle() {
            attribution.settle(at: now, mode: 0, rails: rails, processes: processes, system: system)
        }

        var isConserved: Bool {
            let counted = rails.reduce(0) { $0 + $1.energyMicrojoules }
            let left = attribution.rails.reduce(0) { $0 + $1.unattributedMicrojoules }
            return attribution.processes.reduce(left) { $0 + $1.totalMicrojoules } == counted
        }
    }
}
