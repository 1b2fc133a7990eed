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
            window of one inference minibatch runs a whole number of background minibatches; with --interleave slack as \
            many in the mean as no other order exceeds. With --modes per-slice a strategy's answer is the best plan over \
            the points that it profiled.
            """)

    @Option(
        name: .customLong("infer"), help: ArgumentHelp("Measured table of the (urgent) inference.", valueName: "file"))
    var inferTable: String

    @OptionGroup(title: "What runs beside it") var beside: BackgroundArguments
    @OptionGroup(title: "How they take turns") var turns: InterleavingArguments
    @OptionGroup var budgets: PowerAxis
    @OptionGroup var axes: InferenceAxes
    @OptionGroup var arguments: StrategyArguments
    @OptionGroup var results: ResultArguments

    func run() throws {
        let limits = try SweptAxes.limits(
            power: budgets.power, latencyMilliseconds: axes.latencyMs, ratePerSecond: axes.rate)
        let background = try beside.work()
        let options = try turns.options(objective: beside.objective)
        let inference = try arguments.grid.applied(to: InferenceTable(contentsOf: inferTable))
        let table = try PairTable(joining: inference, background.table(on: arguments.grid))
        let strategy = try arguments.options(on: table.grid).pair(on: table)
        let evaluation = TableEvaluation(
            table: table, strategy: strategy, limits: limits, slices: options.slices
        ) { options.problem($0, background: background.kind) }
        try results.report(
            evaluation,
            Subject(
                problem: PairProblem.name, strategy: strategy.name, train: beside.trainTable, infer: inferTable,
                nonUrgent: beside.nonUrgentTable, references: arguments.reference,
                objective: options.objective.rawValue,
                interleaving: options.interleaving.rawValue, sliceModes: options.modes.rawValue,
                switchMilliseconds: options.switchMilliseconds, modes: table.modeCount, points: table.rows.count,
                seed: arguments.seed))
    }
}
