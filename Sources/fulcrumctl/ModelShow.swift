import ArgumentParser
import Evaluation
import Policy

/// `fulcrumctl model show`.
struct ModelShow: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Say what a model was made from, and what it predicts.")

    @Argument(help: ArgumentHelp("The model file.", valueName: "file"))
    var file: String

    @Option(
        help: ArgumentHelp("Predict this mode: count, kHz, Hz, Hz. Can be repeated.", valueName: "cores_cpu_gpu_mem"))
    var mode: [String] = []

    @Option(
        help: ArgumentHelp("Requests per minibatch to predict for, with the model of an inference.", valueName: "n"))
    var minibatch: Int?

    @Flag(help: "Print JSON.")
    var json = false

    func run() throws {
        let description = try ModelDescription(
            of: StoredModel(contentsOf: file), file: file, modes: mode, minibatch: minibatch)
        try OutputFile.print(json ? try JSONText.of(description) : description.text)
    }
}
