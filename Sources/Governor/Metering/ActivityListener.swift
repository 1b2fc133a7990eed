import Policy
import Synchronization
import Telemetry

/// Hears of each slice and each minibatch on the threads that read them: feeds `trace_pipe`, and counts the arrivals of the
/// processes that are asked for.
final class ActivityListener: GPUActivityListener {
    private let trace: TraceFeed
    private let arrivals = Mutex<[ProcessIdentity: ArrivalCount]>([:])

    init(trace: TraceFeed) { self.trace = trace }

    func observed(_ slice: GPUSlice, from source: GPUTimeSource) {
        trace.tell(.slice(slice, source: source))
    }

    func observed(_ boundary: MinibatchBoundary, of process: ProcessIdentity) {
        trace.tell(
            .minibatches(pid: process.pid, endNanoseconds: boundary.endNanoseconds, count: boundary.count))
        arrivals.withLock { $0[process]?.observe(boundary) }
    }

    /// Begins to count the arrivals of `process`.
    func count(_ process: ProcessIdentity, from nanoseconds: UInt64) {
        arrivals.withLock { $0[process] = ArrivalCount(from: nanoseconds) }
    }

    func forget(_ process: ProcessIdentity) {
        _ = arrivals.withLock { $0.removeValue(forKey: process) }
    }

    /// The window of `process` that is over at `now`; nil while it is not.
    func closeWindow(of process: ProcessIdentity, at now: UInt64) -> ArrivalWindow? {
        arrivals.withLock { $0[process]?.close(at: now) }
    }
}

/// How often minibatches of a workload arrive: an estimate, what it will rarely exceed, and what both are worth.
struct ArrivalRate {
    /// One window in twenty may be above the bound.
    private static let missShare = 0.05
    private static let memorySeconds = 10.0

    private var estimate = RateEstimate(missShare: missShare, memorySeconds: memorySeconds)
    private(set) var meaning: ArrivalWindow.Meaning?

    mutating func add(_ window: ArrivalWindow) {
        estimate?.count(window.count, overSeconds: window.seconds)
        meaning = window.meaning
    }

    /// Minibatches per 1000 seconds.
    var millihertz: Int? { Self.millihertz(estimate?.ratePerSecond) }
    var upperMillihertz: Int? { Self.millihertz(estimate?.upperPerSecond()) }
    var lowerMillihertz: Int? { Self.millihertz(estimate?.lowerPerSecond()) }

    private static func millihertz(_ hertz: Double?) -> Int? {
        hertz.map { Int(min(max($0 * 1000, 0), 1e15).rounded()) }
    }
}
