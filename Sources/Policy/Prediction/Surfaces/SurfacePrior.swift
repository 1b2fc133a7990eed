#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// What is thought of the logarithm of a new workload's time, or power, before anything of it was measured: a set of hypotheses,
/// each a Gaussian process over the points.
///
/// A hypothesis says which known surface the new one resembles, how far it may depart from it and how noisy profiles are:
///
///     log y(x) = m(x) + level + s (m(x) - mean m) + slopes . x + sum_k w_k d_k(x) + r(x) + noise
///
/// with m one reference, or the mean of all; d_k the directions in which the references differ from their mean (with that mean
/// only); r a process with a product of Matern-5/2 kernels (Rasmussen and Williams 2006, chapter 2 and section 2.7). All weights
/// are normal. Without references m is what work that is partly bound by each clock does, a power of each value.
struct SurfacePrior: Sendable {
    /// What is to be predicted.
    enum Quantity: Sendable {
        case time
        case power
    }

    struct Hypothesis: Sendable {
        /// Number of the surface that it resembles.
        var mean: Int
        /// Whether the new surface may move along the differences between references.
        var hasDeviations: Bool
        /// Deviation of the process r.
        var roughness: Double
        /// Deviation of a profile from the surface.
        var noise: Double
        /// Number of its set of length scales.
        var lengths: Int
        /// The logarithm of its weight before any profile.
        var logWeight: Double
    }

    /// Deviations of the weights, in logarithms; those of slopes per whole range of an axis.
    struct Scales: Sendable {
        var level: Double
        var shape: Double
        var slopes: [Double]
        var roughness: Double
        var noise: Double
        /// In ranges of the axes.
        var lengths: [Double]
        /// log y per log of each axis' value, where no reference tells.
        var exponents: [Double]
        /// The logarithm of the value in the middle of all ranges, where no reference tells.
        var middle: Double
    }

    let axes: SurfaceAxes
    let scales: Scales
    let hypotheses: [Hypothesis]
    /// Names of the surfaces that a hypothesis can resemble.
    let names: [String]
    let means: [[Double]]
    /// The means less their own averages.
    let shapes: [[Double]]
    /// The directions, each with its standard deviation as length.
    let deviations: [[Double]]
    let tables: [[[Double]]]

    /// How many hypotheses to hold.
    enum Detail: Sendable {
        /// For searches of some ten profiles.
        case coarse
        /// For as many profiles as tell length scales.
        case fine
    }

