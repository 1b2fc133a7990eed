#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// The lower triangle L of a symmetric positive definite matrix L L^T.
struct CholeskyFactor {
    private let count: Int
    /// Row-major; above the diagonal nothing is read.
    private var lower: [Double]

    /// Factors `matrix` (row-major, only its lower triangle is read). Nil where it is not positive definite within rounding, or
    /// holds a value that is not a number. O(count^3).
    init?(_ matrix: [Double], count: Int) {
        guard matrix.count == count * count else { return nil }
        self.count = count
        lower = matrix
        for row in 0..<count {
            for column in 0...row {
                var sum = lower[row * count + column]
                for index in 0..<column { sum -= lower[row * count + index] * lower[column * count + index] }
                if column < row {
                    lower[row * count + column] = sum / lower[column * count + column]
                } else {
                    guard sum > 0, sum.isFinite else { return nil }
                    lower[row * count + row] = sum.squareRoot()
                }
            }
        }
    }

    /// The logarithm of the matrix's determinant.
    var logDeterminant: Double {
        (0..<count).reduce(0) { $0 + 2 * log(lower[$1 * count + $1]) }
    }

    /// x with L L^T x = `right`. O(count^2).
    func solve(_ right: [Double]) -> [Double] {
        var solution = right
        for row in 0..<count {
            for index in 0..<row { solution[row] -= lower[row * count + index] * solution[index] }
            solution[row] /= lower[row * count + row]
        }
        for row in (0..<count).reversed() {
            solution[row] /= lower[row * count + row]
            for index in 0..<row { solution[index] -= lower[row * count + index] * solution[row] }
        }
        return solution
    }

    /// The diagonal of the inverse of the matrix. O(count^3).
    func inverseDiagonal() -> [Double] {
        var diagonal = Array(repeating: 0.0, count: count)
        var column = Array(repeating: 0.0, count: count)
        for start in 0..<count {
            // Column `start` of the inverse of L; its entries add to the diagonal of L^-T L^-1.
            column[start] = 1 / lower[start * count + start]
            for row in start + 1..<max(count, start + 1) {
                var sum = 0.0
                for index in start..<row { sum -= lower[row * count + index] * column[index] }
                column[row] = sum / lower[row * count + row]
            }
            for row in start..<count { diagonal[start] += column[row] * column[row] }
        }
        return diagonal
    }
}
