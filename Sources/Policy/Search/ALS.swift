/// ALS, active learning (Fulcrum, arXiv 2509.20205, strategy ALS): profiles a few points, learns time and power surrogates from
/// them, profiles the points that look Pareto-optimal, learns again, and so on; then answers from the observed Pareto front. The
/// front serves every budget, rate and latency, so one survey prepares a workload, or a pair, for all of them.
///
/// It starts with the lowest and the highest mode, for a pair or an inference each with the smallest, the middle and the largest
/// minibatch size, and goes on up to `initialCount` with points far from each other, by the seed. Each round of `roundCount`
/// points is then chosen at once, on surrogates that learned everything before it: those that lie on the predicted Pareto front
/// and would improve the observed one the most (`ALSSelection`).
///
/// Differs from the paper in: its surrogates are neural networks; here they are Gaussian processes (`ALSSurrogate`), which need
/// milliseconds where networks need seconds, and predict better from 50 points. The paper leaves open the initial count, the
/// size of a round and how points are spread over the front; the choices here were made on the papers' tables. A point whose
/// profile is an outlier among all others does not mislead the surrogates; as in the paper the answers trust it, see
/// `doubtful(among:)`.
///
/// A profile that was repeated with another result leads to other points from there on. As nothing tells a survey's own earlier
/// points from others', all observed points of the grid count towards `profileLimit`: where it would ask for one more than that,
/// it is over and answers from them all.
public struct ALS<Problem: PlanningProblem>: Survey where Problem.Observation: ALSObservation {
    /// A grid with more points than this is not surveyed: `next` fails.
    public static var pointLimit: Int { SurveyGridLimit.points }

    /// The most points that it profiles: it asks for none where so many points of the grid were observed.
    public let profileLimit: Int
    /// What the random initial points follow from.
    public let seed: UInt64

    /// Points that are profiled before the first surrogates, at the most.
    public let initialCount: Int
    /// Points that are chosen with the same surrogates.
    public let roundCount: Int

    let grid: ALSGrid
    private let goals: ALSGoals
    private var progress = Progress()

    /// What follows from the seed and from observations in the order in which they were asked for.
    private struct Progress: Sendable {
        /// All points asked for so far, in order, by number.
        var planned: [Int] = []
        /// What was observed of the first of them.
        var measured: [ALSMeasurement] = []
        var generator: SeededGenerator?
    }

    init(grid: ALSGrid, goals: ALSGoals, seed: UInt64, profileLimit: Int, initialCount: Int, roundCount: Int) {
        self.grid = grid
        self.goals = goals
        self.seed = seed
        self.profileLimit = max(profileLimit, 0)
        self.initialCount = max(initialCount, 1)
        self.roundCount = max(roundCount, 1)
    }

    /// The next point of the current round; after `profileLimit` points, or all of the grid, the Pareto front of these points.
    /// Observations of other points of the grid play no part but where they use up the limit: then the front is that of all.
    /// Fails where the grid has more than `pointLimit` points.
    ///
    /// A value that did not see the survey's earlier steps repeats them from `observed`. O(profileLimit^3 + points *
    /// profileLimit) per round, points being all of the grid: 18,096 modes with five sizes take a second per survey.
    public mutating func next(observed: Observed<Problem.Observation>) -> SurveyStep<Problem> {
        for (index, measured) in zip(progress.planned, progress.measured) {
            guard let observation = observed[point(index)], ALSMeasurement(observation) == measured else {
                // Another workload's observations, or a point was measured again.
                progress = Progress()
                break
            }
        }
        if let reason = SurveyGridLimit.refusal(of: grid.count) { return .failed(reason: reason) }
        while true {
            while progress.measured.count < progress.planned.count {
                let point = point(progress.planned[progress.measured.count])
                guard let observation = observed[point] else {
                    guard let all = exhausted(observed) else { return .profile(point) }
                    return .finished(ParetoFront<Problem>(all))
                }
                progress.measured.append(ALSMeasurement(observation))
            }
            let room = min(profileLimit, grid.count) - progress.planned.count
            guard room > 0 else {
                return .finished(ParetoFront<Problem>(progress.planned.compactMap { observed[point($0)] }))
            }
            plan(room)
        }
    }

