import Telemetry
import Testing

/// Who gets how much on a board whose truth is known: rails as the chips measure them (means of 430 ms, in steps, read every
/// 430 ms), processes that draw known power while they run, a settlement at each reading.
@Suite("Accuracy of energy attribution")
struct EnergyAccuracyTests {
    /// A program: in each period it has the GPU from `offset` for `busy` milliseconds, and draws `watts` over idle while it has.
    private struct Program {
        var period: Int
        var offset: Int
        var busy: Int
        var watts: Double
        /// Cores that it keeps busy all the time, and what each draws.
        var cores = 0.0
        var wattsPerCore = 1.5
    }

    private struct Result {
        /// Attributed to true energy, less one, in percent, by program.
        var gpuErrors = [Double]()
        var cpuErrors = [Double]()
    }

    private static let idleGPUWatts = 3.0
    private static let idleCPUWatts = 1.2
    private static let windowMilliseconds = 430

    /// Runs for `seconds` after five seconds of rest; `step` is the power of one step of the chip, W.
    private func run(_ programs: [Program], seconds: Int, step: Double) -> Result {
        let identities = programs.indices.map { ProcessIdentity(pid: Int32(500 + $0), startTimeTicks: 3) }
        var attribution = EnergyAttribution(rails: [AttributedRail("GPU", .gpu), AttributedRail("CPU", .cpu)])
        var monitor = Monitor(step: step)
        var gpuBusy = [UInt64](repeating: 0, count: programs.count)
        // What the account of GPU time knew, by millisecond: it is behind, by up to 750 ms.
        var known = [[UInt64]]()
        var cpuBusy = [UInt64](repeating: 0, count: programs.count)
        var system = SystemTimes(cpuBusyNanoseconds: 0, cpuIdleNanoseconds: 0)
        var truth = [(gpu: Double, cpu: Double)](repeating: (0, 0), count: programs.count)
        let rest = 5_000
        let stop = rest + seconds * 1_000
        for millisecond in 0..<(stop + 2_000) {
            var watts = (gpu: Self.idleGPUWatts, cpu: Self.idleCPUWatts)
            var coresBusy = 0.04
            if (rest..<stop).contains(millisecond) {
                for (number, program) in programs.enumerated() {
                    let phase = (millisecond - rest) % program.period
                    if phase >= program.offset, phase < program.offset + program.busy {
                        gpuBusy[number] += 1_000_000
                        watts.gpu += program.watts
                        truth[number].gpu += program.watts / 1e3
                    }
                    coresBusy += program.cores
                    cpuBusy[number] += UInt64(program.cores * 1e6)
                    watts.cpu += program.cores * program.wattsPerCore
                    truth[number].cpu += program.cores * program.wattsPerCore / 1e3
                }
            }
            system.cpuBusyNanoseconds? += UInt64(coresBusy * 1e6)
            system.cpuIdleNanoseconds? += UInt64((12 - coresBusy) * 1e6)
            monitor.advance(gpu: watts.gpu, cpu: watts.cpu)
            let now = UInt64(millisecond + 1) * 1_000_000
            known.append(gpuBusy)
            if millisecond % Self.windowMilliseconds == 100 {
                monitor.read(at: now)
                let behind = min(250 + millisecond % 500, millisecond)
                system.gpuUntilNanoseconds = now - UInt64(behind) * 1_000_000
                let gpuBusy = known[millisecond - behind]
                attribution.settle(
                    at: now, mode: 0, rails: monitor.rails,
                    processes: identities.indices.map {
                        ProcessTimes(
                            process: identities[$0], gpuBusyNanoseconds: gpuBusy[$0], cpuNanoseconds: cpuBusy[$0])
                    }, system: system)
            }
        }
        var result = Result()
        for (identity, truth) in zip(identities, truth) {
            let energy = attribution.energy(of: identity)
            result.gpuErrors.append((Double(energy?.gpuMicrojoules ?? 0) / 1e6 / truth.gpu - 1) * 100)
            result.cpuErrors.append((Double(energy?.cpuMicrojoules ?? 0) / 1e6 / truth.cpu - 1) * 100)
        }
        return result
    }

