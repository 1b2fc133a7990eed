import Testing

@testable import Telemetry

@Suite("The GPU's timer on CLOCK_MONOTONIC")
struct ContextSwitchClockTests {
    @Test(
        "With reads late by up to 3 ms and clocks that drift, times are right within 0.6 ms after two seconds",
        arguments: [-50.0, 0, 50])
    func drift(partsPerMillion: Double) throws {
        var random = SeededGenerator(seed: 17)
        var clock = GPUClock()
        let epoch: UInt64 = 1_000_000_000_000
        func monotonic(_ gpu: UInt64) -> UInt64 {
            epoch + gpu &+ UInt64(bitPattern: Int64(Double(gpu) * partsPerMillion / 1e6))
        }
        var worst: UInt64 = 0
        var last: UInt64 = 0
        var flushed: UInt64?
        for round in 1...600 {
            let newest = UInt64(round) * 50_000_000
            let oldest = newest - 45_000_000
            let readAt = monotonic(newest) + UInt64.random(in: 20_000...3_000_000, using: &random)
            clock.observe(readAt: readAt, oldest: oldest, newest: newest, flushedAt: flushed)
            flushed = readAt - 10_000
            let mapped = clock.map(newest, readAt: readAt)
            #expect(mapped >= last && mapped <= readAt + 2_000_000)
            last = mapped
            let truth = monotonic(newest)
            if round > 40 { worst = max(worst, mapped > truth ? mapped - truth : truth - mapped) }
        }
        #expect(worst < 600_000, "\(worst) ns")
        #expect(try #require(clock.uncertaintyNanoseconds) < 6_000_000)
    }

    @Test("Any numbers are taken without harm, and times do not go back")
    func hostile() {
        var random = SeededGenerator(seed: 23)
        var clock = GPUClock()
        var last: UInt64 = 0
        for _ in 0..<20_000 {
            let readAt = random.next() >> UInt64.random(in: 0...63, using: &random)
            let stamp = random.next() >> UInt64.random(in: 0...63, using: &random)
            clock.observe(
                readAt: readAt, oldest: random.next(), newest: stamp,
                flushedAt: Bool.random(using: &random) ? readAt : nil)
            let mapped = clock.map(stamp, readAt: readAt)
            #expect(mapped >= last)
            last = mapped
            _ = clock.lead(stamp, over: readAt)
            if Int.random(in: 0..<50, using: &random) == 0 { clock.restart() }
        }
    }
}
