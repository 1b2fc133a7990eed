import Testing

@testable import Evaluation

@Suite struct NumberTests {
    @Test func quantilesInterpolateBetweenRanks() throws {
        let distribution = try #require(Distribution((1...21).map(Double.init).reversed()))
        #expect(
            distribution.median == 11 && distribution.mean == 11 && distribution.p95 == 20 && distribution.max == 21)
        #expect(Distribution([1, 2])?.median == 1.5)
        #expect(Distribution([7])?.p95 == 7)
        #expect(Distribution([]) == nil)
    }

    @Test(arguments: [0.1, 1.0 / 3, 240.88265991210935, 1e-7, 1e300, 10, -2.5])
    func shortestReadsBack(value: Double) {
        #expect(Double(shortest(value)) == value)
    }

    @Test func wholeNumbersHaveNoPoint() {
        #expect(shortest(10) == "10" && shortest(10.5) == "10.5")
    }

    @Test func fixedRoundsAndPads() {
        #expect(fixed(8.849, 2) == "8.85" && fixed(0.999, 2) == "1.00" && fixed(11, 0) == "11")
        #expect(fixed(3.04, 2) == "3.04" && fixed(-1.25, 1) == "-1.3" && fixed(-0.001, 2) == "0.00")
        #expect(fixed(1e300, 2) == "1e+300" && fixed(.nan, 2) == "nan")
    }
}
