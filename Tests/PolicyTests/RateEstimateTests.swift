#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif
import Policy
import Testing

/// Requests in each second of a made-up process.
enum Arrivals {
    /// A Poisson process (Knuth's method, for means up to some hundreds).
    static func poisson(_ mean: Double, using generator: inout some RandomNumberGenerator) -> Double {
        let limit = exp(-mean)
        var (count, product) = (-1.0, 1.0)
        repeat {
            product *= Double.random(in: 0..<1, using: &generator)
            count += 1
        } while product > limit
        return count
    }

    /// Requests that come in groups of `size`: the dispersion is `size`.
    static func grouped(_ mean: Double, size: Double, using generator: inout some RandomNumberGenerator) -> Double {
        size * poisson(mean / size, using: &generator)
    }
}

@Suite struct RateEstimateTests {
    private func estimate(_ missShare: Double = 0.01, memory: Double = 10) throws -> RateEstimate {
        try #require(RateEstimate(missShare: missShare, memorySeconds: memory))
    }

    /// The share of seconds over the bound, the bound's mean and the last dispersion.
    private func follow(
        _ start: RateEstimate, seconds: Int, _ requests: (Int) -> Double
    ) -> (misses: Double, meanBound: Double, estimate: RateEstimate) {
        var estimate = start
        var (misses, bounds) = (0.0, 0.0)
        for second in 0..<seconds {
            let count = requests(second)
            if let upper = estimate.upperPerSecond() {
                bounds += upper
                if count > upper { misses += 1 }
            }
            estimate.count(count, overSeconds: 1)
        }
        return (misses / Double(seconds), bounds / Double(seconds), estimate)
    }

    @Test(arguments: [(2.0, 1.0), (50, 1), (50, 6), (200, 20)])
    func theBoundIsCalibratedAndTheDispersionLearned(mean: Double, dispersion: Double) throws {
        var generator = SeededGenerator(seed: 7)
        for missShare in [0.001, 0.01, 0.1] {
            let (misses, bound, last) = follow(try estimate(missShare), seconds: 20_000) { _ in
                Arrivals.grouped(mean, size: dispersion, using: &generator)
            }
            #expect(misses <= missShare * 1.2 + 0.0005 && misses >= missShare / 3, "\(misses) of \(missShare)")
            let deviation = (mean * dispersion).squareRoot()
            #expect(bound > mean + deviation && bound < mean + 8 * deviation + 1, "\(bound)")
            let learned = try #require(last.dispersion)
            // Few counts are in memory: 100 or so.
            #expect(learned > dispersion * 0.5 && learned < dispersion * 2, "\(learned)")
        }
    }

    @Test func aCameraNeedsHardlyAnyMargin() throws {
        let (misses, _, last) = follow(try estimate(0.001), seconds: 5_000) { _ in 30 }
        #expect(misses == 0)
        let upper = try #require(last.upperPerSecond())
        #expect(upper >= 30 && upper < 31.1)
        let lower = try #require(last.lowerPerSecond())
        #expect(lower > 28.9)
    }

    /// However the rate moves: the stated share, and what the factor can have moved by from its start.
    @Test func theShareOverTheBoundIsBoundedWithoutAnyAssumption() throws {
        var generator = SeededGenerator(seed: 3)
        let series: [(String, (Int) -> Double)] = [
            ("saw", { Double($0 % 100) }), ("steps", { ($0 / 50) % 2 == 0 ? 10 : 90 }),
            ("spikes", { $0 % 37 == 0 ? 500 : 50 }), ("growth", { Double($0) * Double($0) / 1000 }),
            (
                "walk",
                { _ in
                    Double.random(in: 0...1, using: &generator) < 0.02
                        ? 300 : Double.random(in: 20...40, using: &generator)
                }
            ),
        ]
        let seconds = 10_000
        for (name, requests) in series {
            let missShare = 0.05
            let (misses, _, _) = follow(try estimate(missShare), seconds: seconds, requests)
            #expect(misses <= missShare + 20 / (0.5 * Double(seconds)), "\(name): \(misses)")
        }
    }

