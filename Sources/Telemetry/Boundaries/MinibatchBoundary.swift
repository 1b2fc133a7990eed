/// How the minibatches of a process are told from its calls.
public enum BoundaryState: Hashable, Sendable {
    /// Nothing repeats, or not for long enough: no minibatches are counted.
    case unknown
    /// The host waits once for each minibatch.
    case waits
    /// The host waits `period` times for each minibatch.
    case waitPattern(period: Int)
    /// The host runs ahead: `period` launches are a minibatch, and one wait covers several.
    case launchPattern(period: Int)
    /// `period` launches of CUDA graphs are a minibatch.
    case graph(period: Int)
}

extension BoundaryState: CustomStringConvertible {
    /// One word, or two with a number.
    public var description: String {
        switch self {
        case .unknown: "unknown"
        case .waits: "waits"
        case .waitPattern(let period): "waits \(period)"
        case .launchPattern(let period): "launches \(period)"
        case .graph(let period): "graphs \(period)"
        }
    }
}

/// Minibatches of one process that have ended together, as far as the host could see. Times are CLOCK_MONOTONIC.
public struct MinibatchBoundary: Hashable, Sendable {
    /// When the minibatch before them ended, or else when their own work began; nanoseconds, 0 if neither is known.
    public var beginNanoseconds: UInt64
    /// When their own work began: the first launch, or the begin of the wait where launches are not seen, but not
    /// before `beginNanoseconds`. 0 if it is not known.
    public var workBeginNanoseconds: UInt64
    /// When the wait that covers the last of them returned. Nanoseconds.
    public var endNanoseconds: UInt64
    /// How many there are, at least 1 unless `isGap`. Above 1 for a host that runs ahead, for the first ones of a
    /// process, which are counted when it is known what they are, and where events were lost.
    public var count: Int
    /// How sure it is that these are minibatches and this many, 0 to 1.
    public var confidence: Double
    /// Events were lost in between: more minibatches may have ended than are counted.
    public var isGap: Bool
    /// Which of the repeating sequences of the process they belong to: training and evaluation, say, have different
    /// ones.
    public var pattern: Int

    /// Makes a boundary.
    public init(
        beginNanoseconds: UInt64, workBeginNanoseconds: UInt64, endNanoseconds: UInt64, count: Int,
        confidence: Double, isGap: Bool = false, pattern: Int = 0
    ) {
        self.beginNanoseconds = beginNanoseconds
        self.workBeginNanoseconds = workBeginNanoseconds
        self.endNanoseconds = endNanoseconds
        self.count = count
        self.confidence = confidence
        self.isGap = isGap
        self.pattern = pattern
    }
}
