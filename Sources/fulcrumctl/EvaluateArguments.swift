import ArgumentParser
import Board
import Evaluation
import Policy

/// How `fulcrumctl evaluate` chooses points: the strategy and what it may choose from.
struct StrategyArguments: ParsableArguments {
    @Option(
        help: "One of: \(StrategyName.names). binary is for train only; optimum and network are not for dynamic.",
        transform: StrategyName.init(named:))
    var strategy: StrategyName

    @Option(
        help: ArgumentHelp(
            "Modes to choose from: the papers' 441, or all of the table (default: 441).", valueName: "441|all"),
        transform: EvaluationGrid.init(named:))
    var grid: EvaluationGrid = .orinAGX441

    @Option(
        help: ArgumentHelp(
            "For random and network: modes to draw (network: 250). For als: points to profile (50, with an inference 150). For fulcrum: at most so many (10, for a pair 15).",
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

    @Option(
        help: ArgumentHelp(
            "For fulcrum: table, or model file, of a known workload; may be repeated. For network in train: a training to transfer from.",
            valueName: "file"))
    var reference: [String] = []

    @Option(
        help: ArgumentHelp(
            "For fulcrum: the share of profiles that may exceed the power budget, or off (default: 0.05).",
            valueName: "share|off"),
        transform: ProfileRisk.init(parsing:))
    var risk: ProfileRisk?

    /// The strategy that is asked for, for modes of `grid`.
    func options(on grid: ModeGrid, references: [Reference]? = nil) throws -> StrategyOptions {
        try StrategyOptions(
            strategy, profiles: profiles, seed: seed, modes: modesFile.map(ModesFile.modes(contentsOf:)),
            presets: nvpmodelConf.map { try PresetFile(contentsOf: $0).presets.map { $0.powerMode(on: grid) } },
            schedule: schedule.isGiven ? schedule.chosen() : nil,
            references: references ?? reference.map(Reference.init(contentsOf:)), risk: risk)
    }
}

/// Where `fulcrumctl evaluate` puts its results.
struct ResultArguments: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Write the rows, one per configuration, window or draw, to this file.", valueName: "file"))
    var csv: String?

    @Flag(help: "Print the summary as JSON.")
    var json = false

    /// Runs `evaluation`, prints its summary and writes its rows.
    func report<Problem, Table>(_ evaluation: TableEvaluation<Problem, Table>, _ subject: Subject) throws {
        try deliver(reading: [subject.train, subject.infer, subject.nonUrgent].compactMap(\.self) + subject.references)
        {
            let progress = ProgressBar(label: "evaluate \(subject.problem)", total: evaluation.limits.count)
            let run = Result { try evaluation.run(progress: progress) }
            progress.finish()
            let (configurations, wallSeconds) = try run.get()
            let summary = Summary(
                of: configurations, subject: subject, wallSeconds: wallSeconds,
                rowsLeftOut: evaluation.robustRows.leftOutCount)
            return (json ? try summary.json() : summary.text, { ConfigurationCSV.text(configurations) })
        }
    }

    /// Opens the file of rows, computes, prints the summary, and then writes the rows: a path that cannot be written is noticed
    /// first, and a disk that is full takes no summary away.
    func deliver(reading inputs: [String], _ compute: () throws -> (summary: String, rows: () -> String)) throws {
        guard let csv else { return try OutputFile.print(compute().summary) }
        let file = try OutputFile(opening: csv, reading: inputs)
        let (summary, rows) = try compute()
        try OutputFile.print(summary)
        try file.write(rows())
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

/// What runs beside an inference.
struct BackgroundArguments: ParsableArguments {
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
        help:
            "What is maximised: window (background minibatches per window, as the paper) or throughput (per second) (default: window).",
        transform: PairProblem.Objective.init(named:))
    var objective: PairProblem.Objective?

    /// Whether the command line says anything of it.
    var isGiven: Bool {
        trainTable != nil || nonUrgentTable != nil || nonUrgentMinibatch != nil || nonUrgentRate != nil
            || nonUrgentLatencyMs != nil || objective != nil
    }

    var chosenObjective: PairProblem.Objective { objective ?? .window }

    func work() throws -> BackgroundWork {
        try BackgroundWork(
            train: trainTable, nonUrgent: nonUrgentTable, minibatch: nonUrgentMinibatch, ratePerSecond: nonUrgentRate,
            latencyMilliseconds: nonUrgentLatencyMs)
    }
}
