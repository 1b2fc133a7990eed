#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// A forecast of how many requests arrive per second, from those that were counted: a level that forgets exponentially, the
/// variance of its own errors, and a bound that all but a stated share of the counts stay under.
///
/// Nothing is assumed of how requests arrive. The variance is learned from the errors of the forecast and holds the noise of
/// the counts, however far it is from that of a Poisson process, as well as the drift of the rate. Where the errors are not
/// normally distributed either, the number of standard deviations in the bound adapts: it rises by `gain` with each count over
/// the bound and falls by `gain` times the stated share with every count (adaptive conformal inference, Gibbs and Candes,
/// arXiv 2106.00170). Of any n counts, however the rate moves, at most the share `missShare` + 20 / (gain n) is over the bound,
/// as long as the number of deviations stays below its limit of 20: it cannot rise further than that.
///
/// An error of more than `jumpDeviations` is taken for a new rate at once. It adds to the variance as if it were one of
/// exactly as many deviations, so that a single burst does not widen the bound for hours.
public struct RateEstimate: Hashable, Sendable {
    /// The share of counts that may be over the bound, above 0 and at most a half.
    public let missShare: Double
    /// The level forgets with this time constant, seconds.
    public let memorySeconds: Double

    /// The variance forgets this much more slowly than the level.
    static let varianceMemories = 10.0
    /// Standard deviations that the bound moves by with a miss.
    static let gain = 0.5
    /// Standard deviations from the level to the bound. Not less than one, though steady arrivals would allow it: the first
    /// unsteady ones would all be over the bound.
    static let factorRange = 1.0...20.0
    static let jumpDeviations = 6.0
    /// The least variance of a count, requests squared: counts are whole numbers.
    static let leastVariance = 1.0 / 12
    /// A higher rate is taken for this one, requests per second.
    static let rateLimit = 1e9

    private var level: Double?
    /// Of the requests counted in one second.
    private var variance = 0.0
    private var factor: Double

    /// Knows nothing yet. Nil unless 0 < `missShare` <= 0.5, and `memorySeconds` is above 0 and finite.
    public init?(missShare: Double, memorySeconds: Double) {
        guard missShare > 0, missShare <= 0.5, memorySeconds > 0, memorySeconds.isFinite else { return nil }
        self.missShare = missShare
        self.memorySeconds = memorySeconds
        // No tail of a normal distribution is heavier than exp(-factor^2 / 2).
        factor = (-2 * log(missShare)).squareRoot()
    }

    /// Takes in that `requests` arrived in `seconds`; false, without effect, where one is not a finite number, `requests` is
    /// below 0 or `seconds` is not above 0. O(1), without allocation.
    @discardableResult
    public mutating func count(_ requests: Double, overSeconds seconds: Double) -> Bool {
        guard requests >= 0, requests.isFinite, seconds > 0, seconds.isFinite else { return false }
        let rate = min(requests / seconds, Self.rateLimit)
        guard let level else {
            self.level = rate
            // Until more is known: Poisson.
            variance = max(rate, 1)
            return true
        }
        let (error, deviation) = (rate - level, deviation(overSeconds: seconds))
        let isMiss = error > factor * deviation
        let moved = factor + Self.gain * ((isMiss ? 1 : 0) - missShare)
        factor = min(max(moved, Self.factorRange.lowerBound), Self.factorRange.upperBound)
        let bounded = min(max(error, -Self.jumpDeviations * deviation), Self.jumpDeviations * deviation)
        let share = 1 - exp(-seconds / (Self.varianceMemories * memorySeconds))
        variance += share * (bounded * bounded * seconds - variance)
        self.level = bounded == error ? level + (1 - exp(-seconds / memorySeconds)) * error : rate
        return true
    }

    /// The expected rate, requests per second; nil before the first count.
    public var ratePerSecond: Double? { level }

    /// The variance of the count of one second over that of a Poisson process of the expected rate, the drift of the rate
    /// included; nil where no request is expected.
    public var dispersion: Double? { level.flatMap { $0 > 0 ? variance / $0 : nil } }

    /// The rate that a count over `seconds` stays under but for the stated share of counts, requests per second; nil before the
    /// first count.
    public func upperPerSecond(overSeconds seconds: Double = 1) -> Double? {
        level.map { $0 + factor * deviation(overSeconds: seconds) }
    }

    /// As far below the expected rate as the upper bound is above it, at least 0.
    public func lowerPerSecond(overSeconds seconds: Double = 1) -> Double? {
        level.map { max(0, $0 - factor * deviation(overSeconds: seconds)) }
    }

    /// Of the rate in a count over `seconds`.
    private func deviation(overSeconds seconds: Double) -> Double {
        (max(variance, Self.leastVariance / seconds) / seconds).squareRoot()
    }
}