    /// The observations of the grid where they are as many as may be profiled; nil where they are fewer. O(observations).
    private func exhausted(_ observed: Observed<Problem.Observation>) -> [Problem.Observation]? {
        guard observed.all.count >= profileLimit else { return nil }
        let known = observed.all.filter { index($0) != nil }
        return known.count >= profileLimit ? known : nil
    }

    /// The observations of the grid whose time or power does not fit to all others: by more than four standard deviations of
    /// what the others predict for it, and by more than a quarter. Worth a second look before an answer relies on one. None where
    /// the grid has more than `pointLimit` points. O(n^3).
    public func doubtful(among observed: Observed<Problem.Observation>) -> [Problem.Observation] {
        guard grid.count <= Self.pointLimit else { return [] }
        let known = observed.all.compactMap { observation in index(observation).map { (index: $0, observation) } }
            .sorted { $0.index < $1.index }
        let model = ALSModel(
            grid: grid, indices: known.map(\.index), measurements: known.map { ALSMeasurement($0.1) },
            isAccompanied: Problem.Observation.isAccompanied)
        let found = model?.doubtful ?? []
        return known.filter { found.contains($0.index) }.map(\.1)
    }

    private func point(_ index: Int) -> Problem.Observation.Point {
        Problem.Observation.point(mode: grid.mode(index), minibatch: grid.minibatch(index))
    }

    /// The number of the observation's point; nil where it is not on the grid.
    private func index(_ observation: Problem.Observation) -> Int? {
        let mode = observation.mode
        let values = [mode.cores, mode.cpuKHz, mode.gpuHz, mode.emcHz, observation.paretoClass]
        var places: [Int] = []
        for (axis, value) in zip(grid.axes, values) {
            guard let place = axis.firstIndex(of: value) else { return nil }
            places.append(place)
        }
        return grid.index(places)
    }

    // MARK: Planning

    /// Adds at least one and at most `room` points.
    private mutating func plan(_ room: Int) {
        var generator = progress.generator ?? SeededGenerator(seed: seed)
        var isPlanned = Array(repeating: false, count: grid.count)
        for index in progress.planned { isPlanned[index] = true }
        var chosen: [Int] = []
        func choose(_ index: Int) {
            guard chosen.count < room, !isPlanned[index] else { return }
            isPlanned[index] = true
            chosen.append(index)
        }

        if progress.planned.isEmpty {
            for index in grid.corners { choose(index) }
            while chosen.count < min(initialCount, room), let index = grid.remote(from: chosen, using: &generator) {
                choose(index)
            }
        } else if let model = ALSModel(
            grid: grid, indices: progress.planned, measurements: progress.measured,
            isAccompanied: Problem.Observation.isAccompanied)
        {
            var selection = ALSSelection(
                costs: model.costs, isObserved: isPlanned, classes: grid.minibatches.count, goals: goals)
            while chosen.count < roundCount, let index = selection?.next() { choose(index) }
        }
        if chosen.isEmpty {
            // Nothing can be learned, or gained by what was learned: points at random.
            for index in generator.sample(roundCount, of: isPlanned.indices.filter { !isPlanned[$0] }) { choose(index) }
        }
        progress.generator = generator
        progress.planned += chosen
    }
}

extension ALS where Problem.Observation.Point == PowerMode {
    /// A survey of `grid` for a training: 50 modes in the paper.
    public init(
        grid: ModeGrid, seed: UInt64, profileLimit: Int = 50, initialCount: Int = 15, roundCount: Int = 5
    ) {
        self.init(
            grid: ALSGrid(modes: grid, minibatches: [0]), goals: .training, seed: seed, profileLimit: profileLimit,
            initialCount: initialCount, roundCount: roundCount)
    }
}

extension ALS where Problem.Observation.Point == InferencePoint {
    /// A survey of `grid` for an inference, or a pair: about 150 points in the paper.
    public init(
        grid: InferenceGrid, seed: UInt64, profileLimit: Int = 150, initialCount: Int = 30, roundCount: Int = 10
    ) {
        self.init(
            grid: ALSGrid(modes: grid.modes, minibatches: grid.minibatches),
            goals: Problem.Observation.isAccompanied ? .pair : .inference, seed: seed, profileLimit: profileLimit,
            initialCount: initialCount, roundCount: roundCount)
    }
}
