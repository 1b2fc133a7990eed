#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// A Gaussian process over the logarithm of a time or a power: a plane with broad priors, plus a product of Matern-5/2 kernels,
/// one per axis (Rasmussen and Williams, Gaussian Processes for Machine Learning, 2006, 2.2, 2.7, 4.2 and 5.4).
///
/// As the kernel is a product and the points lie on a grid, it is read from small tables, without an exponential per pair.
struct ALSSurrogate: Sendable {
    /// What the kernel is made of, in logarithms: length scales per axis (1 = the whole axis), variances of the process and of
    /// the noise relative to that of the targets.
    struct Scales: Hashable, Sendable {
        var lengths: [Double]
        var process: Double
        var noise: Double

        /// The centre of the prior: a length scale of the whole axis, and deviations of 30 % and 3 %.
        init(axes: Int) {
            lengths = Array(repeating: 0, count: axes)
            process = 2 * log(0.3)
            noise = 2 * log(0.03)
        }

        /// Parameter number `index`, the length scales first.
        subscript(index: Int) -> Double {
            get { index < lengths.count ? lengths[index] : index == lengths.count ? process : noise }
            set {
                if index < lengths.count {
                    lengths[index] = newValue
                } else if index == lengths.count {
                    process = newValue
                } else {
                    noise = newValue
                }
            }
        }

        var count: Int { lengths.count + 2 }

        /// Minus the logarithm of a normal prior of deviation 1 for the length scales, 1.5 for the variances.
        var penalty: Double {
            let centre = Scales(axes: lengths.count)
            let variances = square((process - centre.process) / 1.5) + square((noise - centre.noise) / 1.5)
            return (lengths.reduce(0) { $0 + square($1) } + variances) / 2
        }
    }

    /// The variance of the plane's height and slopes relative to that of the targets.
    private static let planeVariance = 10.0
    /// What is added to the noise so that equal points do not make the matrix singular.
    private static let jitter = 1e-8
    /// A row that lies this many deviations from what all others predict for it is not trusted,
    static let doubtfulDeviations = 4.0
    /// and gets this many times the variance of the noise.
    private static let doubtfulNoise = 1e3

    /// The scales are fitted on at most this many rows, spread evenly over all: more take time and change little.
    private static let fittedRows = 60

    private let coordinates: [[Double]]
    private let rows: [[Int]]
    private let mean: Double
    private let deviation: Double
    private let targets: [Double]
    /// The scales in use.
    let scales: Scales
    private var noiseFactors: [Double]
    private var weights: [Double] = []
    private var tables: [[Double]] = []
    /// Per row how far its target lies above what the others predict for it: in deviations, and as a logarithm.
    private(set) var residuals: [(deviations: Double, logarithm: Double)] = []
    /// Per row whether it is not trusted.
    private(set) var doubtful: [Bool] = []

    /// Learns `logarithms` at `rows` (places on the axes whose `coordinates` are given). The scales are fitted by
    /// the marginal likelihood. Nil without rows, or where rounding leaves nothing to solve. O(rows^3).
    init?(coordinates: [[Double]], rows: [[Int]], logarithms: [Double]) {
        guard !rows.isEmpty, rows.count == logarithms.count else { return nil }
        self.coordinates = coordinates
        self.rows = rows
        let count = Double(logarithms.count)
        let mean = logarithms.reduce(0, +) / count
        let variance = logarithms.reduce(0) { $0 + square($1 - mean) } / count
        let deviation = max(variance.squareRoot(), 1e-6)
        self.mean = mean
        self.deviation = deviation
        let targets = logarithms.map { ($0 - mean) / deviation }
        self.targets = targets
        noiseFactors = Array(repeating: 1, count: rows.count)
        let sample =
            rows.count <= Self.fittedRows
            ? Array(rows.indices) : (0..<Self.fittedRows).map { $0 * rows.count / Self.fittedRows }
        scales = Self.fitted(
            coordinates: coordinates, rows: sample.map { rows[$0] }, targets: sample.map { targets[$0] })
        guard solve() else { return nil }
        doubtful = residuals.map { abs($0.deviations) > Self.doubtfulDeviations }
        if doubtful.contains(true) {
            noiseFactors = doubtful.map { $0 ? Self.doubtfulNoise : 1 }
            guard solve() else { return nil }
        }
    }

    /// The predicted logarithm at each point of the grid, the last axis fastest. O(points * rows).
    func predictions() -> [Double] {
        // The kernel's plane in the space of its coefficients.
        var height = 0.0
        var slopes = Array(repeating: 0.0, count: coordinates.count)
        for (row, weight) in zip(rows, weights) {
            height += weight
            for axis in coordinates.indices { slopes[axis] += weight * coordinates[axis][row[axis]] }
        }
        var predictions: [Double] = []
        predictions.reserveCapacity(coordinates.reduce(1) { $0 * $1.count })
        let process = exp(scales.process)
        descend(axis: 0, weights: weights.map { $0 * process }, plane: height, slopes: slopes, into: &predictions)
        return predictions
    }

