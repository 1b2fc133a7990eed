import Glibc
import Logging
import SystemCalls
import Telemetry

/// Looks for CUDA drivers that appear while we run (a container with its own copy, an upgraded package), at a low rate and on
/// a thread of its own: a walk over /proc, and each attach, take milliseconds that the loop does not have.
final class LibraryScan: Sendable {
    private static let periodMilliseconds: Int32 = 30_000

    private let stopping: EventSignal
    private let thread: SystemThread

    /// Scans once, so that a process that starts after this is seen from its first wait, and then again and again.
    init(_ probes: CUDAProbes, root: String, extraPaths: [String], log: Logger) throws(SystemCallError) {
        Self.scan(probes, root: root, extraPaths: extraPaths, log: log)
        let stopping = try EventSignal()
        self.stopping = stopping
        thread = try SystemThread(name: "library-scan") {
            var wakeUp = pollfd(fd: stopping.rawDescriptor, events: Int16(POLLIN), revents: 0)
            while unsafe poll(&wakeUp, 1, Self.periodMilliseconds) == 0 {
                Self.scan(probes, root: root, extraPaths: extraPaths, log: log)
            }
        }
    }

    /// One round; says what is new.
    private static func scan(_ probes: CUDAProbes, root: String, extraPaths: [String], log: Logger) {
        for report in [probes.attachSystemLibraries(root: root, extraPaths: extraPaths), probes.attachRunning()] {
            for library in report.attached {
                log.info("Probing \(library.path): \(library.functions.joined(separator: ", ")).")
            }
            for refused in report.refused { log.warning("\(refused.reason)") }
            for library in report.detached { log.info("No longer probing \(library.path): nobody uses it.") }
        }
    }

    /// Ends the thread, after a round under way. Call once.
    func stop() {
        stopping.raise()
        thread.join()
    }
}
