import Glibc
import Testing

@testable import Policy

@Suite struct NormalDistributionTests {
    /// E[(best - y) where y < min(best, limit)] by the trapezoidal rule.
    private func integral(best: Double, limit: Double, mean: Double, deviation: Double) -> Double {
        let (low, high) = (mean - 12 * deviation, min(min(best, limit), mean + 12 * deviation))
        guard high > low else { return 0 }
        let steps = 20_000
        let width = (high - low) / Double(steps)
        return (0...steps).reduce(0) { sum, step in
            let y = low + Double(step) * width
            let z = (y - mean) / deviation
            let density = exp(-z * z / 2) / (deviation * (2 * Double.pi).squareRoot())
            return sum + (best - y) * density * width * (step == 0 || step == steps ? 0.5 : 1)
        }
    }

    @Test(arguments: [
        (2.0, Double.infinity, 1.5, 0.3), (2, .infinity, 2.5, 0.3), (2, 1.8, 1.5, 0.3), (2, 1.2, 1.5, 0.3),
        (2, 3, 1.5, 0.3), (-1, -1.4, 0.2, 1.5), (2, 1.9, 2, 0.01),
    ])
    func improvementIsTheIntegral(best: Double, limit: Double, mean: Double, deviation: Double) {
        let expected = integral(best: best, limit: limit, mean: mean, deviation: deviation)
        let improvement = NormalDistribution.improvement(best: best, limit: limit, mean: mean, deviation: deviation)
        #expect(abs(improvement - expected) < 1e-6 * max(1, expected), "\(improvement), \(expected)")
    }

    @Test func improvementsOfHopelessAndCertainPoints() {
        #expect(NormalDistribution.improvement(best: 0, limit: .infinity, mean: 50, deviation: 0.1) == 0)
        #expect(NormalDistribution.improvement(best: 5, limit: -50, mean: 1, deviation: 0.1) == 0)
        #expect(abs(NormalDistribution.improvement(best: 5, limit: .infinity, mean: 1, deviation: 1e-6) - 4) < 1e-9)
        #expect(NormalDistribution.improvement(best: -.infinity, limit: 1, mean: 1, deviation: 1) == 0)
    }

    @Test func heavyTailsAreThoseOfStudentsDistribution() {
        // Quantiles of 4 degrees of freedom.
        for (chance, quantile) in [(0.75, 0.740697), (0.9, 1.533206), (0.95, 2.131847), (0.99, 3.746947)] {
            #expect(abs(NormalDistribution.belowHeavy(quantile / 1.1) - chance) < 1e-6)
        }
    }

    @Test func heavyTailsAreMonotoneAndSymmetricAndAChance() {
        let places = (-4000...4000).map { Double($0) / 50 } + [1e3, 1e6, 1e100, .greatestFiniteMagnitude, .infinity]
        var last = 0.0
        for place in places {
            let chance = NormalDistribution.belowHeavy(place)
            #expect(chance >= last - 1e-15 && (0...1).contains(chance), "\(place): \(chance) after \(last)")
            #expect(abs(chance + NormalDistribution.belowHeavy(-place) - 1) < 1e-12, "\(place)")
            // Beyond two deviations heavier than the normal one.
            if place > 2 { #expect(chance <= NormalDistribution.below(place)) }
            last = chance
        }
        #expect(NormalDistribution.belowHeavy(0) == 0.5 && last == 1)
    }
}
