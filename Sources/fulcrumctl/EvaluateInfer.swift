import ArgumentParser
import Evaluation
import Policy

/// `fulcrumctl evaluate infer`.
struct EvaluateInfer: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "infer",
        abstract: "Fastest inference minibatch within a power and a latency budget, at an arrival rate.",
        discussion: """
            The table has one row per mode and minibatch size: the columns of a training's table and bs, the requests per \
            minibatch.
            """)

    @Option(name: .customLong("infer"), help: ArgumentHelp("Measured table of the inference.", valueName: "file"))
    var table: String

    @OptionGroup var budgets: PowerAxis
    @OptionGroup var axes: InferenceAxes
    @OptionGroup var arguments: StrategyArguments
    @OptionGroup var results: ResultArguments

    func run() throws {
        let limits = try SweptAxes.limits(
            power: budgets.power, latencyMilliseconds: axes.latencyMs, ratePerSecond: axes.rate)
        let table = try arguments.grid.applied(to: InferenceTable(contentsOf: table))
        let strategy = try arguments.options(on: table.grid).infer(on: table)
        let evaluation = TableEvaluation(table: table, strategy: strategy, limits: limits, problem: InferProblem.init)
        try results.report(
            evaluation,
            Subject(
                problem: InferProblem.name, strategy: strategy.name, infer: table.file, references: arguments.reference,
                modes: table.modeCount,
                points: table.rows.count, seed: arguments.seed))
    }
}
