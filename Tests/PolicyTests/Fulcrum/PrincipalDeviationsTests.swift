import Testing

@testable import Policy

@Suite struct PrincipalDeviationsTests {
    /// `count` rows of `points` random values whose mean row is zero.
    private func centredRows(_ count: Int, points: Int, seed: UInt64) -> [[Double]] {
        var generator = SeededGenerator(seed: seed)
        let rows = (0..<count).map { _ in (0..<points).map { _ in Double.random(in: -1...1, using: &generator) } }
        let mean = (0..<points).map { point in rows.reduce(0) { $0 + $1[point] } / Double(count) }
        return rows.map { zip($0, mean).map { $0 - $1 } }
    }

    private func product(_ left: [Double], _ right: [Double]) -> Double {
        zip(left, right).reduce(0) { $0 + $1.0 * $1.1 }
    }

    private func covariance(_ rows: [[Double]], _ left: Int, _ right: Int) -> Double {
        rows.reduce(0) { $0 + $1[left] * $1[right] } / Double(rows.count - 1)
    }

    @Test(arguments: [2, 3, 5, 9]) func theirOuterProductsAreTheSampleCovariance(count: Int) {
        let rows = centredRows(count, points: 14, seed: UInt64(count))
        let directions = PrincipalDeviations.of(rows, atMost: 20)
        // The rows sum up to nothing, so one of them follows from the others.
        #expect(directions.count == count - 1)
        for left in 0..<14 {
            for right in 0..<14 {
                let sum = directions.reduce(0) { $0 + $1[left] * $1[right] }
                #expect(abs(sum - covariance(rows, left, right)) < 1e-10)
            }
        }
    }

    @Test func theyAreOrthogonalAndTheLargestComeFirst() {
        let rows = centredRows(6, points: 30, seed: 8)
        let all = PrincipalDeviations.of(rows, atMost: 20)
        let squares = all.map { product($0, $0) }
        #expect(squares == squares.sorted(by: >))
        for left in all.indices {
            for right in all.indices where right > left {
                #expect(abs(product(all[left], all[right])) < 1e-10)
            }
        }
        #expect(PrincipalDeviations.of(rows, atMost: 2) == Array(all.prefix(2)))
        #expect(PrincipalDeviations.of(rows, atMost: 0).isEmpty)
        // No other direction has more variance than the first one.
        var generator = SeededGenerator(seed: 9)
        for _ in 0..<50 {
            let weights = rows.map { _ in Double.random(in: -1...1, using: &generator) }
            let direction = (0..<30).map { point in zip(weights, rows).reduce(0) { $0 + $1.0 * $1.1[point] } }
            let variance = rows.reduce(0) { $0 + product($1, direction) * product($1, direction) }
            #expect(variance / Double(rows.count - 1) / product(direction, direction) <= squares[0] * (1 + 1e-9))
        }
    }

    @Test func degenerateRows() {
        #expect(PrincipalDeviations.of([], atMost: 3).isEmpty)
        #expect(PrincipalDeviations.of([[1, 2]], atMost: 3).isEmpty)
        #expect(PrincipalDeviations.of([[], []], atMost: 3).isEmpty)
        #expect(PrincipalDeviations.of(Array(repeating: [0, 0, 0], count: 4), atMost: 3).isEmpty)
        let equal = PrincipalDeviations.of(Array(repeating: [1, -2, 1], count: 3), atMost: 3)
        #expect(equal.count == 1)
        for (value, expected) in zip(equal.first ?? [], [1.0, -2, 1]) {
            #expect(abs(value * value - 1.5 * expected * expected) < 1e-12)
        }
        let opposite = PrincipalDeviations.of([[1, 1], [-1, -1]], atMost: 3)
        #expect(opposite.count == 1 && abs(abs(opposite[0][0]) - 2.0.squareRoot()) < 1e-12)
    }
}
