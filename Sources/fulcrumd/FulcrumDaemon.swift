import ArgumentParser
import Glibc
import Governor
import Logging

@main
struct FulcrumDaemon: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "fulcrumd", abstract: "Governs the power of an NVIDIA Jetson.", version: FulcrumVersion.current)

    @Option(help: "Put in front of every path of the board: where a virtual board is mounted.")
    var root = ""

    @Option(help: "Where the virtual file tree is mounted.")
    var tree = "/run/fulcrum"

    @Option(help: "The daemon's own directory: lock and journal.")
    var service = "/run/fulcrumd"

    @Option(
        help: "Directory of the profile store. Default: /var/lib/fulcrum, or with --root a directory of the service's.")
    var state: String?

    @Option(help: "Configuration file; given once or more, in the order of application. Default: the installed files.")
    var config: [String] = []

    @Flag(help: "Stop when standard input is closed.")
    var stopAtEndOfInput = false

    func run() throws {
        LoggingSystem.bootstrap { StreamLogHandler.standardError(label: $0) }
        let log = Logger(label: "fulcrumd")
        guard geteuid() == 0 else {
            log.critical("fulcrumd sets clocks, mounts its tree and loads eBPF programs: start it as root.")
            throw ExitCode(1)
        }
        var options = Governor.Options()
        options.root = root
        options.treePath = tree
        options.servicePath = service
        // What a virtual board teaches is no knowledge of the real one.
        options.statePath = state ?? (root.isEmpty ? options.statePath : service + "/store")
        options.configurationFiles = config.isEmpty ? nil : config
        options.stopsAtEndOfInput = stopAtEndOfInput
        do {
            let governor = try Governor(options: options, log: log)
            guard try governor.run() else { throw ExitCode(1) }
        } catch let code as ExitCode {
            throw code
        } catch {
            log.critical("\(error)")
            throw ExitCode(1)
        }
    }
}
