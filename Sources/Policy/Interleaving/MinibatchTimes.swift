#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// How long the minibatches of a simulated workload take.
public enum MinibatchTimes: Hashable, Sendable {
    /// Each exactly this long, seconds.
    case exact(seconds: Double)
    /// Each one of these measured times, seconds, all equally likely.
    case resampled([Double])
    /// Log-normal around the median, with this coefficient of variation (standard deviation over mean); no time is
    /// above `limitSeconds`: a draw beyond it takes that long.
    case logNormal(medianSeconds: Double, coefficient: Double, limitSeconds: Double = .infinity)

    /// The next time, seconds; 0 where there is nothing to draw from.
    public func draw(using generator: inout SeededGenerator) -> Double {
        switch self {
        case .exact(let seconds): return seconds
        case .resampled(let times): return times.isEmpty ? 0 : times[generator.index(below: times.count)]
        case .logNormal(let median, let coefficient, let limit):
            guard coefficient > 0 else { return min(median, limit) }
            let sigma = log(1 + coefficient * coefficient).squareRoot()
            return min(median * exp(sigma * Self.standardNormal(using: &generator)), limit)
        }
    }

    /// Marsaglia's polar method: of the two numbers that it makes one is used.
    private static func standardNormal(using generator: inout SeededGenerator) -> Double {
        while true {
            let (x, y) = (2 * generator.fraction() - 1, 2 * generator.fraction() - 1)
            let square = x * x + y * y
            if square > 0, square < 1 { return x * (-2 * log(square) / square).squareRoot() }
        }
    }
}
