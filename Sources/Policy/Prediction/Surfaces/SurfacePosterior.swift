#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// What is thought of a surface after some profiles: the hypotheses of a `SurfacePrior`, each conditioned on them (Rasmussen and
/// Williams 2006, algorithm 2.1, one row of the factor at a time) and weighted by its marginal likelihood.
///
/// A profile that lies far from what all hypotheses expect is given so much more noise that it hardly counts: a measurement that
/// went wrong must not bend the surface.
struct SurfacePosterior: Sendable {
    /// A normal distribution of a logarithm.
    struct Belief: Hashable, Sendable {
        var mean: Double
        var deviation: Double
    }

    let prior: SurfacePrior
    /// The points profiled, by number.
    private(set) var rows: [Int] = []
    private var states: [State]
    private var columns: [Column] = []

    private struct State: Sendable {
        let hypothesis: SurfacePrior.Hypothesis
        var logWeight: Double
        /// The factor's rows, one after the other.
        var factor: [Double] = []
        /// The whitened targets.
        var whitened: [Double] = []
        /// Of how many profiles `mean` and `variance` know.
        var spread = 0
        /// Row by row what each profile tells of all points.
        var gains: [[Double]] = []
        var mean: [Double] = []
        var variance: [Double] = []

        mutating func forgetPoints() {
            (spread, gains, mean, variance) = (0, [], [], [])
        }
    }

    /// What hypotheses share of the covariance of one profiled point with all.
    private struct Column: Sendable {
        /// Slopes and level.
        var plane: [Double]
        var deviations: [Double]
        /// Per set of length scales, computed where it is wanted.
        var correlations: [[Double]]
    }

    /// A profile further from its expectation than this many deviations is doubted,
    private static let doubtfulDeviations = 4.0
    /// if it is also off by more than this in the logarithm.
    private static let doubtfulLogarithm = 0.08
    /// A hypothesis this much less likely than the best (in the logarithm) is dropped.
    private static let hopeless = 14.0
    /// Hypotheses with less than this share of the best one's weight do not enter predictions of all points.
    private static let leastShare = 0.1
    /// Nor do more than this many; of a whole board's modes fewer, as each takes their number times that of the profiles in memory.
    private var spreadLimit: Int { prior.axes.count > 8_192 ? 3 : 8 }

    init(_ prior: SurfacePrior) {
        self.prior = prior
        states = prior.hypotheses.map { State(hypothesis: $0, logWeight: $0.logWeight) }
    }

    // MARK: One point

    /// What a profile of point number `point` is expected to show, noise included.
    func expectation(at point: Int) -> Belief {
        mixture(projections(of: point).map { ($0.logWeight, $0.mean, $0.variance) })
    }

    /// Takes a profile: `logarithm` was seen at `point`. O(hypotheses * profiles^2).
    mutating func add(_ point: Int, logarithm: Double) {
        let projections = projections(of: point)
        let expected = mixture(projections.map { ($0.logWeight, $0.mean, $0.variance) })
        let miss = abs(logarithm - expected.mean)
        var extra = 0.0
        if miss > Self.doubtfulDeviations * expected.deviation, miss > Self.doubtfulLogarithm {
            extra = miss * miss / 4
        }
        for (index, projection) in projections.enumerated() {
            let variance = projection.variance + extra
            let residual = logarithm - projection.mean
            let root = variance.squareRoot()
            states[index].factor += projection.row
            states[index].factor.append(root)
            states[index].whitened.append(residual / root)
            states[index].logWeight -= (residual * residual / variance + log(variance)) / 2
        }
        rows.append(point)
        columns.append(column(of: point))
        let best = states.reduce(-Double.infinity) { max($0, $1.logWeight) }
        states.removeAll { $0.logWeight < best - Self.hopeless }
    }

    private struct Projection {
        let logWeight: Double
        let mean: Double
        let variance: Double
        let row: [Double]
    }

