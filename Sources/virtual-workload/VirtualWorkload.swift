import ArgumentParser
import Glibc
import Synchronization
import SystemPackage

private let stopRequested = Atomic<Bool>(false)

@main
struct VirtualWorkload: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "virtual-workload",
        abstract: "A DNN workload for the virtual Jetson: real processes and driver calls.",
        subcommands: [Train.self])
}

extension Wait: ExpressibleByArgument {}

struct Train: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Trains: in each minibatch a few launches and one wait, with the next minibatch loaded meanwhile.",
        discussion:
            "SIGTERM and SIGINT end it after the minibatch, with the summary. VIRTUAL_JETSON_GPU names the board.")

    @Option(help: "The workload surface.") var surface = "resnet18-train"
    @Option(help: "Minibatches to train; without it, until it is stopped.") var minibatches: Int?
    @Option(help: "Launches of one minibatch.") var launches = 8
    @Option(help: "Name in the summary and in the process list.") var name = "train"
    @Option(help: "How to wait: stream, ctx or event.") var wait = Wait.stream
    @Option(help: "The CUDA driver.") var libcuda = "libcuda.so.1"
    @Flag(help: "Print the summary only.") var quiet = false
    @Option(help: "A file that gets the same lines.") var log: String?

    func validate() throws {
        guard (1...1000).contains(launches) else { throw ValidationError("--launches must be from 1 to 1000.") }
        guard minibatches.map({ $0 > 0 }) ?? true else { throw ValidationError("--minibatches must be above 0.") }
    }

    func run() throws {
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
        let gpuPath =
            unsafe getenv("VIRTUAL_JETSON_GPU").map { unsafe String(cString: $0) } ?? "/run/virtual-jetson/gpu"
        var report = try Report(isQuiet: quiet, log: log)
        let driver = try Driver(libcuda)
        let loader = try DataLoader(gpuPath: gpuPath, surface: surface)
        var loop = try TrainingLoop(driver: driver, loader: loader, surface: surface, launches: launches, wait: wait)
        try loop.run(minibatches: minibatches, stops: { stopRequested.load(ordering: .relaxed) }) {
            (number, end, nanoseconds) throws(WorkloadError) in
            try report.minibatch(number, end: end, nanoseconds: nanoseconds)
        }
        try report.summary(name: name, waits: loop.waits, launches: loop.launches)
    }
}
