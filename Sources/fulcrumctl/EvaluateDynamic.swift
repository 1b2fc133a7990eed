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

            With --follow the rates are not told: each second is served by the plan that follows from the seconds before, and the \
            windows are rows of the result. A minibatch is run when it is full, or when its oldest request can wait no longer. \
            The strategy optimum then knows the whole table and profiles nothing, and the objective is throughput unless \
            another one is named.
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
            "Map the least of these numbers to LOW and the largest to HIGH, and the others in between linearly.",
            valueName: "low..high"),
        transform: ScaledRange.init(parsing:))
    var scaleTo: ScaledRange?

    @Option(
        help: ArgumentHelp(
            "Search anew where the rate differs by more than this factor from each rate searched for; by default only where no known point will do.",
            valueName: "factor"),
        transform: { try PositiveNumber.parse($0, name: "--reach") })
    var reach: Double = .infinity

    @Option(
        help: "How the two workloads of a pair take turns: \(Interleaving.names) (default: floor).",
        transform: Interleaving.init(named:))
    var interleave: Interleaving?

    @OptionGroup(title: "Rates that are not told") var following: FollowArguments
    @OptionGroup var arguments: StrategyArguments
    @OptionGroup var results: ResultArguments

    func run() throws {
        let series = try RateSeries(contentsOf: rates)
        let scaled = scaleTo.map { series.scaled(from: $0.low, to: $0.high) } ?? series
        let seconds = try scaled.secondsByWindow(
            seconds: windowSeconds, count: windows, skipping: following.skipWindows ?? 0)
        let inference = try arguments.grid.applied(to: InferenceTable(contentsOf: inferTable))
        if following.follow { return try follow(seconds, inference) }
        let limits = seconds.map {
            Limits(
                budgetWatts: power, latencyMilliseconds: latencyMs,
                ratePerSecond: $0.reduce(0, +) / Double(windowSeconds))
        }
        if beside.isGiven {
            let (table, background) = try pairTable(inference)
            let (objective, interleaving) = (beside.chosenObjective, chosenInterleaving)
            let strategy = try arguments.options(on: table.grid).pair(on: table)
            let evaluation = try DynamicEvaluation(table: table, strategy: strategy, limits: limits, reach: reach) {
                PairProblem($0, objective: objective, background: background.kind, interleaving: interleaving)
            }
            try report(evaluation, subject(table, strategy.name, objective), windows: limits.count)
        } else {
            guard interleave == nil else {
                throw EvaluationError(
                    "--interleave goes with --train or --non-urgent: alone, an inference takes no turns.")
            }
            let strategy = try arguments.options(on: inference.grid).infer(on: inference)
            let evaluation = try DynamicEvaluation(
                table: inference, strategy: strategy, limits: limits, reach: reach, problem: InferProblem.init)
            try report(evaluation, subject(inference, strategy.name, nil), windows: limits.count)
        }
    }

    private func follow(_ seconds: [ArraySlice<Double>], _ inference: InferenceTable) throws {
        let (table, background) = try pairTable(inference)
        guard background.kind == .training else {
            throw EvaluationError(
                "--follow goes with --train: a second inference has goals that a changing rate can break.")
        }
        let objective = beside.objective ?? .throughput
        let strategy = try arguments.options(on: table.grid).pair(on: table)
        let limits = Limits(budgetWatts: power, latencyMilliseconds: latencyMs)
        let problem = PairProblem(
            limits, objective: objective, background: background.kind, interleaving: chosenInterleaving)
        let evaluation = try DynamicFollow(
            table: table, strategy: strategy, problem: problem, settings: following.settings, reach: reach)
        try results.deliver(reading: inputs) {
            let progress = ProgressBar(label: "evaluate dynamic", total: seconds.count)
            let run = Result { try evaluation.run(seconds, first: following.skipWindows ?? 0, progress: progress) }
            progress.finish()
            let summary = DynamicFollowSummary(
                of: try run.get(), subject: subject(table, strategy.name, objective), settings: following.settings,
                windowSeconds: windowSeconds)
            let hours = try run.get().hours
            return (results.json ? try summary.json() : summary.text, { DynamicHourCSV.text(hours) })
        }
    }

    private func pairTable(_ inference: InferenceTable) throws -> (PairTable, BackgroundWork) {
        let background = try beside.work()
        return (try PairTable(joining: inference, background.table(on: arguments.grid)), background)
    }

    private func subject(
        _ table: some MeasuredTable, _ strategy: String, _ objective: PairProblem.Objective?
    ) -> Subject {
        Subject(
            problem: "dynamic", strategy: strategy, train: beside.trainTable, infer: inferTable,
            nonUrgent: beside.nonUrgentTable, objective: objective?.rawValue,
            interleaving: objective == nil ? nil : chosenInterleaving.rawValue, modes: table.modeCount,
            points: table.rows.count, seed: arguments.seed)
    }

    private var chosenInterleaving: Interleaving { interleave ?? .floor }

    private var inputs: [String] { [inferTable, beside.trainTable, beside.nonUrgentTable, rates].compactMap(\.self) }

    private func report<Problem, Table>(
        _ evaluation: DynamicEvaluation<Problem, Table>, _ subject: Subject, windows: Int
    ) throws {
        try results.deliver(reading: inputs) {
            let progress = ProgressBar(label: "evaluate dynamic", total: windows)
            let run = Result { try evaluation.run(progress: progress) }
            progress.finish()
            let summary = DynamicSummary(of: try run.get(), subject: subject, windowSeconds: windowSeconds)
            let rows = try run.get().windows
            return (
                results.json ? try summary.json() : summary.text,
                { DynamicWindowCSV.text(rows, first: following.skipWindows ?? 0) }
            )
        }
    }
}
