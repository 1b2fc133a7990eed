#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// Chances and expected gains of normal and nearly normal beliefs.
enum NormalDistribution {
    /// The chance of a value below `x`.
    static func below(_ x: Double) -> Double { 0.5 * erfc(-x * 0.5.squareRoot()) }

    static func density(_ x: Double) -> Double { exp(-x * x / 2) / (2 * Double.pi).squareRoot() }

    /// E[(best - y) where y < limit] for a normal y: the expected improvement, truncated where a limit is below `best`.
    static func improvement(best: Double, limit: Double, mean: Double, deviation: Double) -> Double {
        let z = (min(best, limit) - mean) / deviation
        return max(0, (best - mean) * below(z) + deviation * density(z))
    }

    /// The chance of a value below `x` deviations, with tails as heavy as those of Student's distribution of 4 degrees of freedom:
    /// deviations that were learned from a few profiles are themselves uncertain.
    static func belowHeavy(_ x: Double) -> Double {
        // An infinite budget is that far away.
        guard abs(x) < 1e6 else { return x > 0 ? 1 : 0 }
        let scaled = 1.1 * x
        let u = scaled / (1 + scaled * scaled / 4).squareRoot()
        return min(1, max(0, 0.5 + 0.375 * u * (1 - u * u / 12)))
    }
}
