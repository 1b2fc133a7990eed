import ArgumentParser
import Synchronization
import SystemCalls

extension Wait: ExpressibleByArgument {}

struct Train: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Trains: in each minibatch a few launches and one wait, with the next minibatch loaded meanwhile.",
        discussion: """
            Prints "minibatch N end_ns T ms X" at the end of each minibatch and a summary with the exact counts of calls. \
            Where one wait ends several minibatches, the ends are the GPU's own. \(Workload.endingText)
            """)

    @OptionGroup var workload: Workload
    @Option(help: "The workload surface.") var surface = "resnet18-train"
    @Option(help: "Minibatches to train, of each thread; without it, until it is stopped.") var minibatches: Int?
    @Option(help: "Launches of one minibatch.") var launches = 8
    @Option(help: "Different kernels among the launches of a minibatch.") var kernels = 1
    @Option(help: "Waits of one minibatch, evenly spread over its launches.") var waits = 1
    @Option(help: "Run ahead and wait only after this many minibatches.") var waitEvery = 1
    @Flag(help: "Launch each minibatch as one CUDA graph.") var graph = false
    @Option(help: "Threads that train in this process, each on a stream of its own.") var threads = 1
    @Option(help: "First minibatches with twice the launches and one wait more, as autotuners make them.") var warmup =
        0
    @Option(help: "Name in the summary and in the process list.") var name = "train"
    @Option(help: "How to wait: stream, ctx or event.") var wait = Wait.stream

    func validate() throws {
        guard (1...1000).contains(launches) else { throw ValidationError("--launches must be from 1 to 1000.") }
        guard minibatches.map({ $0 > 0 }) ?? true else { throw ValidationError("--minibatches must be above 0.") }
        guard (1...launches).contains(kernels) else {
            throw ValidationError("--kernels must be from 1 to the number of launches.")
        }
        guard (1...launches).contains(waits) else {
            throw ValidationError("--waits must be from 1 to the number of launches.")
        }
        guard (1...64).contains(threads) else { throw ValidationError("--threads must be from 1 to 64.") }
        guard warmup >= 0 else { throw ValidationError("--warmup must not be negative.") }
        // The driver forgets when a launch ended once 1,024 more were made.
        let ahead = launches.multipliedReportingOverflow(by: waitEvery)
        guard waitEvery >= 1, !ahead.overflow, waitEvery == 1 || ahead.partialValue <= 1000 / threads else {
            throw ValidationError("--wait-every times --launches times --threads must be at most 1000.")
        }
        guard waitEvery == 1 || waits == 1 else {
            throw ValidationError("--waits and --wait-every exclude each other.")
        }
        guard !graph || waits == 1 else { throw ValidationError("--waits and --graph exclude each other.") }
    }

    func run() throws {
        let report = try workload.start(name: name)
        let shape = TrainingShape(
            launches: launches, kernels: kernels, waits: waits, waitEvery: waitEvery, usesGraph: graph,
            warmUp: warmup, wait: wait)
        let driver = try Driver(workload.libcuda)
        // All there is, before the first context is claimed: a surface that the board does not know is told by the loader.
        let first = try DataLoader(gpuPath: Workload.gpuPath, surface: surface)
        let context = try GPUContext(driver: driver, image: "surface=\(surface)")
        let total = Mutex(CallCounts())
        let failure = Mutex<WorkloadError?>(nil)
        var others: [SystemThread] = []
        for number in 1..<threads {
            others.append(
                try SystemThread(name: "\(name)-\(number)") { [surface, minibatches] in
                    do throws(WorkloadError) {
                        try context.makeCurrent()
                        let loader = try DataLoader(gpuPath: Workload.gpuPath, surface: surface)
                        let counts = try Self.train(
                            context, loader: loader, shape, minibatches, report, detail: "thread \(number)")
                        total.withLock { $0 += counts }
                    } catch {
                        failure.withLock { $0 = $0 ?? error }
                        Workload.stop()
                    }
                })
        }
        defer { for thread in others { thread.join() } }
        let detail = threads > 1 ? "thread 0" : ""
        let counts = try Self.train(context, loader: first, shape, minibatches, report, detail: detail)
        for thread in others { thread.join() }
        others = []
        if let error = failure.withLock({ $0 }) { throw error }
        total.withLock { $0 += counts }
        try report.summary(name: name, counts: total.withLock { $0 })
    }

    private static func train(
        _ context: GPUContext, loader: consuming DataLoader, _ shape: TrainingShape, _ minibatches: Int?,
        _ report: Report, detail: String
    ) throws(WorkloadError) -> CallCounts {
        var loop = try TrainingLoop(context, loader: loader, shape: shape)
        try loop.run(minibatches: minibatches, stops: { Workload.isStopping }) {
            (end, nanoseconds) throws(WorkloadError) in
            try report.minibatch(end: end, nanoseconds: nanoseconds, detail: detail)
        }
        return loop.counts
    }
}
