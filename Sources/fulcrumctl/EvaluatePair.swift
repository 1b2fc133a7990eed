import ArgumentParser
import Evaluation
import Policy

/// `fulcrumctl evaluate pair`.
struct EvaluatePair: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pair",
        abstract: "Most background work beside an inference, within a power and a latency budget, at an arrival rate.",
        discussion: """
            The background work is a training (--train), or an inference that is not urgent (the --non-urgent options). Per \
            window of one inference minibatch runs a whole number of background minibatches.
            """)

    @Option(
        name: .customLong("infer"), help: ArgumentHelp("Measured table of the (urgent) inference.", valueName: "file"))
    var inferTable: String

    @Option(
        name: .customLong("train"), help: ArgumentHelp("Measured table of the training beside it.", valueName: "file"))
    var trainTable: String?

    @Option(
        name: .customLong("non-urgent"),
        help: ArgumentHelp("Measured table of a second inference, in place of a training.", valueName: "file"))
    var nonUrgentTable: String?

    @Option(help: ArgumentHelp("Requests per minibatch of the second inference.", valueName: "n"))
    var nonUrgentMinibatch: Int?

    @Option(help: ArgumentHelp("Arriving requests per second of the second inference.", valueName: "per second"))
    var nonUrgentRate: Double?

    @Option(help: ArgumentHelp("Latency budget of a request of the second inference.", valueName: "ms"))
    var nonUrgentLatencyMs: Double?

    @Option(
        help: "What is maximised: window (background minibatches per window, as the paper) or throughput (per second).",
        transform: PairProblem.Objective.init(named:))
    var objective: PairProblem.Objective = .window

    @OptionGroup var budgets: PowerAxis
    @OptionGroup var axes: InferenceAxes
    @OptionGroup var arguments: StrategyArguments
    @OptionGroup var results: ResultArguments

    func run() throws {
        let limits = try SweptAxes.limits(
            power: budgets.power, latencyMilliseconds: axes.latencyMs, ratePerSecond: axes.rate)
        let background = try BackgroundWork(
            train: trainTable, nonUrgent: nonUrgentTable, minibatch: nonUrgentMinibatch, ratePerSecond: nonUrgentRate,
            latencyMilliseconds: nonUrgentLatencyMs)
        let inference = try arguments.grid.applied(to: InferenceTable(contentsOf: inferTable))
        let table = try PairTable(joining: inference, background.table(on: arguments.grid))
        let strategy = try arguments.options(on: table.grid).pair(on: table)
        let evaluation = TableEvaluation(table: table, strategy: strategy, limits: limits) { [objective] limits in
            PairProblem(limits, objective: objective, background: background.kind)
        }
        try results.report(
            evaluation,
            Subject(
                problem: PairProblem.name, strategy: strategy.name, train: trainTable, infer: inferTable,
                nonUrgent: nonUrgentTable, objective: objective.rawValue, modes: table.modeCount,
                points: table.rows.count, seed: arguments.seed))
    }
}
