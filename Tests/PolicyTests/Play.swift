import Policy

/// Runs a search from nothing: its answer, and what it profiled. Nil where it asks for a point that was not measured, or twice
/// for the same.
func play<Problem: PlanningProblem>(
    _ start: any Search<Problem>, _ measured: (Problem.Observation.Point) -> Problem.Observation?
) -> (profiled: Observed<Problem.Observation>, answer: Problem.Observation?)? {
    var search = start
    var observed = Observed<Problem.Observation>()
    while true {
        switch search.next(observed: observed) {
        case .answer(let answer): return (observed, answer)
        case .profile(let point):
            guard observed[point] == nil, let observation = measured(point) else { return nil }
            observed.record(observation)
        }
    }
}
