/// A bound of the next minibatch's time, learned from measured ones: an order statistic of the last `capacity` times.
///
/// Whatever their distribution is, of n + 1 times that could have come in any order (exchangeable ones) the last is
/// above the k-th smallest of the others with a probability of at most 1 - k / (n + 1). With `coverage` q the bound is
/// the smallest k with k / (n + 1) >= q. Fewer than q / (1 - q) times support no such k: then it is the longest of
/// them, widened by `allowance`, and `Bound.coverage` says what the count alone supports.
public struct JitterMargin: Sendable {
    /// A bound and what it rests on.
    public struct Bound: Hashable, Sendable {
        /// The bound, seconds.
        public let seconds: Double
        /// n, the measured times that it rests on.
        public let samples: Int
        /// k: it is the k-th smallest of them, counted from 1.
        public let rank: Int
        /// k / (n + 1): the next time is within the bound with at least this probability, if it is like those measured.
        public let coverage: Double
        /// Whether the coverage that was asked for is reached without widening.
        public let isEstablished: Bool
    }

    /// The probability with which the next time shall be within the bound, 0..<1.
    public let coverage: Double
    /// The share of itself by which the longest time is widened while there are too few.
    public let allowance: Double
    private var times: [Double]
    private var count = 0
    private var next = 0

    /// Learns from the last `capacity` times, at least 1. Nil where `coverage` is not in 0..<1 or `allowance` is below
    /// 0.
    ///
    /// A `coverage` that needs more times than `capacity` is never established.
    public init?(coverage: Double = 0.999, allowance: Double = 0.25, capacity: Int = 2_048) {
        guard (0..<1).contains(coverage), allowance >= 0, allowance.isFinite else { return nil }
        self.coverage = coverage
        self.allowance = allowance
        times = Array(repeating: 0, count: min(max(capacity, 1), 1 << 20))
    }

    /// Takes the time of one minibatch, seconds; the oldest one is forgotten where there are `capacity`. False, and not
    /// taken, where it is no time. O(1), no allocation.
    @discardableResult public mutating func record(seconds: Double) -> Bool {
        guard seconds.isFinite, seconds >= 0 else { return false }
        times[next] = seconds
        next = (next + 1) % times.count
        count = min(count + 1, times.count)
        return true
    }

    /// The bound; nil before the first time. O(n log n).
    public var bound: Bound? {
        guard count > 0 else { return nil }
        let sorted = times[..<count].sorted()
        // Rounded up with a hair less, so that a product such as 0.9 * 10 that rounding lifts does not skip a rank.
        let wanted = Int((coverage * Double(count + 1) - 1e-9).rounded(.up))
        let isEstablished = wanted <= count
        let rank = min(max(wanted, 1), count)
        return Bound(
            seconds: sorted[rank - 1] * (isEstablished ? 1 : 1 + allowance), samples: count, rank: rank,
            coverage: Double(rank) / Double(count + 1), isEstablished: isEstablished)
    }
}
