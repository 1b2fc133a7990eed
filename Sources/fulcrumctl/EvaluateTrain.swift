import ArgumentParser
import Evaluation
import Policy

/// `fulcrumctl evaluate train`.
struct EvaluateTrain: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "train",
        abstract: "Fastest training minibatch within a power budget.",
        discussion: """
            The table has one row per mode: cores, cpu (kHz), gpu (Hz), mem (Hz), observed_time (ms), observed_power (W).
            """)

    @Option(name: .customLong("train"), help: ArgumentHelp("Measured table of the training.", valueName: "file"))
    var table: String

    @OptionGroup var budgets: PowerAxis
    @OptionGroup var arguments: StrategyArguments
    @OptionGroup var results: ResultArguments

    func run() throws {
        let table = try arguments.grid.applied(to: TrainingTable(contentsOf: table))
        let sources = try arguments.reference.map(Reference.init(contentsOf:))
        let strategy = try arguments.options(on: table.grid, references: sources).train(on: table)
        let evaluation = TableEvaluation(
            table: table, strategy: strategy, limits: SweptAxes.limits(power: budgets.power)
        ) { TrainProblem(budgetWatts: $0.budgetWatts) }
        try results.report(
            evaluation,
            Subject(
                problem: TrainProblem.name, strategy: strategy.name, train: table.file, references: arguments.reference,
                referenceWorkload: sources.first?.origin, modes: table.rows.count, points: table.rows.count,
                seed: arguments.seed))
    }
}
