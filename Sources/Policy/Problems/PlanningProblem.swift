/// One question with fixed budgets: which of the observed points is the best that keeps all limits?
public protocol PlanningProblem: Hashable, Sendable {
    /// What is known of a point.
    associatedtype Observation: Policy.Observation

    /// The power budget P, watts. A power equal to it is within it.
    var budgetWatts: Double { get }

    /// Whether the point keeps all limits. False where a value that a limit needs is not a number.
    func isFeasible(_ observation: Observation) -> Bool

    /// Whether `left` is better than `right`; a strict total order over observations of different points whose values are
    /// numbers, so that no answer depends on the order in which they were made.
    func precedes(_ left: Observation, _ right: Observation) -> Bool
}

extension PlanningProblem {
    /// The best feasible observation, nil where none is feasible. O(n).
    ///
    /// Inlinable, so that a caller in another module does not go through the witnesses of each element.
    @inlinable public func optimum(over observations: some Sequence<Observation>) -> Observation? {
        var best: Observation?
        for candidate in observations where isFeasible(candidate) {
            if let incumbent = best, !precedes(candidate, incumbent) { continue }
            best = candidate
        }
        return best
    }
}
