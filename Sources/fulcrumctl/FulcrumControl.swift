import ArgumentParser
import Governor

@main
struct FulcrumControl: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "fulcrumctl", abstract: "Asks and steers the Fulcrum power governor.",
        version: FulcrumVersion.current,
        subcommands: [
            StatusCommand.self, TopCommand.self, TraceCommand.self, ObserveCommand.self, DoctorCommand.self,
            RestoreCommand.self,
            EvaluateCommand.self, ModelCommand.self, ListCommand.self,
        ],
        defaultSubcommand: StatusCommand.self)
}
