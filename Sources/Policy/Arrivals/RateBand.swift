#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// The rates that the plan in force is meant for. It rises as soon as the upper bound of the arrivals is above it, as their
/// latency is at stake; it falls only after the bound has been below it by a factor for a time, as that costs throughput alone.
///
/// Its upper end is always on a ladder of rates, each `step` times the one below. So only a few different rates are ever
/// planned for, and the band cannot flap: between two falls lie `holdSeconds`, and each rise is by a rung at least. In T seconds
/// it falls at most T / holdSeconds times, and rises at most n (1 + T / holdSeconds) times where the bounds met span n rungs:
/// once per fall for noise around one rung, and not at all for noise within `slack`.
public struct RateBand: Hashable, Sendable {
    /// The factor between two rungs, above 1.
    public let step: Double
    /// The bound has to be below the upper end by this factor before the band falls; at least `step`.
    public let slack: Double
    /// For so long, seconds.
    public let holdSeconds: Double

    /// Rates below this are planned for as if they were this, requests per second.
    static let lowestRate = 1e-3

    /// The rate planned for, requests per second; nil before the first bound.
    public private(set) var highPerSecond: Double?
    private var secondsBelow = 0.0
    private var highestBelow = 0.0

    /// Starts without a band. Nil unless 1 < `step` <= `slack`, and all are finite and `holdSeconds` is not below 0.
    public init?(step: Double, slack: Double, holdSeconds: Double) {
        guard step > 1, slack >= step, slack.isFinite, holdSeconds >= 0, holdSeconds.isFinite else { return nil }
        self.step = step
        self.slack = slack
        self.holdSeconds = holdSeconds
    }

    /// Below this, requests per second, the band falls in time; nil before the first bound.
    public var lowPerSecond: Double? { highPerSecond.map { $0 / slack } }

    /// Takes in the bound that followed from the last `seconds`; whether the band moved. O(1).
    public mutating func update(upperPerSecond upper: Double, seconds: Double) -> Bool {
        guard let high = highPerSecond, let low = lowPerSecond, upper <= high else {
            return move(to: upper)
        }
        guard upper < low else {
            (secondsBelow, highestBelow) = (0, 0)
            return false
        }
        secondsBelow += seconds
        highestBelow = max(highestBelow, upper)
        return secondsBelow >= holdSeconds ? move(to: highestBelow) : false
    }

    private mutating func move(to upper: Double) -> Bool {
        (secondsBelow, highestBelow) = (0, 0)
        let high = rung(atLeast: upper)
        guard high != highPerSecond else { return false }
        highPerSecond = high
        return true
    }

    private func rung(atLeast rate: Double) -> Double {
        let bounded = min(max(rate, Self.lowestRate), RateEstimate.rateLimit)
        let count = (log(bounded) / log(step)).rounded(.up)
        let rung = exp(count * log(step))
        // Rounding may have left the rung just below.
        return rung >= bounded ? rung : exp((count + 1) * log(step))
    }
}
