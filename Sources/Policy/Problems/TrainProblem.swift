/// The Train problem: minimise the time of a training minibatch subject to a power budget, t_tr(pm) -> min with
/// P_tr(pm) <= P (Fulcrum, arXiv 2509.20205, its training-only problem).
public struct TrainProblem: Hashable, Sendable {
    /// The power budget P, watts. A power equal to it is within it.
    public var budgetWatts: Double

    /// Poses the problem for one budget, in watts.
    public init(budgetWatts: Double) {
        self.budgetWatts = budgetWatts
    }

    /// Whether the mode of `observation` meets the budget. False where the power or the budget is not a number.
    public func isFeasible(_ observation: TrainingObservation) -> Bool {
        observation.powerWatts <= budgetWatts
    }

    /// The fastest feasible observation, nil where none is feasible. Ties go to the lower power, then to the lower mode:
    /// a total order, so the answer does not depend on the order of `observations`. O(n).
    public func optimum(over observations: some Sequence<TrainingObservation>) -> TrainingObservation? {
        var best: TrainingObservation?
        // A time that is not a number would compare as neither better nor worse, and win by coming first.
        for candidate in observations where isFeasible(candidate) && !candidate.minibatchMilliseconds.isNaN {
            if let incumbent = best, !precedes(candidate, incumbent) { continue }
            best = candidate
        }
        return best
    }

    private func precedes(_ left: TrainingObservation, _ right: TrainingObservation) -> Bool {
        (left.minibatchMilliseconds, left.powerWatts, left.mode)
            < (right.minibatchMilliseconds, right.powerWatts, right.mode)
    }
}
