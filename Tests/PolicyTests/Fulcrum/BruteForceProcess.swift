import Glibc

@testable import Policy

/// One hypothesis of a `SurfacePrior` as a Gaussian process that solves the whole system of equations for each question
/// (Rasmussen and Williams 2006, equations 2.25, 2.26 and 2.30), from the values of the points themselves.
struct BruteForceProcess {
    let prior: SurfacePrior
    let hypothesis: SurfacePrior.Hypothesis
    /// Factor of the length scales.
    let lengthFactor: Double
    /// Per axis, ascending.
    let axes: [[Int]]
    /// Each with a value per axis.
    let points: [[Int]]
    let references: [[Double]]
    var rows: [Int] = []
    var logarithms: [Double] = []

    func mean(_ point: Int) -> Double {
        if references.isEmpty { return prior.means[0][point] }
        if hypothesis.mean < references.count { return references[hypothesis.mean][point] }
        return average(references.map { $0[point] })
    }

    private func average(_ values: [Double]) -> Double { values.reduce(0, +) / Double(values.count) }

    private func place(_ axis: Int, _ point: Int) -> Double {
        let values = axes[axis]
        guard let low = values.first, let high = values.last, high > low else { return 0 }
        return log(Double(points[point][axis]) / Double(low)) / log(Double(high) / Double(low))
    }

    /// How reference `index` differs from the mean of all at `point`, less the average of that over all points.
    private func difference(_ index: Int, _ point: Int) -> Double {
        let differences = points.indices.map { at in references[index][at] - average(references.map { $0[at] }) }
        return differences[point] - average(differences)
    }

    func covariance(_ left: Int, _ right: Int) -> Double {
        let scales = prior.scales
        var sum = scales.level * scales.level
        var correlation = 1.0
        for axis in axes.indices {
            let (a, b) = (place(axis, left), place(axis, right))
            sum += scales.slopes[axis] * scales.slopes[axis] * (a - 0.5) * (b - 0.5)
            let distance = 5.0.squareRoot() * abs(a - b) / (scales.lengths[axis] * lengthFactor)
            correlation *= (1 + distance + distance * distance / 3) * exp(-distance)
        }
        let middle = average(points.indices.map(mean))
        sum += scales.shape * scales.shape * (mean(left) - middle) * (mean(right) - middle)
        if hypothesis.hasDeviations {
            for index in references.indices {
                sum += difference(index, left) * difference(index, right) / Double(references.count - 1)
            }
        }
        return sum + hypothesis.roughness * hypothesis.roughness * correlation
    }

    private var noiseVariance: Double { hypothesis.noise * hypothesis.noise }

    private var system: [[Double]] {
        rows.map { row in rows.map { covariance(row, $0) + (row == $0 ? noiseVariance : 0) } }
    }

    /// Mean and variance of the value at `point`, without the noise of a profile.
    func posterior(_ point: Int) -> (mean: Double, variance: Double) {
        let column = rows.map { covariance($0, point) }
        let residuals = zip(rows, logarithms).map { $1 - mean($0) }
        let weights = Self.solve(system, residuals).solution
        let explained = Self.solve(system, column).solution
        return (
            mean(point) + zip(column, weights).reduce(0) { $0 + $1.0 * $1.1 },
            covariance(point, point) - zip(column, explained).reduce(0) { $0 + $1.0 * $1.1 }
        )
    }

    /// The logarithm of the marginal likelihood times the hypothesis' weight, but for a constant of the profiles.
    var logWeight: Double {
        let residuals = zip(rows, logarithms).map { $1 - mean($0) }
        let (solution, logDeterminant) = Self.solve(system, residuals)
        return hypothesis.logWeight
            - (zip(residuals, solution).reduce(0) { $0 + $1.0 * $1.1 } + logDeterminant) / 2
    }

    /// The share of the variance at `target` that a profile at `point` would take away.
    func informedness(_ point: Int, about target: Int) -> Double {
        var later = self
        // A second profile of the same point has noise of its own: the system stays solvable.
        later.rows.append(point)
        later.logarithms.append(0)
        let before = posterior(target).variance
        var system = later.system
        let last = later.rows.count - 1
        for (index, row) in rows.enumerated() where row == point {
            system[index][last] -= noiseVariance
            system[last][index] -= noiseVariance
        }
        let column = later.rows.map { covariance($0, target) }
        let explained = Self.solve(system, column).solution
        let after = covariance(target, target) - zip(column, explained).reduce(0) { $0 + $1.0 * $1.1 }
        return (before - after) / before
    }

    /// Gaussian elimination with pivots; the matrix is positive definite.
    private static func solve(_ matrix: [[Double]], _ right: [Double]) -> (solution: [Double], logDeterminant: Double) {
        var (matrix, right) = (matrix, right)
        var logDeterminant = 0.0
        let count = right.count
        for column in 0..<count {
            let pivot = (column..<count).max { abs(matrix[$0][column]) < abs(matrix[$1][column]) } ?? column
            matrix.swapAt(column, pivot)
            right.swapAt(column, pivot)
            logDeterminant += log(abs(matrix[column][column]))
            for row in 0..<count where row > column {
                let factor = matrix[row][column] / matrix[column][column]
                for index in column..<count { matrix[row][index] -= factor * matrix[column][index] }
                right[row] -= factor * right[column]
            }
        }
        for row in (0..<count).reversed() {
            for index in row + 1..<max(count, row + 1) { right[row] -= matrix[row][index] * right[index] }
            right[row] /= matrix[row][row]
        }
        return (right, logDeterminant)
    }
}
