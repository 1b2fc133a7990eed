#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

extension FulcrumSearch {
    /// The strategy for an inference and what runs beside it.
    public struct Pair: Search {
        /// The problem that it solves.
        public typealias Problem = PairProblem

        private var walk: GuidedWalk<PairModel>

        /// A search of `grid` from the priors of the inference on that grid, and of the background work on its modes. Without
        /// priors (the grid is too large) it profiles nothing.
        public init(
            grid: InferenceGrid, problem: PairProblem, inference: SurfacePriors?, background: SurfacePriors?,
            settings: Settings = Settings(profileLimit: Settings.pairProfiles)
        ) {
            var model: PairModel?
            if let inference, let background, inference.count == grid.count, background.count == grid.modes.count {
                model = PairModel(
                    grid: grid, inference: SurfaceModel(inference), background: SurfaceModel(background))
            }
            walk = GuidedWalk(model, problem: problem, settings: settings)
        }

        /// What each profile taken so far was expected to show and showed, oldest first.
        public var steps: [Step] { walk.steps }

        /// The next point, or the best observed one. O(points * profiles) per profile.
        public mutating func next(observed: Observed<PairObservation>) -> SearchStep<PairObservation> {
            walk.next(observed: observed)
        }
    }
}

/// An inference over modes and minibatch sizes, and background work over modes.
struct PairModel: GuidedModel {
    let grid: InferenceGrid
    var inference: SurfaceModel
    var background: SurfaceModel
    /// Modes at which the background was profiled: with another minibatch size it is the same profile.
    private var profiledModes: Set<Int> = []

    init(grid: InferenceGrid, inference: SurfaceModel, background: SurfaceModel) {
        self.grid = grid
        self.inference = inference
        self.background = background
    }

    var count: Int { grid.count }
    func index(of point: InferencePoint) -> Int? { grid.index(of: point) }
    func point(_ index: Int) -> InferencePoint { grid.point(index) }

    mutating func add(_ observation: PairObservation, at index: Int) {
        inference.add(index, milliseconds: observation.inferenceMilliseconds, watts: observation.inferenceWatts)
        let mode = index / grid.minibatches.count
        if profiledModes.insert(mode).inserted {
            background.add(
                mode, milliseconds: observation.backgroundMilliseconds, watts: observation.backgroundWatts)
        }
    }

    func expectation(at index: Int, budgetWatts: Double) -> FulcrumSearch.Step {
        let point = grid.point(index)
        let mode = index / grid.minibatches.count
        let within = Self.joint(
            inference.chance(within: budgetWatts, at: index), background.chance(within: budgetWatts, at: mode))
        return FulcrumSearch.Step(
            mode: point.mode, minibatch: point.minibatch, overBudgetChance: 1 - within,
            workloads: [inference.expectation(at: index), background.expectation(at: mode)])
    }

    /// Of the power of the workload that is the more doubtful there.
    mutating func informedness(about index: Int) -> [Double] {
        let sizes = grid.minibatches.count
        let (own, other) = (inference.power.expectation(at: index), background.power.expectation(at: index / sizes))
        guard other.mean + other.deviation > own.mean + own.deviation else {
            return inference.informedness(about: index)
        }
        let modes = background.informedness(about: index / sizes)
        return (0..<grid.count).map { modes[$0 / sizes] }
    }

    func completed(_ step: FulcrumSearch.Step, by observation: PairObservation) -> FulcrumSearch.Step {
        step.seeing([
            (observation.inferenceMilliseconds, observation.inferenceWatts),
            (observation.backgroundMilliseconds, observation.backgroundWatts),
        ])
    }

    /// The chance that both keep the budget. They run in the same mode, and what makes one hungrier makes the other so too: halfway, in
    /// the logarithm, between independent chances and the lower one alone.
    private static func joint(_ one: Double, _ other: Double) -> Double {
        min(one, other) * max(one, other).squareRoot()
    }

