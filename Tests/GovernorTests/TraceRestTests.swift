import Testing

@testable import Governor

@Suite struct TraceRestTests {
    private let second: UInt64 = 1_000_000_000

    @Test func anIdleGPUThatStaysPoweredIsNoLongerTraced() {
        var rest = TraceRest()
        for time in 0...9 {
            rest.update(loadPermille: 0, isGated: false, busyNanoseconds: 5, at: UInt64(time) * second)
        }
        #expect(!rest.isPaused)
        rest.update(loadPermille: 0, isGated: false, busyNanoseconds: 5, at: 12 * second)
        #expect(rest.isPaused)
        // Now it gates, and stays so.
        rest.update(loadPermille: 0, isGated: true, busyNanoseconds: 5, at: 13 * second)
        #expect(rest.isPaused)
        rest.update(loadPermille: 0, isGated: false, busyNanoseconds: 5, at: 14 * second)
        #expect(!rest.isPaused, "somebody woke it")
    }

    @Test func aGPUThatGatesAlthoughItIsTracedIsTracedOn() {
        var rest = TraceRest()
        for time in 0...60 {
            rest.update(loadPermille: 0, isGated: true, busyNanoseconds: 0, at: UInt64(time) * second)
        }
        #expect(!rest.isPaused)
    }

    @Test func workKeepsTheTraceAndBringsItBack() {
        var rest = TraceRest()
        for time in 0...60 {
            rest.update(loadPermille: 0, isGated: false, busyNanoseconds: UInt64(time), at: UInt64(time) * second)
        }
        #expect(!rest.isPaused, "the probes saw work that the smoothed load did not")
        for time in 61...80 {
            rest.update(loadPermille: 0, isGated: false, busyNanoseconds: 60, at: UInt64(time) * second)
        }
        #expect(rest.isPaused)
        rest.update(loadPermille: 300, isGated: false, busyNanoseconds: 60, at: 81 * second)
        #expect(!rest.isPaused)
    }

    @Test func whereNothingIsMeasuredNothingIsStopped() {
        var rest = TraceRest()
        for time in 0...60 {
            rest.update(loadPermille: nil, isGated: false, busyNanoseconds: 0, at: UInt64(time) * second)
        }
        for time in 61...99 {
            rest.update(loadPermille: 0, isGated: nil, busyNanoseconds: 0, at: UInt64(time) * second)
        }
        #expect(!rest.isPaused)
    }
}
