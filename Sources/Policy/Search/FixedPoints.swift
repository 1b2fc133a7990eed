/// Profiles a list of points, whatever the limits are, and answers with the best of them: random draws, the presets of a board
/// and its highest mode (MAXN) are baselines of Fulcrum (arXiv 2509.20205).
public struct FixedPoints<Problem: PlanningProblem>: Survey {
    /// The points in the order in which they are profiled.
    public let points: [Problem.Observation.Point]

    /// Takes `points` in their order; repeats are dropped.
    public init(points: some Sequence<Problem.Observation.Point>) {
        var met: Set<Problem.Observation.Point> = []
        self.points = points.filter { met.insert($0).inserted }
    }

    /// The first point that is not observed; then answers from the listed points alone. O(points).
    public func next(observed: Observed<Problem.Observation>) -> SurveyStep<Problem> {
        var observations: [Problem.Observation] = []
        observations.reserveCapacity(points.count)
        for point in points {
            guard let observation = observed[point] else { return .profile(point) }
            observations.append(observation)
        }
        return .finished(ObservedAnswers(observations))
    }
}

extension FixedPoints where Problem.Observation.Point == PowerMode {
    /// MAXN: the highest mode of `grid`.
    public static func highest(of grid: ModeGrid) -> Self { Self(points: [grid.highest]) }
}

extension FixedPoints where Problem.Observation.Point == InferencePoint {
    /// The modes in their order, each with all minibatch sizes, as the presets of a board are tried.
    public init(modes: some Sequence<PowerMode>, minibatches: [Int]) {
        self.init(
            points: modes.lazy.flatMap { mode in minibatches.map { InferencePoint(mode: mode, minibatch: $0) } })
    }

    /// MAXN: the highest mode of `grid` with all minibatch sizes.
    public static func highest(of grid: InferenceGrid) -> Self {
        Self(modes: [grid.modes.highest], minibatches: grid.minibatches)
    }
}
