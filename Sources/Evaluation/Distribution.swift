/// Median, mean, 95th percentile and maximum of a sample.
public struct Distribution: Hashable, Sendable, Encodable {
    /// The middle value, or the mean of the two middle ones.
    public let median: Double
    /// The arithmetic mean.
    public let mean: Double
    /// The 95th percentile, interpolated linearly between the two nearest ranks.
    public let p95: Double
    /// The largest value.
    public let max: Double

    /// Describes `sample`; nil if it is empty. O(n log n).
    public init?(_ sample: [Double]) {
        let ascending = sample.sorted()
        guard let largest = ascending.last else { return nil }
        max = largest
        mean = ascending.reduce(0, +) / Double(ascending.count)
        median = Self.quantile(0.5, ascending)
        p95 = Self.quantile(0.95, ascending)
    }

    private static func quantile(_ fraction: Double, _ ascending: [Double]) -> Double {
        let rank = fraction * Double(ascending.count - 1)
        let below = Int(rank)
        let above = min(below + 1, ascending.count - 1)
        return ascending[below] + (ascending[above] - ascending[below]) * (rank - Double(below))
    }
}