    private func projections(of point: Int) -> [Projection] {
        let planes = rows.map { plane($0, point) } + [plane(point, point)]
        let deviations = (rows + [point]).map { self.deviations($0, point) }
        var correlations: [[Double]] = []
        for tables in prior.tables {
            correlations.append(rows.map { prior.axes.correlation(tables, $0, point) })
        }
        let shape = prior.scales.shape * prior.scales.shape
        return states.map { state in
            let hypothesis = state.hypothesis
            let shapes = prior.shapes[hypothesis.mean]
            let process = hypothesis.roughness * hypothesis.roughness
            func covariance(_ index: Int, _ row: Int, _ correlation: Double) -> Double {
                planes[index] + shape * shapes[row] * shapes[point]
                    + (hypothesis.hasDeviations ? deviations[index] : 0) + process * correlation
            }
            var solved: [Double] = []
            solved.reserveCapacity(rows.count)
            var mean = prior.means[hypothesis.mean][point]
            var variance = covariance(rows.count, point, 1) + hypothesis.noise * hypothesis.noise
            var start = 0
            for (index, row) in rows.enumerated() {
                var value = covariance(index, row, correlations[hypothesis.lengths][index])
                for other in 0..<index { value -= state.factor[start + other] * solved[other] }
                value /= state.factor[start + index]
                solved.append(value)
                mean += value * state.whitened[index]
                variance -= value * value
                start += index + 1
            }
            // Rounding may leave less than the noise.
            variance = max(variance, hypothesis.noise * hypothesis.noise)
            return Projection(logWeight: state.logWeight, mean: mean, variance: variance, row: solved)
        }
    }

    private func plane(_ left: Int, _ right: Int) -> Double {
        let axes = prior.axes
        return axes.ranges.indices.reduce(prior.scales.level * prior.scales.level) { sum, axis in
            let slope = prior.scales.slopes[axis] * prior.scales.slopes[axis]
            return sum + slope * (axes.coordinate(axis, of: left) - 0.5) * (axes.coordinate(axis, of: right) - 0.5)
        }
    }

    private func deviations(_ left: Int, _ right: Int) -> Double {
        prior.deviations.reduce(0) { $0 + $1[left] * $1[right] }
    }

    private func mixture(_ parts: [(logWeight: Double, mean: Double, variance: Double)]) -> Belief {
        let best = parts.reduce(-Double.infinity) { max($0, $1.logWeight) }
        var (total, mean) = (0.0, 0.0)
        for part in parts {
            let weight = exp(part.logWeight - best)
            total += weight
            mean += weight * part.mean
        }
        mean /= total
        var variance = 0.0
        for part in parts {
            let off = part.mean - mean
            variance += exp(part.logWeight - best) * (part.variance + off * off)
        }
        return Belief(mean: mean, deviation: (variance / total).squareRoot())
    }

    // MARK: All points

    /// What is believed of all points, without the noise of a profile. O(points * profiles) for each new profile.
    mutating func beliefs() -> Beliefs {
        let best = states.reduce(-Double.infinity) { max($0, $1.logWeight) }
        let order = states.indices.sorted { (-states[$0].logWeight, $0) < (-states[$1].logWeight, $1) }
        let chosen = order.filter { states[$0].logWeight > best + log(Self.leastShare) }.prefix(spreadLimit)
        for index in states.indices where states[index].spread > 0 && !chosen.contains(index) {
            states[index].forgetPoints()
        }
        var total = 0.0
        for index in chosen {
            spread(index)
            total += exp(states[index].logWeight - best)
        }
        let count = prior.axes.count
        var mean = Array(repeating: 0.0, count: count)
        var square = Array(repeating: 0.0, count: count)
        var noise = 0.0
        for index in chosen {
            let weight = exp(states[index].logWeight - best) / total
            let state = states[index]
            noise += weight * state.hypothesis.noise * state.hypothesis.noise
            for point in 0..<count {
                mean[point] += weight * state.mean[point]
                square[point] += weight * (state.variance[point] + state.mean[point] * state.mean[point])
            }
        }
        for point in 0..<count {
            square[point] = max(square[point] - mean[point] * mean[point], 1e-10).squareRoot()
        }
        return Beliefs(means: mean, deviations: square, noise: noise.squareRoot())
    }

    /// Of all points: expected logarithms, their deviations, and the deviation of a profile's noise.
    struct Beliefs: Sendable {
        var means: [Double]
        var deviations: [Double]
        var noise: Double
    }