    /// Makes the hypotheses from `surfaces` (logarithms at the points of `axes`). Averages of surfaces, and the directions in which
    /// they differ, are those over the points of `basis`, by default over all.
    init(
        _ quantity: Quantity, axes: SurfaceAxes, surfaces: [(name: String, values: [Double])], knowsSizes: Bool = true,
        detail: Detail = .coarse, basis: Range<Int>? = nil
    ) {
        let basis = basis ?? 0..<axes.count
        self.axes = axes
        var scales = Scales(quantity, hasReferences: !surfaces.isEmpty, axes: axes.ranges.count)
        if axes.ranges.count > 4, !knowsSizes, !surfaces.isEmpty { scales.forgetSizes(quantity) }
        self.scales = scales
        let generic = (0..<axes.count).map { point in
            axes.ranges.indices.reduce(scales.middle) { sum, axis in
                sum + scales.exponents[axis] * axes.ranges[axis].width * (axes.coordinate(axis, of: point) - 0.5)
            }
        }
        // Of sizes a reference that knows none says nothing: that part is the generic one.
        let sizes: [Double]? =
            axes.ranges.count > 4 && !knowsSizes
            ? (0..<axes.count).map { scales.exponents[4] * axes.ranges[4].width * axes.coordinate(4, of: $0) } : nil
        let known = surfaces.map { surface in
            sizes.map { zip(surface.values, $0).map { $0 + $1 } } ?? surface.values
        }
        var means = known
        var names = surfaces.map(\.name)
        var directions: [[Double]] = []
        if known.isEmpty {
            means = [generic]
            names = ["no reference"]
        } else if known.count > 1 {
            let scale = 1 / Double(known.count)
            let mean = (0..<axes.count).map { point in known.reduce(0) { $0 + $1[point] } * scale }
            directions = PrincipalDeviations.of(
                known.map { Self.centred(zip($0, mean).map { $0 - $1 }, over: basis) }, over: basis, atMost: 6)
            means.append(mean)
            names.append("the mean of all")
        }
        self.means = means
        self.names = names
        shapes = means.map { Self.centred($0, over: basis) }
        deviations = directions
        let factors = detail == .coarse ? [1] : [0.7, 1, 1.5]
        tables = factors.map { factor in axes.correlations(lengths: scales.lengths.map { $0 * factor }) }
        let roughness = detail == .coarse ? [0.7, 1.5] : [0.35, 0.7, 1.4, 2.8]
        let noise = detail == .coarse ? [1, 2.5] : [0.6, 1.2, 2.5]
        hypotheses = means.indices.flatMap { mean in
            factors.indices.flatMap { lengths in
                roughness.flatMap { rough in
                    noise.map { noise in
                        Hypothesis(
                            mean: mean, hasDeviations: mean == known.count && !directions.isEmpty,
                            roughness: rough * scales.roughness, noise: noise * scales.noise, lengths: lengths,
                            logWeight: [rough, noise, factors[lengths]].reduce(0) { sum, factor in
                                sum - log(factor) * log(factor) / (2 * Self.spread * Self.spread)
                            })
                    }
                }
            }
        }
    }

    /// How far roughness, noise and lengths may be from their usual values: the deviation of their logarithms.
    private static let spread = 0.3

    private static func centred(_ values: [Double], over basis: Range<Int>) -> [Double] {
        let mean = values[basis].reduce(0, +) / Double(max(basis.count, 1))
        return values.map { $0 - mean }
    }
}

extension SurfacePrior.Scales {
    /// Those of DNN work in general: round numbers between what the workloads of both papers show (a fit to the references of
    /// each other by marginal likelihood gave lengths of 0.3 to 1.2 ranges, roughness of 5 to 15 %, noise of 1 to 4 %).
    init(_ quantity: SurfacePrior.Quantity, hasReferences: Bool, axes: Int) {
        let isTime = quantity == .time
        if hasReferences {
            level = isTime ? 2 : 0.2
            shape = isTime ? 0.3 : 0.2
            slopes = Array(repeating: isTime ? 0.1 : 0.04, count: 4) + [isTime ? 0.3 : 0.05]
            roughness = isTime ? 0.13 : 0.05
            noise = isTime ? 0.02 : 0.015
            lengths = isTime ? [0.75, 0.5, 0.35, 0.35, 0.6] : [1.1, 0.65, 0.45, 0.35, 0.6]
        } else {
            level = isTime ? 3 : 0.7
            shape = 0
            slopes = Array(repeating: isTime ? 0.35 : 0.2, count: 4) + [isTime ? 1 : 0.2]
            roughness = isTime ? 0.3 : 0.1
            noise = isTime ? 0.03 : 0.02
            lengths = isTime ? [1.6, 0.9, 0.55, 0.75, 0.8] : [1.4, 0.85, 0.4, 0.6, 0.8]
        }
        // Cores, CPU, GPU, memory, minibatch size.
        exponents = isTime ? [-0.1, -0.3, -0.5, -0.3, 0.6] : [0.05, 0.2, 0.2, 0.15, 0.05]
        middle = isTime ? log(100) : log(20)
        slopes = Array(slopes.prefix(axes))
        lengths = Array(lengths.prefix(axes))
        exponents = Array(exponents.prefix(axes))
    }

    /// No reference tells what a larger minibatch takes.
    mutating func forgetSizes(_ quantity: SurfacePrior.Quantity) {
        slopes[4] = quantity == .time ? 1 : 0.2
    }
}
