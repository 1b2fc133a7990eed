/// Latencies in bins of equal width up to twice the latency budget, in memory that does not grow.
public struct LatencyHistogram: Hashable, Sendable {
    /// Bins up to twice the budget: a percentile is at most the budget / 4,096 too high.
    public static let binCount = 8_192

    /// Latencies that were counted.
    public private(set) var count = 0
    /// The longest, seconds; 0 where there is none.
    public private(set) var maximumSeconds = 0.0
    private let binSeconds: Double
    private var bins = [Int](repeating: 0, count: binCount + 1)

    init(budgetSeconds: Double) { binSeconds = max(budgetSeconds, 1e-9) * 2 / Double(Self.binCount) }

    mutating func record(seconds: Double) {
        count += 1
        maximumSeconds = max(maximumSeconds, seconds)
        bins[Int(min(max(seconds / binSeconds, 0), Double(Self.binCount)))] += 1
    }

    /// The latency that the share `quantile` (0...1) of the requests keeps to, seconds: the upper end of its bin; above
    /// twice the budget the longest. Nil where there is none. O(bins).
    public func seconds(quantile: Double) -> Double? {
        guard count > 0, (0...1).contains(quantile) else { return nil }
        let wanted = max(1, Int((quantile * Double(count)).rounded(.up)))
        var seen = 0
        for (bin, number) in bins.enumerated() {
            seen += number
            guard seen >= wanted else { continue }
            return bin == Self.binCount ? maximumSeconds : min(maximumSeconds, Double(bin + 1) * binSeconds)
        }
        return maximumSeconds
    }
}
