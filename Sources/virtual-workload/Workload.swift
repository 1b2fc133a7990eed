import ArgumentParser
import Glibc
import Synchronization
import SystemPackage

private let stopRequested = Atomic<Bool>(false)

/// What all workloads have in common.
struct Workload: ParsableArguments {
    @Option(help: "The CUDA driver.") var libcuda = "libcuda.so.1"
    @Flag(help: "Print the summary only.") var quiet = false
    @Option(help: "A file that gets the same lines.") var log: String?

    static let endingText =
        "SIGTERM and SIGINT end it after the minibatch, with the summary. VIRTUAL_JETSON_GPU names the board."

    /// Whether a signal or a failure has asked for the end.
    static var isStopping: Bool { stopRequested.load(ordering: .relaxed) }
    static func stop() { stopRequested.store(true, ordering: .relaxed) }

    /// The board's shared memory.
    static var gpuPath: String {
        unsafe getenv("VIRTUAL_JETSON_GPU").map { unsafe String(cString: $0) } ?? "/run/virtual-jetson/gpu"
    }

    /// Prepares the process: signals, its name in the process list, the report.
    func start(name: String) throws -> Report {
        // Whoever started it may have had these blocked, and a mask is inherited.
        var signals = sigset_t()
        _ = unsafe sigemptyset(&signals)
        for number in [SIGTERM, SIGINT] {
            _ = signal(number) { _ in stopRequested.store(true, ordering: .relaxed) }
            _ = unsafe sigaddset(&signals, number)
        }
        _ = unsafe pthread_sigmask(SIG_UNBLOCK, &signals, nil)
        let comm = try unsafe FileDescriptor.open("/proc/self/comm", .writeOnly)
        _ = try comm.closeAfter { try comm.writeAll(name.utf8.prefix(15)) }
        return try Report(isQuiet: quiet, log: log)
    }
}
