import Policy

/// A training beside an inference of the same board.
struct ReportPair: Sendable {
    /// What the report calls it.
    let title: String
    let training: ReportTables.Named<TrainingTable>
    let inference: ReportTables.Named<InferenceTable>
    /// Both joined, or why that cannot be searched.
    let table: Result<PairTable, EvaluationError>

    init(_ training: ReportTables.Named<TrainingTable>, _ inference: ReportTables.Named<InferenceTable>) {
        title = "\(training.title) beside \(inference.name)"
        self.training = training
        self.inference = inference
        table = Result { () throws(EvaluationError) in
            let table = try Self.joined(inference.table, training.table)
            if let gap = ReportTables.gap(in: table, minibatches: table.minibatches.count) {
                throw EvaluationError(gap)
            }
            return table
        }
    }

    /// Both on the papers' grid; both whole where one of them does not have that, as a search needs the same grid of both.
    private static func joined(
        _ inference: InferenceTable, _ training: TrainingTable
    ) throws(EvaluationError) -> PairTable {
        let grid = EvaluationGrid.orinAGX441
        if let inference = try? grid.applied(to: inference), let training = try? grid.applied(to: training) {
            return try PairTable(joining: inference, training)
        }
        return try PairTable(joining: inference, training)
    }
}

extension ReportTables {
    /// Each training beside each inference of the same board.
    var pairs: [ReportPair] {
        training.flatMap { training in
            inference.filter { $0.board == training.board }.map { ReportPair(training, $0) }
        }
    }

    /// The number of `pairs`.
    var pairCount: Int {
        training.reduce(0) { count, training in count + inference.count { $0.board == training.board } }
    }

    /// Why a table cannot be searched; nil where it can.
    static func gap(in table: some MeasuredTable, minibatches: Int) -> String? {
        guard !table.isComplete(minibatches: minibatches) else { return nil }
        return
            "The table has \(table.rows.count) of the \(table.grid.count * minibatches) combinations of its values, and a "
            + "search may ask for any."
    }
}