    @Test func aStepIsFollowedWithinASecondEitherWay() throws {
        var generator = SeededGenerator(seed: 1)
        var estimate = try estimate(0.001)
        for _ in 0..<600 { estimate.count(Arrivals.poisson(40, using: &generator), overSeconds: 1) }
        estimate.count(120, overSeconds: 1)
        #expect(estimate.upperPerSecond().map { $0 > 120 } == true)
        for _ in 0..<3 { estimate.count(120, overSeconds: 1) }
        estimate.count(40, overSeconds: 1)
        #expect(estimate.ratePerSecond == 40)
    }

    @Test func hostileCountsNeitherTrapNorStay() throws {
        var generator = SeededGenerator(seed: 5)
        var estimate = try estimate(0.001)
        for (requests, seconds) in [
            (-1.0, 1.0), (.nan, 1), (.infinity, 1), (1, 0), (1, -1), (1, .nan), (1, .infinity),
        ] {
            let isCounted = estimate.count(requests, overSeconds: seconds)
            #expect(!isCounted)
        }
        #expect(estimate.ratePerSecond == nil && estimate.upperPerSecond() == nil && estimate.dispersion == nil)
        for _ in 0..<20_000 { estimate.count(0, overSeconds: 1) }
        #expect(estimate.ratePerSecond == 0 && estimate.dispersion == nil)
        #expect(estimate.upperPerSecond().map { $0 < 2 } == true)
        estimate.count(1e6, overSeconds: 1)
        #expect(estimate.upperPerSecond().map { $0 >= 1e6 } == true)
        for _ in 0..<120 { estimate.count(Arrivals.poisson(40, using: &generator), overSeconds: 1) }
        // A burst is forgotten, not kept for hours in the variance.
        #expect(estimate.upperPerSecond().map { $0 < 120 } == true)
        estimate.count(1e300, overSeconds: 1e-300)
        #expect(estimate.upperPerSecond()?.isFinite == true)
    }

    @Test func countsOverOtherTimesGiveTheSameRate() throws {
        var estimate = try estimate()
        for _ in 0..<500 { estimate.count(100, overSeconds: 2) }
        let steady = try #require(estimate.ratePerSecond)
        #expect(abs(steady - 50) < 1e-9)
        var short = try self.estimate()
        var generator = SeededGenerator(seed: 2)
        for _ in 0..<20_000 { short.count(Arrivals.poisson(5, using: &generator), overSeconds: 0.1) }
        let (rate, dispersion) = (try #require(short.ratePerSecond), try #require(short.dispersion))
        #expect(abs(rate - 50) < 12 && dispersion > 0.5 && dispersion < 2, "\(rate) \(dispersion)")
        let (second, tenth) = (
            try #require(short.upperPerSecond()), try #require(short.upperPerSecond(overSeconds: 0.1))
        )
        #expect(second < tenth)
    }

    @Test func itIsAPlainValueAndTheSameForTheSameCounts() throws {
        #expect(_isPOD(RateEstimate.self))
        func last() throws -> RateEstimate {
            var generator = SeededGenerator(seed: 9)
            return follow(try estimate(), seconds: 1_000) { _ in Arrivals.poisson(30, using: &generator) }.estimate
        }
        let (first, second) = (try last(), try last())
        #expect(first == second)
    }

    @Test func settingsThatMakeNoSenseAreRefused() {
        for (share, memory) in [
            (0.0, 10.0), (-1, 10), (0.6, 10), (.nan, 10), (0.1, 0), (0.1, -1), (0.1, .infinity), (0.1, .nan),
        ] {
            #expect(RateEstimate(missShare: share, memorySeconds: memory) == nil)
        }
    }
}
