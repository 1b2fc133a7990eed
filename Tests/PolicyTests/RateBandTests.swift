import Policy
import Testing

@Suite struct RateBandTests {
    private func band(step: Double = 1.1, slack: Double = 1.25, hold: Double = 60) throws -> RateBand {
        try #require(RateBand(step: step, slack: slack, holdSeconds: hold))
    }

    @Test func itRisesAtOnceAndCoversTheBound() throws {
        var band = try band()
        #expect(band.highPerSecond == nil && band.lowPerSecond == nil)
        for upper in [40.0, 44, 60, 61, 1000] {
            let before = band.highPerSecond
            let hasMoved = band.update(upperPerSecond: upper, seconds: 1)
            let high = try #require(band.highPerSecond)
            #expect(hasMoved == (high != before) && high >= upper && high < upper * 1.1 * 1.001 || before == high)
        }
    }

    @Test func itFallsOnlyAfterTheTimeAndToTheHighestBoundMetInIt() throws {
        var band = try band()
        _ = band.update(upperPerSecond: 100, seconds: 1)
        for second in 1...60 {
            let isLast = second == 60
            let hasMoved = band.update(upperPerSecond: second == 30 ? 50 : 40, seconds: 1)
            #expect(hasMoved == isLast)
        }
        let high = try #require(band.highPerSecond)
        #expect(high >= 50 && high < 55.1)
        // A bound that is not far enough below starts the time anew.
        for second in 1...200 {
            let hasMoved = band.update(upperPerSecond: second % 59 == 0 ? 45 : 20, seconds: 1)
            #expect(!hasMoved)
        }
    }

    @Test func noiseAroundAnEdgeMovesItOnce() throws {
        var generator = SeededGenerator(seed: 4)
        var band = try band(hold: 10)
        _ = band.update(upperPerSecond: 50, seconds: 1)
        let edge = try #require(band.highPerSecond)
        var moves = 0
        for _ in 0..<50_000 {
            let upper = edge * Double.random(in: 0.95...1.05, using: &generator)
            if band.update(upperPerSecond: upper, seconds: 1) { moves += 1 }
        }
        #expect(moves == 1)
    }

    @Test func whateverComesItMovesNoMoreOftenThanStated() throws {
        var generator = SeededGenerator(seed: 6)
        let hold = 20.0
        var band = try band(hold: hold)
        var (falls, rises) = (0, 0)
        let seconds = 20_000
        for second in 0..<seconds {
            let base = (second / 50) % 2 == 0 ? 20.0 : 80
            let before = band.highPerSecond ?? 0
            if band.update(upperPerSecond: base * Double.random(in: 0.8...1.2, using: &generator), seconds: 1) {
                if try #require(band.highPerSecond) > before { rises += 1 } else { falls += 1 }
            }
        }
        // The bounds met are from 16 to 96: 19 rungs.
        #expect(falls > 100 && Double(falls) <= Double(seconds) / hold)
        #expect(rises <= 19 * (1 + falls))
    }

    @Test func onlyAFewDifferentRatesArePlannedFor() throws {
        var generator = SeededGenerator(seed: 8)
        var band = try band(hold: 0)
        var rates: Set<Double> = []
        for _ in 0..<20_000 {
            _ = band.update(upperPerSecond: Double.random(in: 10...100, using: &generator), seconds: 1)
            rates.insert(try #require(band.highPerSecond))
        }
        #expect(rates.count <= 26)
        for extreme in [0, 1e-300, 1e300] {
            _ = band.update(upperPerSecond: extreme, seconds: 1)
            let high = try #require(band.highPerSecond)
            #expect(high.isFinite && high > 0)
        }
    }

    @Test func settingsThatMakeNoSenseAreRefused() {
        for (step, slack, hold) in [
            (1.0, 1.25, 60.0), (1.3, 1.25, 60), (1.1, .infinity, 60), (1.1, .nan, 60), (.nan, 1.2, 60), (1.1, 1.2, -1),
            (1.1, 1.2, .nan),
        ] {
            #expect(RateBand(step: step, slack: slack, holdSeconds: hold) == nil)
        }
    }
}
