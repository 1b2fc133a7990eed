/// Requests that arrived at an inference workload in a stretch of time.
public struct ArrivalWindow: Hashable, Sendable {
    /// What the count is worth.
    public enum Meaning: String, Sendable {
        /// The program counted the requests itself.
        case reported
        /// Requests that were served. The server had idle moments, so it kept up, and as many arrived, give or take
        /// those of one minibatch.
        case estimate
        /// Requests that were served. The server was busy without a pause, and more may have arrived than that.
        case lowerBound
    }

    /// CLOCK_MONOTONIC nanoseconds.
    public var beginNanoseconds: UInt64
    /// CLOCK_MONOTONIC nanoseconds, after the begin.
    public var endNanoseconds: UInt64
    /// Requests; where the minibatch size is not known, minibatches.
    public var count: Double
    /// What the count is worth.
    public var meaning: Meaning
    /// How far the count may be off, in the same unit: the size of a minibatch, whose requests arrived before it began.
    /// 0 of a reported one. How much the next window may differ is for the reader to estimate.
    public var uncertainty: Double

    /// States a window.
    public init(
        beginNanoseconds: UInt64, endNanoseconds: UInt64, count: Double, meaning: Meaning, uncertainty: Double
    ) {
        self.beginNanoseconds = beginNanoseconds
        self.endNanoseconds = endNanoseconds
        self.count = count
        self.meaning = meaning
        self.uncertainty = uncertainty
    }

    /// The length, seconds.
    public var seconds: Double { Double(endNanoseconds &- beginNanoseconds) / 1e9 }
}
