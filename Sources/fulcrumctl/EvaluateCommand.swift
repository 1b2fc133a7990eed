import ArgumentParser
import Evaluation
import Policy

/// `fulcrumctl evaluate`: how well a strategy does on measured tables, beside the exact optimum. Needs no board and no daemon.
struct EvaluateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "evaluate",
        abstract: "Run a strategy on measured tables and compare it with the exact optimum.",
        subcommands: [Train.self])

    struct Train: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "train",
            abstract: "Fastest training minibatch within a power budget.",
            discussion: """
                The table has one row per mode: cores, cpu (kHz), gpu (Hz), mem (Hz), observed_time (ms), observed_power (W).
                """)

        @Option(name: .customLong("train"), help: ArgumentHelp("Measured table of the training.", valueName: "file"))
        var table: String

        @Option(
            help: "One of: \(TrainStrategy.allCases.map(\.rawValue).joined(separator: ", ")).",
            transform: TrainStrategy.init(named:))
        var strategy: TrainStrategy

        @Option(
            help: ArgumentHelp("Budgets in watts: 10..50/1, or one number.", valueName: "watts"),
            transform: { try Axis(parsing: $0, name: "--power") })
        var power: Axis

        @Option(
            help: ArgumentHelp(
                "Modes to choose from: the papers' 441, or all of the table (default: 441).", valueName: "441|all"),
            transform: EvaluationGrid.init(named:))
        var grid: EvaluationGrid = .orinAGX441

        @Option(help: "Seed of strategies that draw at random.")
        var seed: UInt64 = 0

        @Option(help: ArgumentHelp("Write one row per configuration to this file.", valueName: "file"))
        var csv: String?

        @Flag(help: "Print the summary as JSON.")
        var json = false

        func run() throws {
            let modes = try grid.applied(to: TrainingTable(contentsOf: table))
            let evaluation = TrainEvaluation(table: modes, strategy: strategy, power: power)
            let (configurations, wallSeconds) = try evaluation.run()
            if let csv { try OutputFile.write(TrainConfigurationCSV.text(configurations), to: csv) }
            let summary = TrainSummary(of: configurations, evaluation: evaluation, seed: seed, wallSeconds: wallSeconds)
            print(json ? try summary.json() : summary.text)
        }
    }
}
