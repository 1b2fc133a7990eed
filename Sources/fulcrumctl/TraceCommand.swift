import ArgumentParser
import Governor
import Inspection

/// `fulcrumctl trace`: who had the GPU when, with rails, modes and decisions beside it, for Perfetto.
struct TraceCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "trace", abstract: "Record GPU slices, rails and modes on one timeline, for Perfetto.",
        discussion: """
            The file is in the trace-event format: open it at https://ui.perfetto.dev or in chrome://tracing. Ctrl-C ends the \
            recording early and writes the file. Only the file's owner may read it, as it shows what processes of others do.
            Exit status: 0 recorded, 1 nothing was recorded and there is no file.
            """)

    @Option(help: "How long to record.") var seconds = 10.0
    @Option(name: [.customShort("o"), .long], help: ArgumentHelp("The file to write.", valueName: "file"))
    var out: String
    @Option(help: "Where the governor's tree is mounted.") var tree = "/run/fulcrum"

    func validate() throws {
        guard seconds > 0, seconds <= 86_400 else {
            throw ValidationError("--seconds takes more than 0 and at most 86400.")
        }
    }

    func run() throws {
        let recording = try TraceRecording.record(
            tree: tree, nanoseconds: UInt64(seconds * 1e9), to: out,
            creator: "fulcrumctl \(FulcrumVersion.current)", signals: StopSignals())
        print(recording.summary.text)
        switch recording.ending {
        case .timeOver: print("written to \(out)")
        case .interrupted: print("interrupted; written to \(out)")
        case .endOfStream: print("the daemon ended the recording; written to \(out)")
        }
    }
}
