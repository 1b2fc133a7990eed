import ArgumentParser

extension ArrivalTimes.Pattern: ExpressibleByArgument {}

struct Infer: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Serves requests: waits for a minibatch of them, copies, launches, waits.",
        discussion: """
            Prints "minibatch N end_ns T ms X requests R" after each minibatch, and a summary with the exact counts of calls, \
            the latencies of the requests from their arrival, and how many missed --latency-ms. A surface is \
            mobilenetv3-infer or resnet50-infer, at a minibatch size of 1, 4, 16, 32 or 64; with --cycles any size goes. \
            \(Workload.endingText)
            """)

    @OptionGroup var workload: Workload
    @Option(help: "The workload surface, without its minibatch size.") var surface = "mobilenetv3-infer"
    @Option(help: "GPU cycles of a minibatch, in place of a surface.") var cycles: UInt32?
    @Option(help: "Requests of a minibatch.") var batch = 16
    @Option(help: "Requests per second; 0: the next minibatch is always there.") var rate = 60.0
    @Option(help: "How requests arrive: uniform or poisson.") var arrivals = ArrivalTimes.Pattern.uniform
    @Option(help: "Seed of the arrivals.") var seed: UInt64 = 1
    @Option(help: "Requests to serve; without it, until it is stopped.") var requests: Int?
    @Option(help: "A request that takes longer is a miss, milliseconds.") var latencyMs: Double?
    @Option(help: "Launches of one minibatch.") var launches = 12
    @Flag(help: "Launch each minibatch as one CUDA graph.") var graph = false
    @Option(help: "Bytes of input that a request brings.") var inputBytes = 602_112
    @Option(help: "Name in the summary and in the process list.") var name = "infer"
    @Option(help: "How to wait: stream, ctx or event.") var wait = Wait.stream

    func validate() throws {
        guard (1...1000).contains(launches) else { throw ValidationError("--launches must be from 1 to 1000.") }
        guard (1...1024).contains(batch) else { throw ValidationError("--batch must be from 1 to 1024.") }
        guard rate >= 0, rate.isFinite else { throw ValidationError("--rate must be 0 or more.") }
        guard requests.map({ $0 > 0 }) ?? true else { throw ValidationError("--requests must be above 0.") }
        guard (0...16 << 20).contains(inputBytes) else {
            throw ValidationError("--input-bytes must be from 0 to 16777216.")
        }
        guard latencyMs.map({ $0 > 0 && $0.isFinite }) ?? true else {
            throw ValidationError("--latency-ms must be above 0.")
        }
        guard cycles.map({ Int($0) >= launches }) ?? true else {
            throw ValidationError("--cycles must be at least the number of launches.")
        }
    }

    func run() throws {
        let report = try workload.start(name: name)
        let context = try GPUContext(
            driver: Driver(workload.libcuda), image: cycles == nil ? "surface=\(surface)-\(batch)" : "plain")
        var server = try InferenceServer(
            context, kernels: kernels(context), batch: batch, inputBytes: inputBytes * batch, usesGraph: graph,
            wait: wait, arrivals: ArrivalTimes(rate: rate, pattern: arrivals, seed: seed))
        try server.run(requests: requests, stops: { Workload.isStopping }) {
            (count, end, nanoseconds) throws(WorkloadError) in
            try report.minibatch(end: end, nanoseconds: nanoseconds, detail: "requests \(count)")
        }
        let ascending = server.latencies.sorted()
        let limit = latencyMs.map { UInt64($0 * 1e6) }
        let misses = limit.map { limit in String(ascending.count { $0 > limit }) } ?? "-"
        try report.summary(
            name: name, counts: server.counts,
            detail: "requests \(ascending.count) p50_ms \(Report.milliseconds(Report.quantile(0.5, of: ascending))) "
                + "p99_ms \(Report.milliseconds(Report.quantile(0.99, of: ascending))) misses \(misses)")
    }

    /// The kernels of a minibatch. The driver prices a launch by its blocks: parts per million of the surface, or, in a
    /// module without one, 2000 cycles for 2048 blocks.
    private func kernels(_ context: GPUContext) throws(WorkloadError) -> [Kernel] {
        let blocks = cycles.map { UInt64($0) * 2048 / 2000 } ?? 1_000_000
        let share = blocks / UInt64(launches)
        var sequence: [Kernel] = []
        for index in 0..<launches {
            let own = index == launches - 1 ? blocks - share * UInt64(launches - 1) : share
            sequence.append(try context.kernel("layer_\(index)", blocks: UInt32(clamping: own)))
        }
        return sequence
    }
}
