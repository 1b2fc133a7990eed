/// NNk, the network baseline of Fulcrum (arXiv 2509.20205): profiles k random modes, trains networks on them, and answers from what
/// the networks predict for all modes. What is predicted to be within a budget may not be: its answers can violate every limit.
///
/// Differs from the paper in: it chooses among all modes of the grid, the authors for an inference among the drawn ones only,
/// which `choice` can ask for too.
public struct NetworkSurvey<Problem: PlanningProblem>: Survey where Problem.Observation: NetworkPredicted {
    /// What the answers are chosen from.
    public enum Choice: Hashable, Sendable {
        /// All points of the grid.
        case grid
        /// The profiled modes with all minibatch sizes.
        case profiledModes
        /// These points.
        case points([Problem.Observation.Point])
    }

    /// More points than this to choose from are refused: `next` fails.
    public static var pointLimit: Int { SurveyGridLimit.points }

    /// The points in the order in which they are profiled.
    public let points: [Problem.Observation.Point]
    private let choices: Choices
    private let schedule: NetworkBaselineSchedule
    private let seed: UInt64
    private var trained: (on: [Problem.Observation], outcome: SurveyStep<Problem>)?

    /// What the answers are chosen from, listed when it is needed: a grid can be too large for that.
    private struct Choices: Sendable {
        let count: Int
        let list: @Sendable () -> [Problem.Observation.Point]
    }

    private init(
        points: [Problem.Observation.Point], choices: Choices, schedule: NetworkBaselineSchedule, seed: UInt64
    ) {
        var met: Set<Problem.Observation.Point> = []
        self.points = points.filter { met.insert($0).inserted }
        self.choices = choices
        self.schedule = schedule
        self.seed = seed
    }

    /// The first point that is not observed; then trains the networks, once, which takes seconds to minutes by the schedule. Fails
    /// where the profiles do not suffice to train them, and before the first profile where there are more than `pointLimit` points
    /// to choose from.
    public mutating func next(observed: Observed<Problem.Observation>) -> SurveyStep<Problem> {
        if let reason = SurveyGridLimit.refusal(of: choices.count) { return .failed(reason: reason) }
        var observations: [Problem.Observation] = []
        observations.reserveCapacity(points.count)
        for point in points {
            guard let observation = observed[point] else { return .profile(point) }
            observations.append(observation)
        }
        if let trained, trained.on.count == observations.count,
            zip(trained.on, observations).allSatisfy({ $0.isIdentical(to: $1) })
        {
            return trained.outcome
        }
        let outcome: SurveyStep<Problem>
        do throws(PredictionError) {
            outcome = .finished(
                ParetoFront<Problem>(
                    try Problem.Observation.predicted(
                        at: choices.list(), from: observations, schedule: schedule, seed: seed)))
        } catch {
            outcome = .failed(reason: error.description)
        }
        trained = (observations, outcome)
        return outcome
    }
}

extension NetworkSurvey where Problem.Observation.Point == PowerMode {
    /// Profiles the given modes.
    public init(
        grid: ModeGrid, profiling modes: [PowerMode], choice: Choice = .grid,
        schedule: NetworkBaselineSchedule = .paper,
        seed: UInt64
    ) {
        let choices =
            switch choice {
            case .grid: Choices(count: grid.count) { grid.allModes }
            case .profiledModes: Choices(count: modes.count) { modes }
            case .points(let points): Choices(count: points.count) { points }
            }
        self.init(points: modes, choices: choices, schedule: schedule, seed: seed)
    }

    /// Profiles `count` different modes of `grid`, drawn by the seed.
    public init(
        grid: ModeGrid, count: Int, choice: Choice = .grid, schedule: NetworkBaselineSchedule = .paper, seed: UInt64
    ) {
        var generator = SeededGenerator(seed: seed)
        let modes = grid.randomModes(count, using: &generator)
        self.init(grid: grid, profiling: modes, choice: choice, schedule: schedule, seed: generator.next())
    }
}

extension NetworkSurvey where Problem.Observation.Point == InferencePoint {
    /// Profiles the given modes, each with all minibatch sizes.
    public init(
        grid: InferenceGrid, profiling modes: [PowerMode], choice: Choice = .grid,
        schedule: NetworkBaselineSchedule = .paper, seed: UInt64
    ) {
        @Sendable func points(_ modes: [PowerMode]) -> [InferencePoint] {
            modes.flatMap { mode in grid.minibatches.map { InferencePoint(mode: mode, minibatch: $0) } }
        }
        let choices =
            switch choice {
            case .grid: Choices(count: grid.count) { points(grid.modes.allModes) }
            case .profiledModes:
                Choices(count: saturatingProduct(modes.count, grid.minibatches.count)) { points(modes) }
            case .points(let points): Choices(count: points.count) { points }
            }
        self.init(points: points(modes), choices: choices, schedule: schedule, seed: seed)
    }

    /// Profiles `count` different modes of `grid`, drawn by the seed, each with all minibatch sizes.
    public init(
        grid: InferenceGrid, count: Int, choice: Choice = .grid, schedule: NetworkBaselineSchedule = .paper,
        seed: UInt64
    ) {
        var generator = SeededGenerator(seed: seed)
        let modes = grid.modes.randomModes(count, using: &generator)
        self.init(grid: grid, profiling: modes, choice: choice, schedule: schedule, seed: generator.next())
    }

    /// Profiles the given points, such as fewer than all sizes of a mode.
    public init(
        grid: InferenceGrid, profiling points: [InferencePoint], choice: Choice = .grid,
        schedule: NetworkBaselineSchedule = .paper, seed: UInt64
    ) {
        var met: Set<PowerMode> = []
        let modes = points.map(\.mode).filter { met.insert($0).inserted }
        let choices = Self(grid: grid, profiling: modes, choice: choice, schedule: schedule, seed: seed).choices
        self.init(points: points, choices: choices, schedule: schedule, seed: seed)
    }
}
