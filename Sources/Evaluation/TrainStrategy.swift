public import Policy

/// The strategies that `evaluate train` can run: `--strategy`.
public enum TrainStrategy: String, CaseIterable, Sendable {
    /// The exact optimum: reads the whole table, profiles nothing. What the others are measured against.
    case optimum
    /// GMD of the Fulcrum paper.
    case gmd

    /// The strategy of that name, or an error that lists the names.
    public init(named name: String) throws(EvaluationError) {
        guard let strategy = Self(rawValue: name) else {
            let names = Self.allCases.map(\.rawValue).joined(separator: ", ")
            throw EvaluationError("There is no strategy \(name.debugDescription) for train. Choose one of: \(names).")
        }
        self = strategy
    }

    /// A search of `grid` under a budget in watts; nil for the optimum, which does not search.
    public func search(grid: ModeGrid, budgetWatts: Double) -> (any TrainingSearch)? {
        switch self {
        case .optimum: nil
        case .gmd: GMD(grid: grid, budgetWatts: budgetWatts)
        }
    }
}
