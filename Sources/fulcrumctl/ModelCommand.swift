import ArgumentParser

/// `fulcrumctl model`: model files that predict a workload's time and power at any power mode.
struct ModelCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "model", abstract: "Make model files, and look into them.",
        subcommands: [ModelTrain.self, ModelTransfer.self, ModelShow.self])
}