    private func descend(
        axis: Int, weights: [Double], plane: Double, slopes: [Double], into predictions: inout [Double]
    ) {
        let count = coordinates[axis].count
        for place in 0..<count {
            let height = plane + slopes[axis] * coordinates[axis][place]
            if axis == coordinates.count - 1 {
                var sum = 0.0
                for (row, weight) in zip(rows, weights) { sum += weight * tables[axis][row[axis] * count + place] }
                predictions.append(mean + deviation * (sum + Self.planeVariance * height))
            } else {
                var narrowed = weights
                for index in narrowed.indices { narrowed[index] *= tables[axis][rows[index][axis] * count + place] }
                descend(axis: axis + 1, weights: narrowed, plane: height, slopes: slopes, into: &predictions)
            }
        }
    }

    /// Weights and residuals from the scales; false where the matrix cannot be factored.
    private mutating func solve() -> Bool {
        tables = zip(coordinates, scales.lengths).map { Self.table($0, length: exp($1)) }
        // Rounding can cost a nearly singular matrix its last pivot: more noise brings it back.
        var jitter = Self.jitter
        for _ in 0..<8 {
            let matrix = Self.matrix(
                coordinates: coordinates, rows: rows, tables: tables, scales: scales, noiseFactors: noiseFactors,
                jitter: jitter)
            if let factor = CholeskyFactor(matrix, count: rows.count) {
                weights = factor.solve(targets)
                let diagonal = factor.inverseDiagonal()
                residuals = zip(weights, diagonal).map {
                    (deviations: $0 / $1.squareRoot(), logarithm: $0 / $1 * deviation)
                }
                return true
            }
            jitter *= 100
        }
        return false
    }

    /// Coordinate descent on the negative logarithm of the marginal likelihood and the prior, from the prior's centre: two
    /// rounds, with steps of a factor e^0.8 and then e^0.56.
    private static func fitted(coordinates: [[Double]], rows: [[Int]], targets: [Double]) -> Scales {
        var scales = Scales(axes: coordinates.count)
        let ones = Array(repeating: 1.0, count: rows.count)
        func loss(_ scales: Scales) -> Double {
            let tables = zip(coordinates, scales.lengths).map { table($0, length: exp($1)) }
            let matrix = matrix(
                coordinates: coordinates, rows: rows, tables: tables, scales: scales, noiseFactors: ones, jitter: jitter
            )
            guard let factor = CholeskyFactor(matrix, count: rows.count) else { return .infinity }
            let weights = factor.solve(targets)
            return zip(weights, targets).reduce(0) { $0 + $1.0 * $1.1 } / 2 + factor.logDeterminant / 2
                + scales.penalty
        }
        var best = loss(scales)
        for step in [0.8, 0.56] {
            for parameter in 0..<scales.count
            where parameter >= coordinates.count || coordinates[parameter].count > 1 {
                for direction in [1.0, -1] {
                    var tried = scales
                    tried[parameter] += direction * step
                    let reached = loss(tried)
                    guard reached < best else { continue }
                    (scales, best) = (tried, reached)
                    break
                }
            }
        }
        return scales
    }

    /// Matern 5/2 between any two coordinates of an axis.
    private static func table(_ coordinates: [Double], length: Double) -> [Double] {
        var table: [Double] = []
        table.reserveCapacity(coordinates.count * coordinates.count)
        for left in coordinates {
            for right in coordinates {
                let distance = (5.0).squareRoot() * abs(left - right) / length
                table.append((1 + distance + distance * distance / 3) * exp(-distance))
            }
        }
        return table
    }

    private static func matrix(
        coordinates: [[Double]], rows: [[Int]], tables: [[Double]], scales: Scales, noiseFactors: [Double],
        jitter: Double
    ) -> [Double] {
        let count = rows.count
        let (process, noise) = (exp(scales.process), exp(scales.noise))
        var matrix = Array(repeating: 0.0, count: count * count)
        for left in 0..<count {
            for right in 0...left {
                var product = process
                var plane = 1.0
                for axis in coordinates.indices {
                    let (one, other) = (rows[left][axis], rows[right][axis])
                    product *= tables[axis][one * coordinates[axis].count + other]
                    plane += coordinates[axis][one] * coordinates[axis][other]
                }
                matrix[left * count + right] = product + planeVariance * plane
            }
            matrix[left * count + left] += noise * noiseFactors[left] + jitter
        }
        return matrix
    }
}

private func square(_ value: Double) -> Double { value * value }
