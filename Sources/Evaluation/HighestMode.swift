import Policy

/// MAXN as it is used: the board stays in its highest mode whatever the power budget is, at the minibatch size that is best there.
/// So its answers can be over the budget.
struct HighestMode<Problem: EvaluatedProblem>: Survey {
    /// The highest mode, at each minibatch size.
    let points: FixedPoints<Problem>

    private struct Answering: Answers {
        let observations: [Problem.Observation]

        func answer(_ problem: Problem) -> Problem.Observation? {
            problem.optimum(over: observations) ?? problem.ignoringPower.optimum(over: observations)
        }
    }

    mutating func next(observed: Observed<Problem.Observation>) -> SurveyStep<Problem> {
        switch points.next(observed: observed) {
        case .profile(let point): .profile(point)
        case .failed(let reason): .failed(reason: reason)
        case .finished: .finished(Answering(observations: points.points.compactMap { observed[$0] }))
        }
    }
}
