import Telemetry
import Testing

@Suite("Arrivals from observed minibatches")
struct ArrivalCountTests {
    private let second: UInt64 = 1_000_000_000

    /// Minibatches of `work` milliseconds, one each `period`, for ten seconds.
    private func windows(work: Double, period: Double, requests: Double = 1) -> [ArrivalWindow] {
        var arrivals = ArrivalCount(from: second)
        var windows = [ArrivalWindow]()
        var end = Double(second)
        while end < 11e9 {
            let begin = UInt64(end)
            end += period * 1e6
            arrivals.observe(
                MinibatchBoundary(
                    beginNanoseconds: begin, workBeginNanoseconds: UInt64(end - work * 1e6),
                    endNanoseconds: UInt64(end),
                    count: 1, confidence: 1), requestsEach: requests)
            if let window = arrivals.close(at: UInt64(end)) { windows.append(window) }
        }
        return windows
    }

    @Test("A server with idle moments: as many arrive as are served")
    func idle() {
        let windows = windows(work: 12, period: 20, requests: 16)
        #expect(windows.count == 10)
        #expect(windows.allSatisfy { $0.meaning == .estimate && $0.count == 800 && $0.uncertainty == 16 })
        #expect(windows.allSatisfy { abs($0.seconds - 1) < 0.001 })
    }

    @Test("A server that is never idle: at least as many arrive as are served")
    func saturated() {
        let windows = windows(work: 19.9, period: 20)
        #expect(windows.allSatisfy { $0.meaning == .lowerBound && $0.count == 50 })
    }

    @Test("A program's own reports count instead of its minibatches")
    func reported() throws {
        var arrivals = ArrivalCount(from: 0)
        arrivals.observe(
            MinibatchBoundary(
                beginNanoseconds: 0, workBeginNanoseconds: 5, endNanoseconds: second / 2, count: 3, confidence: 1))
        arrivals.report(40)
        arrivals.report(2)
        let early = arrivals.close(at: second - 1)
        #expect(early == nil)
        let windowClosed = arrivals.close(at: second)
        let window = try #require(windowClosed)
        #expect(window.meaning == .reported && window.count == 42 && window.uncertainty == 0)
        let silentClosed = arrivals.close(at: 2 * second)
        let silent = try #require(silentClosed)
        #expect(silent.meaning == .reported && silent.count == 0)
    }

    @Test("Of minibatches that are told together, those from before the count are left out")
    func toldTogether() {
        var arrivals = ArrivalCount(from: second)
        arrivals.observe(
            MinibatchBoundary(
                beginNanoseconds: second / 2, workBeginNanoseconds: second / 2, endNanoseconds: second * 3 / 2,
                count: 8, confidence: 1))
        let closed = arrivals.close(at: 2 * second)
        #expect(closed?.count == 4)
    }

    @Test("Nothing arrives: an estimate of 0. What ended before the window is not counted")
    func silence() throws {
        var arrivals = ArrivalCount(from: second)
        arrivals.observe(
            MinibatchBoundary(
                beginNanoseconds: 0, workBeginNanoseconds: 0, endNanoseconds: second, count: 1, confidence: 1))
        let windowClosed = arrivals.close(at: 4 * second)
        let window = try #require(windowClosed)
        #expect(window.count == 0 && window.meaning == .estimate && window.seconds == 3)
    }
}
