public import Policy

/// One point of the swept axes with what the strategy made of it, all values as measured in the table.
public struct TrainConfiguration: Hashable, Sendable {
    /// The power budget, watts.
    public let budgetWatts: Double
    /// The row of the mode that the strategy answered with; nil where it gave none.
    public let answer: TrainingObservation?
    /// The fastest row within the budget; nil where the configuration has no solution.
    public let optimum: TrainingObservation?
    /// Modes that the strategy profiled.
    public let profiles: Int
    /// Profiled modes that drew more than the budget.
    public let overBudgetProfiles: Int
    /// Watts over the budget times seconds, over those profiles; see `minibatchesPerProfile`.
    public let overBudgetWattSeconds: Double

    /// A profile of one mode runs about this many minibatches, in the papers and here.
    public static let minibatchesPerProfile = 40.0

    /// Whether the answer draws more than the budget.
    public var violatesPower: Bool {
        answer.map { !TrainProblem(budgetWatts: budgetWatts).isFeasible($0) } ?? false
    }

    /// How much longer the answer's minibatch takes than the optimum's, percent; nil without an answer that meets the budget.
    public var excessPercent: Double? {
        guard let answer, let optimum, !violatesPower else { return nil }
        return (answer.minibatchMilliseconds / optimum.minibatchMilliseconds - 1) * 100
    }
}
