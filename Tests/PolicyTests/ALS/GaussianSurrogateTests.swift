import Testing

@testable import Policy

@Suite struct GaussianSurrogateTests {
    @Test func choleskySolvesAndInverts() throws {
        // L L^T of a lower triangle with 2, 3, 1.5 on its diagonal.
        let matrix = [4.0, 0, 0, 2, 10, 0, -2, 5, 7.25]
        let factor = try #require(CholeskyFactor(matrix, count: 3))
        let full = [[4.0, 2, -2], [2, 10, 5], [-2, 5, 7.25]]
        let right = [1.0, -2, 3]
        let solution = factor.solve(right)
        for (row, value) in zip(full, right) {
            #expect(abs(zip(row, solution).reduce(0) { $0 + $1.0 * $1.1 } - value) < 1e-12)
        }
        for column in 0..<3 {
            let unit = (0..<3).map { $0 == column ? 1.0 : 0 }
            #expect(abs(factor.solve(unit)[column] - factor.inverseDiagonal()[column]) < 1e-12)
        }
        #expect(CholeskyFactor([1, 0, 2, 1], count: 2) == nil)
        #expect(CholeskyFactor([.nan], count: 1) == nil)
        #expect(CholeskyFactor([1, 2], count: 2) == nil)
    }

    @Test func aSmoothSurfaceIsPredictedBetweenTheRows() throws {
        let coordinates = [[0.0, 0.3, 0.6, 1], [0, 0.5, 1], [0]]
        func surface(_ row: [Int]) -> Double {
            let (x, y) = (coordinates[0][row[0]], coordinates[1][row[1]])
            return 3 + 2 * x - y + 0.3 * x * y
        }
        let rows = [[0, 0, 0], [3, 0, 0], [0, 2, 0], [3, 2, 0], [1, 1, 0], [2, 0, 0], [0, 1, 0]]
        let surrogate = try #require(
            ALSSurrogate(coordinates: coordinates, rows: rows, logarithms: rows.map(surface)))
        let predictions = surrogate.predictions()
        #expect(predictions.count == 12)
        for index in predictions.indices {
            let row = [index / 3, index % 3, 0]
            #expect(abs(predictions[index] - surface(row)) < 0.1)
        }
    }

    @Test func hardlyAnythingIsEnough() throws {
        #expect(ALSSurrogate(coordinates: [[0, 1]], rows: [], logarithms: []) == nil)
        // No noise helps a matrix that holds no numbers.
        #expect(ALSSurrogate(coordinates: [[.nan, 1]], rows: [[0], [1]], logarithms: [1, 2]) == nil)
        let one = try #require(ALSSurrogate(coordinates: [[0, 1]], rows: [[0]], logarithms: [2]))
        #expect(one.predictions() == [2, 2])
        // Equal values, and the same point over and over.
        let same = try #require(
            ALSSurrogate(coordinates: [[0, 1]], rows: [[0], [0], [0], [1]], logarithms: [2, 2, 2, 2]))
        #expect(same.predictions().allSatisfy { abs($0 - 2) < 1e-9 })
    }
}
