public import Policy

/// A strategy that can be run on a table.
public struct Strategy<Problem: PlanningProblem>: Sendable {
    /// How it comes to its answers.
    public enum Way: Sendable {
        /// Reads the whole table and profiles nothing: what the others are measured against.
        case optimum
        /// Searches anew for each configuration.
        case search(@Sendable (Problem) -> any Search<Problem>)
        /// Profiles once and then answers all configurations.
        case survey(any Survey<Problem>)
    }

    /// What the summary calls it.
    public let name: String
    /// How it comes to its answers.
    public let way: Way
    /// Whether it answers with points that it did not profile.
    public let isPredicting: Bool

    /// Names a strategy.
    public init(name: String, _ way: Way, isPredicting: Bool = false) {
        self.name = name
        self.way = way
        self.isPredicting = isPredicting
    }
}

/// A measured table that answers profiles as the board would, for one strategy.
struct PlayedTable<Table: MeasuredTable> {
    let table: Table
    let strategy: String
    private(set) var observed = Observed<Table.Observation>()

    init(_ table: Table, strategy: String) {
        self.table = table
        self.strategy = strategy
    }

    /// Plays a search to its answer, with measured values whatever the search believes: it may answer with what it predicted.
    mutating func answer<Problem: PlanningProblem>(
        of start: any Search<Problem>
    ) throws(EvaluationError) -> Table.Observation? where Problem.Observation == Table.Observation {
        var search = start
        while true {
            switch search.next(observed: observed) {
            case .profile(let point): try profile(point)
            case .answer(let answer): return try measured(answer)
            }
        }
    }

    /// Plays a survey to its end.
    mutating func answers<Problem: PlanningProblem>(
        of start: any Survey<Problem>
    ) throws(EvaluationError) -> any Answers<Problem> where Problem.Observation == Table.Observation {
        var survey = start
        while true {
            switch survey.next(observed: observed) {
            case .profile(let point): try profile(point)
            case .finished(let answers): return answers
            case .failed(let reason): throw EvaluationError("Strategy \(strategy) cannot answer: \(reason)")
            }
        }
    }

    /// The measured row of an answer.
    func measured(_ answer: Table.Observation?) throws(EvaluationError) -> Table.Observation? {
        guard let answer else { return nil }
        return try row(answer.point, "answer with")
    }

    /// Profiles one point.
    mutating func profile(_ point: Table.Observation.Point) throws(EvaluationError) {
        // The strategy would wait for ever for what it was already told.
        guard observed[point] == nil else {
            throw EvaluationError("Strategy \(strategy) asked for \(point) twice. Report this fault.")
        }
        observed.record(try row(point, "profile"))
    }

    private func row(_ point: Table.Observation.Point, _ use: String) throws(EvaluationError) -> Table.Observation {
        guard let row = table[point] else {
            throw EvaluationError(
                "\(table.file): The table has no row for \(point), which strategy \(strategy) wants to \(use). "
                    + "Use a table that has each combination of its values.")
        }
        return row
    }
}
