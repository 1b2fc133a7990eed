public import Policy

/// Which modes of a table a strategy may choose from: `--grid`.
public enum EvaluationGrid: String, NamedChoice {
    /// The 441 modes of Fulcrum's evaluation (arXiv 2509.20205), `ModeGrid.orinAGX441`.
    case orinAGX441 = "441"
    /// Each mode of the table.
    case all

    /// `grid`.
    public static var noun: String { "grid" }

    /// The part of `table` that lies on this grid. Throws where the table lacks some of its modes.
    public func applied(to table: TrainingTable) throws(EvaluationError) -> TrainingTable {
        try restricted { grid throws(TableError) in try table.restricted(to: grid) } ?? table
    }

    /// The part of `table` that lies on this grid. Throws where the table lacks some of its modes or minibatch sizes.
    public func applied(to table: InferenceTable) throws(EvaluationError) -> InferenceTable {
        try restricted { grid throws(TableError) in try table.restricted(to: grid) } ?? table
    }

    private func restricted<Table>(
        _ restrict: (ModeGrid) throws(TableError) -> Table
    ) throws(EvaluationError) -> Table? {
        switch self {
        case .all: return nil
        case .orinAGX441:
            do throws(TableError) {
                return try restrict(.orinAGX441)
            } catch {
                throw EvaluationError("\(error) Pass --grid all to choose from the modes that it has.")
            }
        }
    }
}
