import ArgumentParser
import Evaluation
import Policy

/// `fulcrumctl evaluate rows`.
struct EvaluateRows: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rows",
        abstract: "Rows of a measured table that the rows around them contradict.",
        discussion: """
            evaluate compares answers with the optimum of all rows, and with that of the rows that are not listed here. \
            No strategy is told of them.
            """)

    @Option(name: .customLong("train"), help: ArgumentHelp("Measured table of a training.", valueName: "file"))
    var trainTable: String?

    @Option(name: .customLong("infer"), help: ArgumentHelp("Measured table of an inference.", valueName: "file"))
    var inferTable: String?

    @Option(
        help: ArgumentHelp(
            "Modes that judge each other: the papers' 441, or all of the table (default: 441).", valueName: "441|all"),
        transform: EvaluationGrid.init(named:))
    var grid: EvaluationGrid = .orinAGX441

    @Flag(help: "Print the list as JSON.")
    var json = false

    func validate() throws {
        guard (trainTable == nil) != (inferTable == nil) else {
            throw ValidationError("Say which table: either --train FILE or --infer FILE.")
        }
    }

    func run() throws {
        if let trainTable { try list(grid.applied(to: TrainingTable(contentsOf: trainTable))) }
        if let inferTable { try list(grid.applied(to: InferenceTable(contentsOf: inferTable))) }
    }

    private func list<Table: MeasuredTable>(_ table: Table) throws where Table.Observation: JudgedObservation {
        let listing = RobustRowsListing(RobustRows(table.rows), rows: table.rows.count, file: table.file)
        try OutputFile.print(json ? listing.json() : listing.text)
    }
}
