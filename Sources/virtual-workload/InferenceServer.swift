import Glibc
import SystemCalls

/// An inference server as a driver sees it: it waits until a minibatch of requests has arrived, copies them to the device,
/// launches, and waits for the answer.
struct InferenceServer: ~Copyable {
    private let batch: Int
    private let kernels: [Kernel]
    private let graph: GPUStream.Graph?
    private let input: [UInt8]
    private let inputAddress: UInt64
    private var stream: GPUStream
    private var arrivals: ArrivalTimes
    /// From arrival to answer, nanoseconds.
    private(set) var latencies: [UInt64] = []

    var counts: CallCounts { stream.counts }

    /// `kernels` are those of one minibatch, whose input is `inputBytes`.
    init(
        _ context: GPUContext, kernels: [Kernel], batch: Int, inputBytes: Int, usesGraph: Bool, wait: Wait,
        arrivals: ArrivalTimes
    ) throws(WorkloadError) {
        let inputAddress = try context.allocate(bytes: max(inputBytes, 1))
        let stream = try GPUStream(context, wait: wait)
        let graph = usesGraph ? try stream.capture(kernels) : nil
        self.batch = batch
        self.kernels = kernels
        self.arrivals = arrivals
        self.inputAddress = inputAddress
        self.graph = graph
        self.stream = stream
        input = [UInt8](repeating: 1, count: inputBytes)
    }

    /// Serves `requests` (nil: for ever) until `stops` says so; the last minibatch may be smaller. Calls `report` after
    /// each with its requests, its end (CLOCK_MONOTONIC ns) and its time from the copy on (ns).
    mutating func run(
        requests: Int?, stops: () -> Bool, report: (Int, UInt64, UInt64) throws(WorkloadError) -> Void
    ) throws(WorkloadError) {
        let start = MonotonicClock.nanoseconds()
        var served = 0
        while served != requests {
            let count = min(batch, (requests ?? .max) - served)
            var arrived = (0..<count).map { _ in start &+ arrivals.next() }
            guard Self.sleep(until: arrived.last ?? start, stops: stops) else { return }
            let begin = MonotonicClock.nanoseconds()
            if arrivals.isSaturated { arrived = [UInt64](repeating: begin, count: count) }
            try stream.copy(input, to: inputAddress)
            if let graph { try stream.launch(graph) } else { try stream.launch(kernels) }
            try stream.waitForGPU()
            let end = MonotonicClock.nanoseconds()
            for time in arrived { latencies.append(end - min(time, end)) }
            served += count
            try report(count, end, end - begin)
        }
    }

    /// False where `stops` said so.
    private static func sleep(until time: UInt64, stops: () -> Bool) -> Bool {
        var wanted = timespec(tv_sec: Int(time / 1_000_000_000), tv_nsec: Int(time % 1_000_000_000))
        while !stops() {
            // A signal ends it early.
            if unsafe clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &wanted, nil) == 0 { return !stops() }
        }
        return false
    }
}
