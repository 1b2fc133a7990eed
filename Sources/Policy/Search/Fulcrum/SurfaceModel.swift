#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// Time and power of one workload over the points of a grid, as a search sees them.
struct SurfaceModel: Sendable {
    private(set) var time: SurfacePosterior
    private(set) var power: SurfacePosterior

    init(_ priors: SurfacePriors) {
        time = SurfacePosterior(priors.time)
        power = SurfacePosterior(priors.power)
    }

    /// Takes a profile; one with a value that is no measurement is passed over.
    mutating func add(_ point: Int, milliseconds: Double, watts: Double) {
        guard milliseconds > 0, milliseconds.isFinite, watts > 0, watts.isFinite else { return }
        time.add(point, logarithm: log(milliseconds))
        power.add(point, logarithm: log(watts))
    }

    /// What a profile at `point` would be expected to show.
    func expectation(at point: Int) -> FulcrumSearch.Step.Workload {
        .init(
            resembled: time.resembled, milliseconds: .init(time.expectation(at: point)),
            watts: .init(power.expectation(at: point)))
    }

    /// The chance that a profile at `point` draws at most `watts`.
    func chance(within watts: Double, at point: Int) -> Double {
        let belief = power.expectation(at: point)
        return Self.chance(log(max(watts, 1e-9)), belief.mean, belief.deviation)
    }

    static func chance(_ limit: Double, _ mean: Double, _ deviation: Double) -> Double {
        NormalDistribution.belowHeavy((limit - mean) / deviation)
    }

    /// How much a profile at each point would tell about the power at `target`.
    mutating func informedness(about target: Int) -> [Double] { power.informedness(about: target) }

    /// What is believed of all points.
    mutating func beliefs() -> Beliefs { Beliefs(time: time.beliefs(), power: power.beliefs()) }

    /// Offers each place that is not profiled yet, where the time of one workload is the objective. The gain is that of its logarithm,
    /// a share of the time, over `best` (milliseconds; nil: nothing is known to keep the limits); only times up to `longest` (milliseconds,
    /// of each place) count.
    mutating func assessTimes(
        within watts: Double, over best: Double?, upTo longest: (_ place: Int) -> Double, isProfiled: [Bool],
        _ choice: inout CandidateChoice
    ) {
        let beliefs = beliefs()
        let limit = log(max(watts, 1e-9))
        let fastest = beliefs.time.means.min() ?? 0
        let best = best.map { log($0) }
        for index in isProfiled.indices where !isProfiled[index] {
            let within = beliefs.chance(within: limit, at: index)
            let (mean, deviation) = (beliefs.time.means[index], beliefs.time.deviations[index])
            let longest = log(max(longest(index), 1e-9))
            let gain =
                best.map {
                    NormalDistribution.improvement(best: $0, limit: longest, mean: mean, deviation: deviation)
                } ?? exp(fastest - mean) * NormalDistribution.below((longest - mean) / deviation)
            choice.offer(index, .init(gain: gain * within, overBudgetChance: 1 - within))
        }
    }

    struct Beliefs {
        let time: SurfacePosterior.Beliefs
        let power: SurfacePosterior.Beliefs

        /// The chance that a profile at `point` draws at most what the logarithm `limit` says.
        func chance(within limit: Double, at point: Int) -> Double {
            let deviation = power.deviations[point]
            return SurfaceModel.chance(
                limit, power.means[point], (deviation * deviation + power.noise * power.noise).squareRoot())
        }
    }
}

/// What is thought of a workload's time and power over a grid before anything was profiled. Making it costs O(points * references);
/// searches share it.
public struct SurfacePriors: Sendable {
    let time: SurfacePrior
    let power: SurfacePrior
    /// Number of points.
    var count: Int { time.axes.count }

    /// For a training on `grid`, from workloads that are known there. Nil where the grid has more than
    /// `FulcrumSearch.pointLimit` modes.
    public init?(training grid: ModeGrid, references: [ReferenceWorkload]) {
        guard grid.count <= FulcrumSearch.pointLimit else { return nil }
        let modes = grid.allModes
        let surfaces = references.flatMap { $0.surfaces(at: modes) }.filter(\.isTelling)
        self.init(
            axes: SurfaceAxes(product: [grid.cores, grid.cpuKHz, grid.gpuHz, grid.emcHz]), surfaces,
            knowsSizes: true)
    }

    /// For an inference on `grid`.
    public init?(inference grid: InferenceGrid, references: [ReferenceWorkload]) {
        guard grid.count <= FulcrumSearch.pointLimit else { return nil }
        let points = grid.modes.allModes.flatMap { mode in
            grid.minibatches.map { InferencePoint(mode: mode, minibatch: $0) }
        }
        var surfaces = references.map { $0.surface(at: points) }.filter(\.isTelling)
        // Where any knows what a minibatch's size does, those that do not would only blur it.
        let knowing = surfaces.filter(\.knowsSizes)
        if !knowing.isEmpty { surfaces = knowing }
        self.init(
            axes: SurfaceAxes(
                product: [grid.modes.cores, grid.modes.cpuKHz, grid.modes.gpuHz, grid.modes.emcHz, grid.minibatches]),
            surfaces, knowsSizes: !knowing.isEmpty)
    }

    private init(
        axes: SurfaceAxes, _ surfaces: [ReferenceWorkload.Surface], knowsSizes: Bool
    ) {
        time = SurfacePrior(
            .time, axes: axes, surfaces: surfaces.map { ($0.name, $0.time) }, knowsSizes: knowsSizes)
        power = SurfacePrior(
            .power, axes: axes, surfaces: surfaces.map { ($0.name, $0.power) }, knowsSizes: knowsSizes)
    }
}
