extension FulcrumSearch {
    /// The strategy for a training alone.
    public struct Train: Search {
        /// The problem that it solves.
        public typealias Problem = TrainProblem

        private var walk: GuidedWalk<TrainModel>

        /// A search of `grid` from `priors`, which must be those of that grid. Without priors (the grid is too large) it profiles
        /// nothing.
        public init(grid: ModeGrid, problem: TrainProblem, priors: SurfacePriors?, settings: Settings = Settings()) {
            let model = priors.flatMap {
                $0.count == grid.count ? TrainModel(grid: grid, surfaces: SurfaceModel($0)) : nil
            }
            walk = GuidedWalk(model, problem: problem, settings: settings)
        }

        /// A search that starts from what `references` took and drew. O(modes * references).
        public init(
            grid: ModeGrid, problem: TrainProblem, references: [ReferenceWorkload], settings: Settings = Settings()
        ) {
            self.init(
                grid: grid, problem: problem, priors: SurfacePriors(training: grid, references: references),
                settings: settings)
        }

        /// What each profile taken so far was expected to show and showed, oldest first.
        public var steps: [Step] { walk.steps }

        /// What a profile of `mode` would be expected to show now; nil off the grid.
        public func expectation(of mode: PowerMode) -> Step? { walk.expectation(of: mode) }

        /// The next mode, or the fastest observed one within the budget. O(modes * profiles) per profile.
        public mutating func next(observed: Observed<TrainingObservation>) -> SearchStep<TrainingObservation> {
            walk.next(observed: observed)
        }
    }
}

/// A training, over modes.
struct TrainModel: GuidedModel {
    let grid: ModeGrid
    var surfaces: SurfaceModel

    var count: Int { grid.count }
    func index(of point: PowerMode) -> Int? { grid.index(of: point) }
    func point(_ index: Int) -> PowerMode { grid.mode(index) }

    mutating func add(_ observation: TrainingObservation, at index: Int) {
        surfaces.add(index, milliseconds: observation.minibatchMilliseconds, watts: observation.powerWatts)
    }

    func expectation(at index: Int, budgetWatts: Double) -> FulcrumSearch.Step {
        FulcrumSearch.Step(
            mode: grid.mode(index), minibatch: nil,
            overBudgetChance: 1 - surfaces.chance(within: budgetWatts, at: index),
            workloads: [surfaces.expectation(at: index)])
    }

    mutating func informedness(about index: Int) -> [Double] { surfaces.informedness(about: index) }

    func completed(_ step: FulcrumSearch.Step, by observation: TrainingObservation) -> FulcrumSearch.Step {
        step.seeing([(observation.minibatchMilliseconds, observation.powerWatts)])
    }

    /// Any time will do.
    mutating func assess(
        _ problem: TrainProblem, over incumbent: TrainingObservation?, isProfiled: [Bool],
        _ choice: inout CandidateChoice
    ) -> Double {
        surfaces.assessTimes(
            within: problem.budgetWatts, over: incumbent?.minibatchMilliseconds, upTo: { _ in .infinity },
            isProfiled: isProfiled, &choice)
        return 1
    }
}

extension FulcrumSearch.Step {
    /// With times (ms) and powers (W) that were measured, in the order of the workloads.
    func seeing(_ values: [(milliseconds: Double, watts: Double)]) -> FulcrumSearch.Step {
        var step = self
        for (index, value) in values.enumerated() where step.workloads.indices.contains(index) {
            step.workloads[index].measuredMilliseconds = value.milliseconds
            step.workloads[index].measuredWatts = value.watts
        }
        return step
    }
}
