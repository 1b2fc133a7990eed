import CBPF
import Synchronization

/// libbpf explains its failures only through its log, which would else go to stderr. Here it ends in our error texts.
enum LibbpfLog {
    private static let limit = 2_000
    private static let text = Mutex("")
    private static let installed: Void = unsafe fulcrum_bpf_set_log_sink { line in
        guard let line = unsafe line else { return }
        let words = unsafe String(cString: line)
        text.withLock { text in
            if text.utf8.count < limit { text += words }
        }
    }

    /// Runs `body` and returns its result with what libbpf warned about meanwhile, on one line; empty if nothing.
    /// Warnings of another thread that uses libbpf at the same time may be among them.
    static func capturing<Result, Failure: Error>(
        _ body: () throws(Failure) -> Result
    ) throws(Failure) -> (result: Result, log: String) {
        _ = installed
        text.withLock { $0 = "" }
        let result = try body()
        let lines = text.withLock { $0 }.split(separator: "\n").map { line in
            line.hasPrefix("libbpf: ") ? line.dropFirst(8) : line
        }
        return (result, lines.joined(separator: "; "))
    }
}
