#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// A prediction with the ranges in which nine of ten values are expected.
public struct PredictionInterval: Hashable, Sendable {
    /// The medians.
    public var prediction: Prediction
    /// Nine times out of ten a profile's minibatch time lies in it, milliseconds.
    public var milliseconds: ClosedRange<Double>
    /// Nine times out of ten a profile's power lies in it, watts.
    public var watts: ClosedRange<Double>
}

/// A predictor that says how sure it is.
public protocol IntervalPredictor<Point>: Predictor {
    /// One interval per point, in the same order.
    func intervals(_ points: [Point]) -> [PredictionInterval]
}

extension IntervalPredictor {
    /// The medians.
    public func predict(_ points: [Point]) -> [Prediction] { intervals(points).map(\.prediction) }
}

/// Time and power of a training at any mode, from profiles of a few and from workloads that are known: Gaussian processes on the
/// logarithms (`SurfacePrior`), their length scales, roughness and noise averaged by marginal likelihood over a small grid.
public struct GaussianPredictor: IntervalPredictor {
    /// A training's mode.
    public typealias Point = PowerMode

    /// Method and counts of profiles and references.
    public let provenance: String
    private let observations: [TrainingObservation]
    private let references: [ReferenceWorkload]
    private let ranges: [SurfaceAxes.Range]
    /// Where references are compared with each other: whatever is asked, it is the same.
    private let basis: [PowerMode]

    /// Prepares predictions from `observations` (those with values that are no measurements are left out) for a board with the
    /// lowest and highest values of `grid`. Nothing is learned yet.
    public init(observations: [TrainingObservation], references: [ReferenceWorkload], grid: ModeGrid) {
        self.observations = observations.filter {
            $0.minibatchMilliseconds > 0 && $0.minibatchMilliseconds.isFinite && $0.powerWatts > 0
                && $0.powerWatts.isFinite
        }.sorted { $0.mode < $1.mode }
        self.references = references
        basis = grid.thinned().allModes
        ranges = Dimension.byColumn.map { SurfaceAxes.Range(grid[$0]) }
        provenance =
            "gp, \(self.observations.count) profiles, \(references.count) known workload\(references.count == 1 ? "" : "s")"
    }

    /// Learns and predicts. O(profiles^3 + points * profiles), each times the hypotheses.
    public func intervals(_ points: [PowerMode]) -> [PredictionInterval] {
        let modes = observations.map(\.mode) + basis + points
        let compared = observations.count..<observations.count + basis.count
        let axes = SurfaceAxes(
            points: modes.map { mode in Dimension.byColumn.map { mode[$0] } }, ranges: ranges)
        let surfaces = references.flatMap { $0.surfaces(at: modes) }
        let time = beliefs(
            SurfacePrior(
                .time, axes: axes, surfaces: surfaces.map { ($0.name, $0.time) }, detail: .fine,
                basis: compared),
            observations.map(\.minibatchMilliseconds))
        let power = beliefs(
            SurfacePrior(
                .power, axes: axes, surfaces: surfaces.map { ($0.name, $0.power) }, detail: .fine,
                basis: compared),
            observations.map(\.powerWatts))
        return points.indices.map { index in
            let place = compared.upperBound + index
            let (median, milliseconds) = Self.interval(time, place)
            let (middle, watts) = Self.interval(power, place)
            return PredictionInterval(
                prediction: Prediction(minibatchMilliseconds: median, powerWatts: middle),
                milliseconds: milliseconds, watts: watts)
        }
    }

    private func beliefs(_ prior: SurfacePrior, _ values: [Double]) -> SurfacePosterior.Beliefs {
        var posterior = SurfacePosterior(prior)
        for (index, value) in values.enumerated() { posterior.add(index, logarithm: log(value)) }
        return posterior.beliefs()
    }

    private static func interval(
        _ beliefs: SurfacePosterior.Beliefs, _ point: Int
    ) -> (median: Double, interval: ClosedRange<Double>) {
        // Bounded, so that no prediction is beyond what a number holds.
        let mean = min(max(beliefs.means[point], -60), 60)
        let deviation = beliefs.deviations[point]
        let width = min(1.645 * (deviation * deviation + beliefs.noise * beliefs.noise).squareRoot(), 60)
        return (exp(mean), exp(mean - width)...exp(mean + width))
    }
}

extension Dimension {
    /// Cores, CPU, GPU, memory: the order of a mode's columns and of surfaces' axes.
    static let byColumn: [Dimension] = [.cores, .cpu, .gpu, .emc]
}
