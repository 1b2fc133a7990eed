import ArgumentParser
import Board
import Evaluation
import Policy

/// How `fulcrumctl evaluate` chooses points: the strategy and what it may choose from.
struct StrategyArguments: ParsableArguments {
    @Option(
        help: "One of: \(StrategyName.names).",
        transform: StrategyName.init(named:))
    var strategy: StrategyName

    @Option(
        help: ArgumentHelp(
            "Modes to choose from: the papers' 441, or all of the table (default: 441).", valueName: "441|all"),
        transform: EvaluationGrid.init(named:))
    var grid: EvaluationGrid = .orinAGX441

    @Option(
        help: ArgumentHelp(
            "For random and network: modes to draw (network: 250). For als: points to profile (50, with an inference 150).",
            valueName: "n"))
    var profiles: Int?

    @Option(help: "Seed of strategies that draw at random.")
    var seed: UInt64 = 0

    @Option(
        help: ArgumentHelp(
            "For random and network: these modes, one cores_cpu_gpu_mem per line, instead of a draw.", valueName: "file"
        ))
    var modesFile: String?

    @Option(help: ArgumentHelp("For presets: the nvpmodel.conf with them.", valueName: "file"))
    var nvpmodelConf: String?

    @OptionGroup(title: "For network") var schedule: ScheduleArguments

    /// The strategy that is asked for, for modes of `grid`.
    func options(on grid: ModeGrid, reference: Reference? = nil) throws -> StrategyOptions {
        try StrategyOptions(
            strategy, profiles: profiles, seed: seed, modes: modesFile.map(ModesFile.modes(contentsOf:)),
            presets: nvpmodelConf.map { try PresetFile(contentsOf: $0).presets.map { $0.powerMode(on: grid) } },
            schedule: schedule.isGiven ? schedule.chosen() : nil, reference: reference)
    }
}

/// Where `fulcrumctl evaluate` puts its results.
struct ResultArguments: ParsableArguments {
    @Option(help: ArgumentHelp("Write one row per configuration to this file.", valueName: "file"))
    var csv: String?

    @Flag(help: "Print the summary as JSON.")
    var json = false

    /// Runs `evaluation` and prints its summary.
    func report<Problem, Table>(_ evaluation: TableEvaluation<Problem, Table>, _ subject: Subject) throws {
        let progress = ProgressBar(label: "evaluate \(subject.problem)", total: evaluation.limits.count)
        let run = Result { try evaluation.run(progress: progress) }
        progress.finish()
        let (configurations, wallSeconds) = try run.get()
        if let csv { try OutputFile.write(ConfigurationCSV.text(configurations), to: csv) }
        let summary = Summary(of: configurations, subject: subject, wallSeconds: wallSeconds)
        print(json ? try summary.json() : summary.text)
    }
}

/// The budgets of `fulcrumctl evaluate`.
struct PowerAxis: ParsableArguments {
    @Option(
        help: ArgumentHelp("Budgets in watts: 10..50/1, or one number.", valueName: "watts"),
        transform: { try Axis(parsing: $0, name: "--power") })
    var power: Axis
}

/// The axes that come with an inference.
struct InferenceAxes: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Latency budgets of a request in milliseconds, queueing included: 50..150/10, or one number.",
            valueName: "ms"),
        transform: { try Axis(parsing: $0, name: "--latency-ms") })
    var latencyMs: Axis

    @Option(
        help: ArgumentHelp("Arriving requests per second: 30..90/5, or one number.", valueName: "per second"),
        transform: { try Axis(parsing: $0, name: "--rate") })
    var rate: Axis
}