    /// Three values of a log-normal time with their weights: a Gauss-Hermite rule.
    private struct Times {
        static let weights = (outer: 1.0 / 6, inner: 2.0 / 3)
        let low: Double
        let middle: Double
        let high: Double

        init(mean: Double, deviation: Double) {
            middle = exp(mean)
            let factor = exp(1.732_050_807_568_877_2 * deviation)
            low = middle / factor
            high = middle * factor
        }
    }

    /// The gain is that of what the objective counts, in the mean over nine combinations of both times, of those that keep the
    /// limits. Where nothing is known that keeps them, the chance of keeping them counts first.
    mutating func assess(
        _ problem: PairProblem, over incumbent: PairObservation?, isProfiled: [Bool], _ choice: inout CandidateChoice
    ) -> Double {
        let beliefs = inference.beliefs()
        let behind = background.beliefs()
        let limit = log(max(problem.budgetWatts, 1e-9))
        let sizes = grid.minibatches.count
        let best = incumbent.map(problem.reached)
        let backgroundChances = behind.time.means.indices.map { behind.chance(within: limit, at: $0) }
        let backgroundTimes = behind.time.means.indices.map {
            Times(mean: behind.time.means[$0], deviation: behind.time.deviations[$0])
        }
        let longest = grid.minibatches.map { problem.inference.longestMilliseconds(minibatch: $0) }
        let quickest = behind.time.means.reduce(Double.infinity, min)
        for index in isProfiled.indices where !isProfiled[index] {
            let (mode, size) = index.quotientAndRemainder(dividingBy: sizes)
            let within = Self.joint(backgroundChances[mode], beliefs.chance(within: limit, at: index))
            var assessment = CandidateChoice.Assessment(gain: 0, overBudgetChance: 1 - within)
            if within > 1e-4 {
                let (mean, deviation) = (beliefs.time.means[index], beliefs.time.deviations[index])
                let minibatch = grid.minibatches[size]
                if let best {
                    let times = Times(mean: mean, deviation: deviation)
                    // The best that it could be tells most points apart.
                    if times.low <= longest[size],
                        problem.reachedWithin(turns(minibatch, times.low, backgroundTimes[mode].low)).upperBound > best
                    {
                        assessment.gain =
                            within * gain(problem, minibatch, times, background: backgroundTimes[mode], over: best)
                    }
                } else {
                    let served = NormalDistribution.below((log(max(longest[size], 1e-9)) - mean) / deviation)
                    // Then a large share of the window for the background, and a quick one.
                    let share = max(0.02, 1 - exp(mean) / (1000 * problem.windowSeconds(minibatch: minibatch)))
                    assessment.gain =
                        within * served * pow(share * exp(quickest - behind.time.means[mode]), Self.speedWeight)
                }
            }
            choice.offer(index, assessment)
        }
        return max(best ?? 1, 1e-9)
    }

    /// While nothing is known to keep the limits, how much speed counts beside the chance of keeping them.
    private static let speedWeight = 0.3

    private func turns(_ minibatch: Int, _ milliseconds: Double, _ background: Double) -> PairTurns {
        PairTurns(
            minibatch: minibatch, inferenceMilliseconds: milliseconds, backgroundMilliseconds: background,
            switchMilliseconds: 0)
    }

    private func gain(
        _ problem: PairProblem, _ minibatch: Int, _ times: Times, background: Times, over best: Double
    ) -> Double {
        func of(_ milliseconds: Double, _ beside: Double) -> Double {
            let turns = turns(minibatch, milliseconds, beside)
            return problem.isServed(turns) ? max(0, problem.reached(turns) - best) : 0
        }
        let (outer, inner) = Times.weights
        var gain = 0.0
        for (milliseconds, weight) in [(times.low, outer), (times.middle, inner), (times.high, outer)] {
            let beside =
                outer * (of(milliseconds, background.low) + of(milliseconds, background.high))
                + inner * of(milliseconds, background.middle)
            gain += weight * beside
        }
        return gain
    }
}
