import Glibc
import Testing

@testable import Telemetry

/// The error bound against power curves whose energy is known exactly.
@Suite("Energy error bound")
struct EnergyIntegralTests {
    /// A power monitor as the chip works: means of consecutive windows, in steps, each shown while the next one is measured.
    private struct Monitor {
        let window = 430_080_000.0
        let step: Double
        let phase: Double
        /// Energy, uJ, from 0 to a time in ns.
        let energy: (Double) -> Double

        func reading(at time: UInt64) -> UInt64 {
            let end = ((Double(time) - phase) / window).rounded(.down) * window + phase
            let mean = (energy(end) - energy(end - window)) / window * 1e9
            return UInt64(max((mean / step).rounded() * step, 0))
        }
    }

    private struct Outcome {
        var energy = 0.0
        var truth = 0.0
        var bound = 0.0
    }

    private func run(_ monitor: Monitor, interval: UInt64, jitter: UInt64, readings: Int, seed: UInt64) throws
        -> Outcome
    {
        var random = SeededGenerator(seed: seed)
        var integral = EnergyIntegral(
            maximumGapNanoseconds: 5_000_000_000, averagingNanoseconds: UInt64(monitor.window))
        let first: UInt64 = 1_000_000_000
        var time = first
        for index in 0..<readings {
            if index > 0 { time += interval - jitter + UInt64.random(in: 0...(2 * jitter), using: &random) }
            integral.add(
                microwatts: monitor.reading(at: time), at: time, uncertaintyMicrowatts: UInt64(monitor.step / 2) + 1)
        }
        let truth =
            monitor.energy(Double(time) - monitor.window) - monitor.energy(Double(first) - monitor.window)
        return Outcome(
            energy: Double(integral.microjoules), truth: truth,
            bound: Double(try #require(integral.errorMicrojoules)))
    }

    /// Energy, uJ, of power in watts = level + swing sin(2 pi t / period).
    private func wave(_ level: Double, _ swing: Double, period: Double) -> (Double) -> Double {
        { time in
            let angle = 2 * Double.pi / (period * 1e9)
            return (level * time + swing / angle * (1 - cos(angle * time))) / 1e3
        }
    }

    /// Energy, uJ, of `high` watts for `on` seconds of each `period`, else `low`.
    private func square(_ low: Double, _ high: Double, on: Double, period: Double) -> (Double) -> Double {
        { time in
            let seconds = time / 1e9
            let turns = (seconds / period).rounded(.down)
            let inTurn = seconds - turns * period
            return 1e6 * (low * seconds + (high - low) * (turns * on + min(inTurn, on)))
        }
    }

    @Test(
        "The bound holds for every curve, step and rate of reading", arguments: [100, 250, 430, 500, 900] as [UInt64])
    func holds(milliseconds: UInt64) throws {
        var random = SeededGenerator(seed: milliseconds)
        for seed in 0..<40 as Range<UInt64> {
            let low = Double.random(in: 0...10, using: &random)
            let high = low + Double.random(in: 0...30, using: &random)
            let period = Double.random(in: 0.05...20, using: &random)
            let curves = [
                wave((low + high) / 2, (high - low) / 2, period: period),
                square(low, high, on: period * Double.random(in: 0.1...0.9, using: &random), period: period),
            ]
            for curve in curves {
                let monitor = Monitor(
                    step: [1_000, 40_000, 397_600].randomElement(using: &random) ?? 1_000,
                    phase: Double.random(in: 0...430e6, using: &random), energy: curve)
                let outcome = try run(
                    monitor, interval: milliseconds * 1_000_000, jitter: 5_000_000, readings: 60, seed: seed)
                #expect(abs(outcome.energy - outcome.truth) <= outcome.bound, "\(low)...\(high) W, \(period) s")
            }
        }
    }

    @Test("On smooth power the bound is a few percent: mostly the chip's own step")
    func isNotSilly() throws {
        let smooth = wave(15, 5, period: 60)
        for (step, interval, limit) in [
            // AGX Orin: 0.4 W; Orin NX: 40 mW.
            (397_600.0, 430, 0.035), (40_000, 430, 0.013), (40_000, 200, 0.012), (40_000, 500, 0.15),
        ] {
            let monitor = Monitor(step: step, phase: 77e6, energy: smooth)
            let outcome = try run(
                monitor, interval: UInt64(interval) * 1_000_000, jitter: 0, readings: 200_000 / interval, seed: 1)
            #expect(abs(outcome.energy - outcome.truth) <= outcome.bound)
            #expect(
                outcome.bound / outcome.truth < limit, "\(step) uW, \(interval) ms: \(outcome.bound / outcome.truth)")
        }
    }

    @Test("The bound is the sum of its four parts")
    func parts() {
        var integral = EnergyIntegral(maximumGapNanoseconds: 5_000_000_000, averagingNanoseconds: 400_000_000)
        integral.add(microwatts: 1_000_000, at: 1, uncertaintyMicrowatts: 10_000)
        // Both ends: 0.4 s at 1.01 W.
        #expect(integral.errorMicrojoules == 808_001)
        integral.add(microwatts: 2_000_000, at: 400_000_001, uncertaintyMicrowatts: 20_000)
        // The ends 0.404 J and 0.808 J, half the step of 1 W for 0.4 s, and 20 mW for 0.4 s.
        #expect(integral.errorMicrojoules == 404_000 + 808_000 + 200_000 + 8_000 + 1)
        integral.add(microwatts: 2_000_000, at: 900_000_001, uncertaintyMicrowatts: 20_000)
        // 20 mW for 0.5 s, and 0.1 s that nobody read, in which it may have been 1 W again.
        #expect(integral.errorMicrojoules == 1_420_000 + 10_000 + 100_000 + 1)
    }

    @Test("Over a gap the bound gains the ends of two stretches, and no more")
    func gap() throws {
        var integral = EnergyIntegral(maximumGapNanoseconds: 5_000_000_000, averagingNanoseconds: 400_000_000)
        integral.add(microwatts: 1_000_000, at: 1, uncertaintyMicrowatts: 0)
        #expect(integral.errorMicrojoules == 800_001)
        integral.add(microwatts: 1_000_000, at: 400_000_001, uncertaintyMicrowatts: 0)
        #expect(integral.errorMicrojoules == 800_001)
        integral.add(microwatts: 2_000_000, at: 100_000_000_000, uncertaintyMicrowatts: 0)
        #expect(integral.errorMicrojoules == 2_400_001)
        #expect(integral.microjoules == 400_000)
    }

    @Test("What is not known gives no bound, also not later")
    func unknown() {
        var integral = EnergyIntegral(maximumGapNanoseconds: 5_000_000_000, averagingNanoseconds: 1_000)
        integral.add(microwatts: 1, at: 1, uncertaintyMicrowatts: nil)
        integral.add(microwatts: 1, at: 2, uncertaintyMicrowatts: 1)
        #expect(integral.errorMicrojoules == nil)
    }

    @Test("The largest power that a reader lets through does not overflow, whatever the times")
    func extremes() {
        let most: UInt64 = 100_000_000_000
        var integral = EnergyIntegral(maximumGapNanoseconds: .max, averagingNanoseconds: 1_000_000_000)
        integral.add(microwatts: most, at: 0, uncertaintyMicrowatts: most)
        integral.add(microwatts: 0, at: .max, uncertaintyMicrowatts: most)
        integral.add(microwatts: most, at: .max, uncertaintyMicrowatts: most)
        #expect(integral.errorMicrojoules == .max)
    }
}
