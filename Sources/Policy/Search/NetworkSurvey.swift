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

    /// The points in the order in which they are profiled.
    public let points: [Problem.Observation.Point]
    private let choices: [Problem.Observation.Point]
    private let schedule: NetworkBaselineSchedule
    private let seed: UInt64
    private var trained: (on: [Problem.Observation], answers: ParetoFront<Problem>)?

    private init(
        points: [Problem.Observation.Point], choices: [Problem.Observation.Point], schedule: NetworkBaselineSchedule,
        seed: UInt64
    ) {
        var met: Set<Problem.Observation.Point> = []
        self.points = points.filter { met.insert($0).inserted }
        self.choices = choices
        self.schedule = schedule
        self.seed = seed
    }

    /// The first point that is not observed; then trains the networks, once, which takes seconds to minutes by the schedule. Fails
    /// where the profiles do not suffice to train them.
    public mutating func next(observed: Observed<Problem.Observation>) -> SurveyStep<Problem> {
        var observations: [Problem.Observation] = []
        observations.reserveCapacity(points.count)
        for point in points {
            guard let observation = observed[point] else { return .profile(point) }
            observations.append(observation)
        }
        if let trained, trained.on == observations { return .finished(trained.answers) }
        do throws(PredictionError) {
            let answers = ParetoFront<Problem>(
                try Problem.Observation.predicted(at: choices, from: observations, schedule: schedule, seed: seed))
            trained = (observations, answers)
            return .finished(answers)
        } catch {
            return .failed(reason: error.description)
        }
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
            case .grid: grid.allModes
            case .profiledModes: modes
            case .points(let points): points
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
        func points(_ modes: [PowerMode]) -> [InferencePoint] {
            modes.flatMap { mode in grid.minibatches.map { InferencePoint(mode: mode, minibatch: $0) } }
        }
        let choices =
            switch choice {
            case .grid: points(grid.modes.allModes)
            case .profiledModes: points(modes)
            case .points(let points): points
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
