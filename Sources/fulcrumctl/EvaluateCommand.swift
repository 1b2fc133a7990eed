import ArgumentParser

/// `fulcrumctl evaluate`: how well a strategy does on measured tables, beside the exact optimum. Needs no board and no daemon.
struct EvaluateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "evaluate",
        abstract: "Run a strategy on measured tables and compare it with the exact optimum.",
        subcommands: [
            EvaluateTrain.self, EvaluateInfer.self, EvaluatePair.self, EvaluateDynamic.self, EvaluatePredict.self,
            EvaluateReport.self, EvaluateRows.self, EvaluateSimulate.self,
        ])
}
