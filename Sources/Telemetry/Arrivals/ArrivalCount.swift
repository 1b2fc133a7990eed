/// Counts the requests of one inference workload in windows of equal length, from its minibatches or from its own
/// reports.
///
/// A server takes what has arrived when it is free, so in the long run it serves as many requests as arrive, as long as
/// it is idle now and then; while it is not, a queue may grow that nobody sees. A program that reports its arrivals
/// knows better: with the first report its minibatches are no longer counted. O(1) per minibatch and report, without
/// allocation.
public struct ArrivalCount: Sendable {
    /// Less idle time than this share of a window does not show that the server keeps up: it is what a host needs
    /// between two minibatches.
    public static let leastIdleShare = 0.05

    private let windowNanoseconds: UInt64
    private let start: UInt64
    private var begin: UInt64
    private var served = 0.0
    private var reported = 0.0
    private var workNanoseconds = 0.0
    private var largest = 0.0
    private var isReported = false

    /// Counts from `begin` on (CLOCK_MONOTONIC nanoseconds), in windows of `windowNanoseconds`, at least 1 ms.
    public init(windowNanoseconds: UInt64 = 1_000_000_000, from begin: UInt64) {
        self.windowNanoseconds = max(windowNanoseconds, 1_000_000)
        start = begin
        self.begin = begin
    }

    /// Takes minibatches that have ended, with the requests of each, 1 if they are not known: minibatches are counted
    /// then.
    public mutating func observe(_ boundary: MinibatchBoundary, requestsEach: Double = 1) {
        guard requestsEach > 0, requestsEach.isFinite, boundary.endNanoseconds > begin else { return }
        // The first minibatches of a process are told together, and some of them may be older than this count.
        let span = Double(boundary.endNanoseconds - min(boundary.beginNanoseconds, boundary.endNanoseconds))
        let share = boundary.beginNanoseconds < start ? Double(boundary.endNanoseconds - start) / span : 1
        served += Double(boundary.count) * requestsEach * share
        largest = max(largest, requestsEach)
        let from = max(boundary.workBeginNanoseconds, begin)
        if boundary.endNanoseconds > from { workNanoseconds += Double(boundary.endNanoseconds - from) }
    }

    /// Takes the number of requests that a cooperating program says have arrived since its last report.
    public mutating func report(_ requests: UInt64) {
        isReported = true
        reported += Double(requests)
    }

    /// The window that is over at `now`; nil while it is not. One that was left open for longer is as long as that.
    public mutating func close(at now: UInt64) -> ArrivalWindow? {
        guard now > begin, now - begin >= windowNanoseconds else { return nil }
        let isIdle = workNanoseconds <= (1 - Self.leastIdleShare) * Double(now - begin)
        let window = ArrivalWindow(
            beginNanoseconds: begin, endNanoseconds: now, count: isReported ? reported : served,
            meaning: isReported ? .reported : isIdle ? .estimate : .lowerBound, uncertainty: isReported ? 0 : largest)
        begin = now
        (served, reported, workNanoseconds, largest) = (0, 0, 0, 0)
        return window
    }
}
