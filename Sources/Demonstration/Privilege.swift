import Glibc
import SystemCalls

/// Runs the few things that need root: as they are when we are root, through sudo when we are not.
struct Privilege {
    private let prefix: [String]

    /// Asks for sudo's password once, now, if it is needed at all.
    init() throws(DemonstrationError) {
        guard geteuid() != 0 else {
            prefix = []
            return
        }
        // sudo talks to the terminal itself, so it must stay in the foreground process group: system() and not a ChildProcess.
        guard unsafe system("sudo -v") == 0 else {
            throw DemonstrationError(
                "The demo mounts a file system and loads eBPF programs, which needs root, and sudo did not allow it. Run it as root: sudo make run."
            )
        }
        prefix = ["sudo", "-n"]
    }

    var isRoot: Bool { prefix.isEmpty }

    /// The command line that runs `arguments` as root with `environment`, which sudo would drop.
    func command(_ arguments: [String], environment: [String: String] = [:]) -> [String] {
        guard !environment.isEmpty else { return prefix + arguments }
        return prefix + ["env"] + environment.map { "\($0.key)=\($0.value)" } + arguments
    }

    /// Writes `text` into `path`, for each pair in order, in one command.
    func write(_ values: [(path: String, text: String)]) throws {
        if isRoot {
            for (path, text) in values { try SmallFile.write(text, to: path) }
            return
        }
        let script = values.map { "printf %s '\($0.text)' > '\($0.path)'" }.joined(separator: " && ")
        let child = try ChildProcess(command(["sh", "-c", script]))
        guard child.wait() == 0 else {
            throw DemonstrationError("Could not write \(values.map(\.path).joined(separator: ", ")) with sudo.")
        }
    }
}

/// What ended a scene, as a sentence.
package struct DemonstrationError: Error, CustomStringConvertible {
    package let description: String

    init(_ description: String) {
        self.description = description
    }
}
