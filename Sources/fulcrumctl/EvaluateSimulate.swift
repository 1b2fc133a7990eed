import ArgumentParser
import Evaluation
import Policy

/// `fulcrumctl evaluate simulate`.
struct EvaluateSimulate: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "simulate",
        abstract: "Play one plan of a training beside an inference, minibatch by minibatch, and count late requests.",
        discussion: """
            Minibatch times are log-normal around those of the tables. The plan is made with times at their bounds, learned from \
            minibatches before the simulation, and with arrivals that are not uniform with a reserve for bursts, learned from \
            the arrivals before it: of a file its first part. The papers' rule is played beside it, planned without margins.
            """)

    @Option(name: .customLong("infer"), help: ArgumentHelp("Measured table of the inference.", valueName: "file"))
    var inferTable: String

    @Option(
        name: .customLong("train"), help: ArgumentHelp("Measured table of the training beside it.", valueName: "file"))
    var trainTable: String

    @Option(
        help: ArgumentHelp("The power budget.", valueName: "watts"),
        transform: { try PositiveNumber.parse($0, name: "--power") })
    var power: Double

    @Option(
        help: ArgumentHelp("The latency budget of a request, queueing included.", valueName: "ms"),
        transform: { try PositiveNumber.parse($0, name: "--latency-ms") })
    var latencyMs: Double

    @Option(
        help: ArgumentHelp("Arriving requests per second, as planned for.", valueName: "per second"),
        transform: { try PositiveNumber.parse($0, name: "--rate") })
    var rate: Double

    @Option(
        help: ArgumentHelp(
            "uniform, poisson, or a file: the number of requests in each second, or lines with a column TIMESTAMP.",
            valueName: "uniform|poisson|file"))
    var arrivals = "uniform"

    @Option(
        help: ArgumentHelp(
            "Map the least number of requests in a second of the file to LOW and the largest to HIGH, linearly.",
            valueName: "low..high"),
        transform: ScaledRange.init(parsing:))
    var scaleTo: ScaledRange?

    @Option(
        help: ArgumentHelp("Coefficient of variation of minibatch times (default: 0).", valueName: "share"),
        transform: { $0 == "0" ? 0 : try PositiveNumber.parse($0, name: "--jitter") })
    var jitter: Double?

    @Option(
        help: ArgumentHelp("Minibatches that may be longer than planned (default: 0.1).", valueName: "percent"),
        transform: { try PositiveNumber.parse($0, name: "--beyond-percent") })
    var beyondPercent: Double?

    @Option(
        help: ArgumentHelp("Requests that random arrivals may make late (default: 1).", valueName: "percent"),
        transform: { try PositiveNumber.parse($0, name: "--late-percent") })
    var latePercent: Double?

    @Option(
        help: ArgumentHelp("Time to simulate (default: 3600).", valueName: "s"),
        transform: { try PositiveNumber.parse($0, name: "--seconds") })
    var seconds: Double?

    @Option(
        help: "What is maximised: window or throughput (default: throughput).",
        transform: PairProblem.Objective.init(named:))
    var objective: PairProblem.Objective = .throughput

    @OptionGroup(title: "How they take turns") var turns: InterleavingArguments
    @OptionGroup var arguments: StrategyArguments

    @Flag(help: "Print the result as JSON.")
    var json = false

    func run() throws {
        let options = try turns.options(objective: objective)
        var settings = SimulationEvaluation.Settings()
        settings.seed = arguments.seed
        if let jitter { settings.jitter = jitter }
        if let beyondPercent { settings.beyondShare = beyondPercent / 100 }
        if let latePercent { settings.lateShare = latePercent / 100 }
        if let seconds { settings.seconds = seconds }
        let scale = scaleTo.map { range in { (series: RateSeries) in series.scaled(from: range.low, to: range.high) } }
        let arriving = try SimulatedArrivals(named: arrivals, scale: scale)
        let inference = try arguments.grid.applied(to: InferenceTable(contentsOf: inferTable))
        let training = try arguments.grid.applied(to: TrainingTable(contentsOf: trainTable))
        let table = try PairTable(joining: inference, training)
        let strategyOptions = try arguments.options(on: table.grid)
        let limits = Limits(budgetWatts: power, latencyMilliseconds: latencyMs, ratePerSecond: rate)
        let evaluation = try SimulationEvaluation(
            inference: inference, background: training, limits: limits, options: options, arrivals: arriving,
            settings: settings
        ) { table throws(EvaluationError) in try strategyOptions.pair(on: table) }
        let summary = SimulationSummary(
            of: try evaluation.run(),
            subject: Subject(
                problem: "simulate", strategy: try strategyOptions.pair(on: table).name, train: trainTable,
                infer: inferTable, objective: options.objective.rawValue, interleaving: options.interleaving.rawValue,
                sliceModes: options.modes.rawValue, switchMilliseconds: options.switchMilliseconds,
                modes: table.modeCount, points: table.rows.count, seed: arguments.seed), limits: limits,
            arrivals: arriving.name, settings: settings)
        try OutputFile.print(json ? summary.json() : summary.text)
    }
}
