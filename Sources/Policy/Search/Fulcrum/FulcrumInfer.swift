extension FulcrumSearch {
    /// The strategy for an inference alone.
    public struct Infer: Search {
        /// The problem that it solves.
        public typealias Problem = InferProblem

        private var walk: GuidedWalk<InferModel>

        /// A search of `grid` from `priors`, which must be those of that grid. Without priors (the grid is too large) it profiles
        /// nothing.
        public init(
            grid: InferenceGrid, problem: InferProblem, priors: SurfacePriors?, settings: Settings = Settings()
        ) {
            let model = priors.flatMap {
                $0.count == grid.count ? InferModel(grid: grid, surfaces: SurfaceModel($0)) : nil
            }
            walk = GuidedWalk(model, problem: problem, settings: settings)
        }

        /// What each profile taken so far was expected to show and showed, oldest first.
        public var steps: [Step] { walk.steps }

        /// The next point, or the best observed one. O(points * profiles) per profile.
        public mutating func next(observed: Observed<InferenceObservation>) -> SearchStep<InferenceObservation> {
            walk.next(observed: observed)
        }
    }
}

extension InferenceGrid {
    /// The place of a point, sizes fastest; nil off the grid.
    func index(of point: InferencePoint) -> Int? {
        guard let mode = modes.index(of: point.mode), let size = minibatches.firstIndex(of: point.minibatch) else {
            return nil
        }
        return mode * minibatches.count + size
    }

    /// The point at a place.
    func point(_ index: Int) -> InferencePoint {
        let (mode, size) = index.quotientAndRemainder(dividingBy: minibatches.count)
        return InferencePoint(mode: modes.mode(mode), minibatch: minibatches[size])
    }
}

/// An inference, over modes and minibatch sizes.
struct InferModel: GuidedModel {
    let grid: InferenceGrid
    var surfaces: SurfaceModel

    var count: Int { grid.count }
    func index(of point: InferencePoint) -> Int? { grid.index(of: point) }
    func point(_ index: Int) -> InferencePoint { grid.point(index) }

    mutating func add(_ observation: InferenceObservation, at index: Int) {
        surfaces.add(index, milliseconds: observation.minibatchMilliseconds, watts: observation.powerWatts)
    }

    func expectation(at index: Int, budgetWatts: Double) -> FulcrumSearch.Step {
        let point = grid.point(index)
        return FulcrumSearch.Step(
            mode: point.mode, minibatch: point.minibatch,
            overBudgetChance: 1 - surfaces.chance(within: budgetWatts, at: index),
            workloads: [surfaces.expectation(at: index)])
    }

    mutating func informedness(about index: Int) -> [Double] { surfaces.informedness(about: index) }

    func completed(_ step: FulcrumSearch.Step, by observation: InferenceObservation) -> FulcrumSearch.Step {
        step.seeing([(observation.minibatchMilliseconds, observation.powerWatts)])
    }

    /// Times that serve the requests.
    mutating func assess(
        _ problem: InferProblem, over incumbent: InferenceObservation?, isProfiled: [Bool],
        _ choice: inout CandidateChoice
    ) -> Double {
        let longest = grid.minibatches.map { problem.longestMilliseconds(minibatch: $0) }
        surfaces.assessTimes(
            within: problem.budgetWatts, over: incumbent?.minibatchMilliseconds,
            upTo: { longest[$0 % longest.count] }, isProfiled: isProfiled, &choice)
        return 1
    }
}

extension InferProblem {
    /// The longest time of a minibatch of `minibatch` requests that serves them, milliseconds: min(L - b/a, b/a).
    func longestMilliseconds(minibatch: Int) -> Double {
        let window = Double(minibatch) / ratePerSecond
        return 1000 * min(latencySeconds - window, window)
    }
}