    /// How much a profile at each point would tell about the value at `target`: the share of its variance that would be
    /// explained, by the likeliest hypothesis. O(points * profiles).
    mutating func informedness(about target: Int) -> [Double] {
        guard let index = likeliest else { return [] }
        spread(index)
        let state = states[index]
        var column = column(of: target)
        fill(&column, of: target, state.hypothesis.lengths)
        var covariance = self.covariance(column, of: target, state.hypothesis)
        for gain in state.gains {
            let own = gain[target]
            for point in covariance.indices { covariance[point] -= own * gain[point] }
        }
        let noise = state.hypothesis.noise * state.hypothesis.noise
        let variance = max(state.variance[target], 1e-12)
        return covariance.indices.map { point in
            min(1, covariance[point] * covariance[point] / ((max(state.variance[point], 0) + noise) * variance))
        }
    }

    private var likeliest: Int? {
        states.indices.max { (states[$0].logWeight, -$0) < (states[$1].logWeight, -$1) }
    }

    /// What the likeliest hypothesis resembles, for people.
    var resembled: String {
        likeliest.map { prior.names[states[$0].hypothesis.mean] } ?? ""
    }

    private mutating func spread(_ index: Int) {
        let count = prior.axes.count
        let hypothesis = states[index].hypothesis
        let shapes = prior.shapes[hypothesis.mean]
        let shapeVariance = prior.scales.shape * prior.scales.shape
        let process = hypothesis.roughness * hypothesis.roughness
        if states[index].mean.isEmpty {
            states[index].mean = prior.means[hypothesis.mean]
            states[index].variance = (0..<count).map { point in
                plane(point, point) + shapeVariance * shapes[point] * shapes[point]
                    + (hypothesis.hasDeviations ? deviations(point, point) : 0) + process
            }
        }
        while states[index].spread < rows.count {
            let done = states[index].spread
            let row = rows[done]
            fill(&columns[done], of: row, hypothesis.lengths)
            var gain = covariance(columns[done], of: row, hypothesis)
            let start = done * (done + 1) / 2
            for (other, earlier) in states[index].gains.enumerated() {
                let factor = states[index].factor[start + other]
                for point in 0..<count { gain[point] -= factor * earlier[point] }
            }
            let scale = 1 / states[index].factor[start + done]
            let whitened = states[index].whitened[done]
            for point in 0..<count {
                gain[point] *= scale
                states[index].mean[point] += gain[point] * whitened
                states[index].variance[point] -= gain[point] * gain[point]
            }
            states[index].gains.append(gain)
            states[index].spread += 1
        }
    }

    private func fill(_ column: inout Column, of point: Int, _ lengths: Int) {
        guard column.correlations[lengths].isEmpty else { return }
        column.correlations[lengths] = prior.axes.correlations(prior.tables[lengths], with: point)
    }

    /// The prior covariance of `row` with all points.
    private func covariance(_ column: Column, of row: Int, _ hypothesis: SurfacePrior.Hypothesis) -> [Double] {
        var covariance = column.plane
        let correlations = column.correlations[hypothesis.lengths]
        let shapes = prior.shapes[hypothesis.mean]
        let shape = prior.scales.shape * prior.scales.shape * shapes[row]
        let process = hypothesis.roughness * hypothesis.roughness
        for point in covariance.indices { covariance[point] += shape * shapes[point] + process * correlations[point] }
        if hypothesis.hasDeviations {
            for point in covariance.indices { covariance[point] += column.deviations[point] }
        }
        return covariance
    }

    private func column(of point: Int) -> Column {
        let count = prior.axes.count
        var planes = Array(repeating: prior.scales.level * prior.scales.level, count: count)
        for axis in prior.axes.ranges.indices {
            let slope = prior.scales.slopes[axis] * prior.scales.slopes[axis]
            let own = slope * (prior.axes.coordinate(axis, of: point) - 0.5)
            let values = prior.axes.coordinates[axis].map { own * ($0 - 0.5) }
            let places = prior.axes.places[axis]
            for index in 0..<count { planes[index] += values[places[index]] }
        }
        var deviations = Array(repeating: 0.0, count: prior.deviations.isEmpty ? 0 : count)
        for direction in prior.deviations {
            let own = direction[point]
            for index in 0..<count { deviations[index] += own * direction[index] }
        }
        return Column(
            plane: planes, deviations: deviations, correlations: Array(repeating: [], count: prior.tables.count))
    }
}
