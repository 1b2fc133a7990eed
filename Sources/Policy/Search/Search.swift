/// The next thing a search wants.
public enum SearchStep<Observation: Policy.Observation>: Hashable, Sendable {
    /// Measure this point, then ask again.
    case profile(Observation.Point)
    /// The search is over; nil where nothing that it knows of meets the limits. A strategy that answers from predictions gives
    /// predicted values.
    case answer(Observation?)
}

/// A strategy for one problem.
///
/// What `next` returns depends on what was observed and on the strategy's own parameters (its seed among them) alone, so a
/// search can be resumed after a restart, and started for another budget, from the stored observations; a point met again
/// costs nothing. It is mutating so that a strategy may keep what it computed on the way; it must not keep anything else.
public protocol Search<Problem>: Sendable {
    /// The problem that it solves.
    associatedtype Problem: PlanningProblem

    /// The step that follows from `observed`. Observations of points that this search would not have profiled are used only
    /// where the strategy says so.
    mutating func next(observed: Observed<Problem.Observation>) -> SearchStep<Problem.Observation>
}

/// A strategy that profiles the same points whatever the budgets are, and can then answer any number of problems.
///
/// The rule for `next` is that of `Search`.
public protocol Survey<Problem>: Sendable {
    /// The kind of problem that it prepares for.
    associatedtype Problem: PlanningProblem

    /// The step that follows from `observed`.
    mutating func next(observed: Observed<Problem.Observation>) -> SurveyStep<Problem>
}

/// The next thing a survey wants.
public enum SurveyStep<Problem: PlanningProblem>: Sendable {
    /// Measure this point, then ask again.
    case profile(Problem.Observation.Point)
    /// The survey is over; this answers.
    case finished(any Answers<Problem>)
    /// The survey is over and cannot answer: why, as a sentence.
    case failed(reason: String)
}

/// Something that can answer any problem of a kind without another profile.
public protocol Answers<Problem>: Sendable {
    /// The kind of problem.
    associatedtype Problem: PlanningProblem

    /// The best point that it knows of, with the values it knows (measured or predicted); nil where none meets the limits.
    func answer(_ problem: Problem) -> Problem.Observation?
}

/// Answers with the best of what was measured.
public struct ObservedAnswers<Problem: PlanningProblem>: Answers {
    /// What was measured.
    public let observations: [Problem.Observation]

    /// Answers from `observations`.
    public init(_ observations: [Problem.Observation]) {
        self.observations = observations
    }

    /// The exact optimum over what was measured. O(n).
    public func answer(_ problem: Problem) -> Problem.Observation? { problem.optimum(over: observations) }
}

/// A survey used for one problem.
public struct SurveySearch<Surveyor: Survey>: Search {
    /// The kind of problem that the survey prepares for.
    public typealias Problem = Surveyor.Problem

    private var survey: Surveyor
    private let problem: Problem
    /// Why the survey cannot answer, as a sentence; nil where it can, or is not over.
    public private(set) var failure: String?

    /// Runs `survey`, then answers `problem`.
    public init(_ survey: Surveyor, problem: Problem) {
        self.survey = survey
        self.problem = problem
    }

    /// The survey's step, or its answer.
    public mutating func next(observed: Observed<Problem.Observation>) -> SearchStep<Problem.Observation> {
        failure = nil
        switch survey.next(observed: observed) {
        case .profile(let point): return .profile(point)
        case .finished(let answers): return .answer(answers.answer(problem))
        case .failed(let reason):
            failure = reason
            return .answer(nil)
        }
    }
}
