/// The Train problem: minimise the time of a training minibatch subject to a power budget, t_tr(pm) -> min with
/// P_tr(pm) <= P (Fulcrum, arXiv 2509.20205, its training-only problem).
public struct TrainProblem: PlanningProblem {
    /// The power budget P, watts. A power equal to it is within it.
    public var budgetWatts: Double

    /// Poses the problem for one budget, in watts.
    public init(budgetWatts: Double) {
        self.budgetWatts = budgetWatts
    }

    /// Whether the mode of `observation` meets the budget. False where a value is not a finite number.
    public func isFeasible(_ observation: TrainingObservation) -> Bool {
        // A time that is not a number would compare as neither better nor worse, and win by coming first.
        observation.powerWatts <= budgetWatts && observation.powerWatts.isFinite
            && observation.minibatchMilliseconds.isFinite
    }

    /// The faster one; ties go to the lower power, then to the lower mode.
    public func precedes(_ left: TrainingObservation, _ right: TrainingObservation) -> Bool {
        (left.minibatchMilliseconds, left.powerWatts, left.mode)
            < (right.minibatchMilliseconds, right.powerWatts, right.mode)
    }
}
