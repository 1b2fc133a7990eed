import ArgumentParser
import Evaluation
import Policy

/// `fulcrumctl model train`.
struct ModelTrain: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "train", abstract: "Train a model on a measured table, as a reference for transfers.")

    @Option(name: .customLong("train"), help: ArgumentHelp("Measured table of the training.", valueName: "file"))
    var table: String

    @OptionGroup var output: ModelOutput
    @OptionGroup var schedule: ScheduleArguments

    func run() throws {
        let table = try TrainingTable(contentsOf: table)
        let model = try ModelTraining.model(
            on: table.rows, schedule: schedule.chosen(), origin: output.origin(of: table), seed: output.seed)
        try output.write(model)
    }
}

/// `fulcrumctl model transfer`.
struct ModelTransfer: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "transfer", abstract: "Make a model of a workload from another one's and a few profiles.")

    @Option(help: ArgumentHelp("The model to transfer from.", valueName: "file"))
    var model: String

    @Option(name: .customLong("train"), help: ArgumentHelp("Measured table of the new workload.", valueName: "file"))
    var table: String

    @Option(help: ArgumentHelp("Modes to draw from the table, or all.", valueName: "n|all"))
    var modes = "all"

    @OptionGroup var output: ModelOutput
    @OptionGroup var schedule: ScheduleArguments

    func run() throws {
        let base = try PowerTrainModel<PowerMode>(contentsOf: model)
        let table = try TrainingTable(contentsOf: table)
        let model = try ModelTraining.model(
            on: ModelTraining.draw(modes, of: table, seed: output.seed), from: base, schedule: schedule.chosen(),
            origin: output.origin(of: table), seed: output.seed)
        try output.write(model)
    }
}

/// Where a new model goes, and what it says of itself.
struct ModelOutput: ParsableArguments {
    @Option(help: ArgumentHelp("The model file to write.", valueName: "file"))
    var output: String

    @Option(
        help: ArgumentHelp("What the model calls the workload (default: the table's file name).", valueName: "name"))
    var workload: String?

    @Option(
        help: ArgumentHelp(
            "Where the model says its profiles are from (default: the table's file name).", valueName: "text"))
    var source: String?

    @Option(help: ArgumentHelp("What the model calls the board.", valueName: "name"))
    var board = "an unnamed board"

    @Option(help: "Seed of the draw and of the networks.")
    var seed: UInt64 = 0

    func origin(of table: TrainingTable) throws -> ModelOrigin {
        // The name alone: a model travels, and the folders of the machine that made it mean nothing elsewhere.
        let name = table.file.split(separator: "/").last.map(String.init) ?? table.file
        return ModelOrigin(
            workload: workload ?? name, board: board, source: source ?? name, date: try CalendarDate.today())
    }

    func write(_ model: PowerTrainModel<PowerMode>) throws {
        try model.write(to: output)
        try OutputFile.print("\(output): \(model.provenance)")
    }
}