    /// Two channels of one chip, and the counters over its readings.
    private struct Monitor {
        let step: Double
        private var sums = (gpu: 0.0, cpu: 0.0)
        private var milliseconds = 0
        private var shown = (gpu: 0.0, cpu: 0.0)
        private var last: (gpu: Double, cpu: Double, time: UInt64)?
        private var joules = (gpu: 0.0, cpu: 0.0)
        private var readAt: UInt64 = 0

        init(step: Double) { self.step = step }

        mutating func advance(gpu: Double, cpu: Double) {
            sums = (sums.gpu + gpu, sums.cpu + cpu)
            milliseconds += 1
            guard milliseconds == EnergyAccuracyTests.windowMilliseconds else { return }
            let count = Double(milliseconds)
            shown = ((sums.gpu / count / step).rounded() * step, (sums.cpu / count / step).rounded() * step)
            sums = (0, 0)
            milliseconds = 0
        }

        mutating func read(at now: UInt64) {
            readAt = now
            if let last {
                let seconds = Double(now - last.time) / 1e9
                joules.gpu += (last.gpu + shown.gpu) / 2 * seconds
                joules.cpu += (last.cpu + shown.cpu) / 2 * seconds
            }
            last = (shown.gpu, shown.cpu, now)
        }

        var rails: [RailEnergy] {
            [("GPU", joules.gpu), ("CPU", joules.cpu)].map { label, joules in
                RailEnergy(
                    label: label, energyMicrojoules: UInt64(joules * 1e6), readNanoseconds: readAt,
                    averagingNanoseconds: UInt64(EnergyAccuracyTests.windowMilliseconds) * 1_000_000)
            }
        }
    }

    @Test("Programs that draw alike, interleaved within a window: within one percent on a 40 mW board")
    func alike() {
        let result = run(
            [
                Program(period: 100, offset: 0, busy: 60, watts: 12, cores: 1.0),
                Program(period: 100, offset: 60, busy: 20, watts: 12, cores: 0.5),
            ], seconds: 60, step: 0.04)
        #expect(result.gpuErrors.allSatisfy { abs($0) < 1 }, "\(result)")
        // The 0.04 cores of the rest of the system keep their share, though they were there at rest too.
        #expect(result.cpuErrors.allSatisfy { (-4...0).contains($0) }, "\(result)")
    }

    @Test("The same on AGX Orin, whose step is 0.4 W")
    func coarse() {
        let result = run(
            [
                Program(period: 100, offset: 0, busy: 60, watts: 12, cores: 1.0),
                Program(period: 100, offset: 60, busy: 20, watts: 12, cores: 0.5),
            ], seconds: 60, step: 0.4)
        #expect(result.gpuErrors.allSatisfy { abs($0) < 4 }, "\(result)")
    }

    @Test("Turns of seconds that draw differently are told apart, thanks to the shift by one window")
    func turns() {
        let programs = [
            Program(period: 10_000, offset: 0, busy: 5_000, watts: 24),
            Program(period: 10_000, offset: 5_000, busy: 5_000, watts: 8),
        ]
        let result = run(programs, seconds: 120, step: 0.04)
        // What is left: a settlement in which the turn changes is split by time.
        #expect(abs(result.gpuErrors[0]) < 5, "\(result)")
        #expect(abs(result.gpuErrors[1]) < 14, "\(result)")
    }

    @Test("Interleaved within a window, programs that draw differently cannot be told apart: the split is by time")
    func unlike() {
        let result = run(
            [
                Program(period: 100, offset: 0, busy: 40, watts: 20),
                Program(period: 100, offset: 40, busy: 40, watts: 10),
            ], seconds: 60, step: 0.04)
        // Both get the mean of 15 W: this is the limit of any split of rails by time, and here it is on record.
        #expect((-26 ... -24).contains(result.gpuErrors[0]), "\(result)")
        #expect((49...51).contains(result.gpuErrors[1]), "\(result)")
    }
}
