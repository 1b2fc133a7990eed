import ArgumentParser
import Evaluation
import Policy

/// `fulcrumctl evaluate dynamic`.
struct EvaluateDynamic: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "dynamic",
        abstract: "A plan per window of arrivals whose rate changes, profiling only where what is known does not do.",
        discussion: """
            The rate of a window is the mean over its seconds. Without --train and --non-urgent the inference runs alone. A window is answered \
            from what was profiled before where that has a point that keeps the limits; otherwise the strategy searches.
            """)

    @Option(name: .customLong("infer"), help: ArgumentHelp("Measured table of the inference.", valueName: "file"))
    var inferTable: String

    @OptionGroup(title: "What runs beside it") var beside: BackgroundArguments

    @Option(
        help: ArgumentHelp("The power budget.", valueName: "watts"),
        transform: { try PositiveNumber.parse($0, name: "--power") })
    var power: Double

    @Option(
        help: ArgumentHelp("The latency budget of a request, queueing included.", valueName: "ms"),
        transform: { try PositiveNumber.parse($0, name: "--latency-ms") })
    var latencyMs: Double

    @Option(help: ArgumentHelp("Requests in each second, with blanks or line ends between them.", valueName: "file"))
    var rates: String

    @Option(help: ArgumentHelp("Seconds of one window.", valueName: "s"))
    var windowSeconds: Int

    @Option(help: ArgumentHelp("Plan this many windows at most.", valueName: "n"))
    var windows: Int?

    @Option(
        help: ArgumentHelp(
            "Search anew where the rate differs by more than this factor from each rate searched for; by default only where no known point will do.",
            valueName: "factor"),
        transform: { try PositiveNumber.parse($0, name: "--reach") })
    var reach: Double = .infinity

    @OptionGroup var arguments: StrategyArguments
    @OptionGroup var results: ResultArguments

    func run() throws {
        let limits = try RateSeries(contentsOf: rates).windows(seconds: windowSeconds, count: windows).map {
            Limits(budgetWatts: power, latencyMilliseconds: latencyMs, ratePerSecond: $0)
        }
        let inference = try arguments.grid.applied(to: InferenceTable(contentsOf: inferTable))
        if beside.isGiven {
            let background = try beside.work()
            let objective = beside.chosenObjective
            let table = try PairTable(joining: inference, background.table(on: arguments.grid))
            let strategy = try arguments.options(on: table.grid).pair(on: table)
            let evaluation = try DynamicEvaluation(table: table, strategy: strategy, limits: limits, reach: reach) {
                PairProblem($0, objective: objective, background: background.kind)
            }
            try report(evaluation, table, strategy.name, objective: objective)
        } else {
            let strategy = try arguments.options(on: inference.grid).infer(on: inference)
            let evaluation = try DynamicEvaluation(
                table: inference, strategy: strategy, limits: limits, reach: reach, problem: InferProblem.init)
            try report(evaluation, inference, strategy.name, objective: nil)
        }
    }

    private func report<Problem, Table>(
        _ evaluation: DynamicEvaluation<Problem, Table>, _ table: Table, _ strategy: String,
        objective: PairProblem.Objective?
    ) throws {
        try results.deliver(
            reading: [inferTable, beside.trainTable, beside.nonUrgentTable, rates].compactMap(\.self)
        ) {
            let run = try evaluation.run()
            let subject = Subject(
                problem: "dynamic", strategy: strategy, train: beside.trainTable, infer: inferTable,
                nonUrgent: beside.nonUrgentTable, objective: objective?.rawValue, modes: table.modeCount,
                points: table.rows.count, seed: arguments.seed)
            let summary = DynamicSummary(of: run, subject: subject, windowSeconds: windowSeconds)
            return (results.json ? try summary.json() : summary.text, { ConfigurationCSV.text(run.configurations) })
        }
    }
}
