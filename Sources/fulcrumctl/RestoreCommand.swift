import ArgumentParser
import Governor

/// `fulcrumctl restore`: the board's stock values from the journal, when no daemon runs.
struct RestoreCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "restore", abstract: "Give the board its values from before the daemon, after a crash.",
        discussion: "Exit status: 0 restored, 1 could not, 2 there was nothing to restore (0 with --if-needed).")

    @Option(help: "Put in front of every path of the board.") var root = ""
    @Option(help: "The daemon's directory, with the journal.") var service = "/run/fulcrumd"
    @Flag(help: "Nothing to restore is no failure.") var ifNeeded = false

    func run() throws {
        switch try StockValues.restore(root: root, servicePath: service) {
        case .nothingToRestore:
            print("There is no journal in \(service)/state: nothing to restore.")
            if !ifNeeded { throw ExitCode(2) }
        case .restored(let files, let problems, let isComplete):
            for file in files { print("restored \(file)") }
            for problem in problems { print(problem) }
            guard isComplete else { throw ExitCode(1) }
        }
    }
}
