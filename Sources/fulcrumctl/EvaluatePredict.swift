import ArgumentParser
import Evaluation
import Policy

/// `fulcrumctl evaluate predict`.
struct EvaluatePredict: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "predict",
        abstract: "Error of the predictions that a model makes from profiles of a few modes.",
        discussion: """
            Each run draws modes of the table, makes a model of them and predicts the modes that it did not draw. A reference \
            that is a table is trained on first, each time; fulcrumctl model train makes a model file of it once. \
            Say --loss mape where the reference is of another board: its times and powers differ by a factor, and \
            relative errors weigh slow and fast modes alike.
            """)

    @Option(name: .customLong("train"), help: ArgumentHelp("Measured table to predict.", valueName: "file"))
    var table: String

    @Option(
        help: ArgumentHelp(
            "Table, or model file, to start from; for gp it may be repeated, and tables of inferences count too.",
            valueName: "file"))
    var reference: [String] = []

    @Option(
        help:
            "powertrain (transfer from the reference), scratch (fresh networks) or gp (Gaussian processes, with intervals).",
        transform: PredictEvaluation.Method.init(named:))
    var method: PredictEvaluation.Method

    @Option(
        help: ArgumentHelp("Modes to profile; a list such as 10,20,50 gives a curve.", valueName: "n"),
        transform: { try PositiveNumber.list($0, name: "--modes") })
    var modes: [Int] = [50]

    @Option(help: ArgumentHelp("Draws for each number of modes.", valueName: "n"))
    var runs = 10

    @Option(
        help: ArgumentHelp(
            "Modes to draw from and to predict: all of the table, or the papers' 441 (default: all).",
            valueName: "441|all"),
        transform: EvaluationGrid.init(named:))
    var grid: EvaluationGrid = .all

    @Option(help: "Seed of the draws and of the networks.")
    var seed: UInt64 = 0

    @OptionGroup var schedule: ScheduleArguments

    @OptionGroup var results: ResultArguments

    func run() throws {
        let evaluation = try PredictEvaluation(
            table: grid.applied(to: TrainingTable(contentsOf: table)), method: method,
            references: reference.map(Reference.init(contentsOf:)), modeCounts: modes, runs: runs, seed: seed,
            schedule: schedule.chosen())
        try results.deliver(reading: [table] + reference) {
            let (runs, wallSeconds) = try evaluation.run()
            let summary = PredictSummary(of: evaluation, references: reference, runs: runs, wallSeconds: wallSeconds)
            return (results.json ? try summary.json() : summary.text, { summary.csv })
        }
    }
}
