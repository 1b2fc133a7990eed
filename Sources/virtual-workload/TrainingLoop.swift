import SystemCalls

/// DNN training on one thread, as a driver sees it. In its plainest shape, in each minibatch a few launches and one wait.
struct TrainingLoop: ~Copyable {
    private let shape: TrainingShape
    private let loader: DataLoader
    private let kernels: [Kernel]
    private let trials: [Kernel]
    private var stream: GPUStream
    private var graph: GPUStream.Graph?
    private var marks: [GPUStream.Mark] = []

    var counts: CallCounts { stream.counts }

    /// Sets up a stream of the calling thread, in its current context.
    init(_ context: GPUContext, loader: consuming DataLoader, shape: TrainingShape) throws(WorkloadError) {
        let kernels = try shape.kernels(context)
        let trials = try shape.trials(context)
        stream = try GPUStream(context, wait: shape.wait)
        self.shape = shape
        self.loader = loader
        self.kernels = kernels
        self.trials = trials
    }

    /// Trains `minibatches` (nil: for ever) until `stops` says so; calls `report` after each wait for each minibatch that it
    /// ended, with the end (CLOCK_MONOTONIC ns) and the time (ns). Where one wait ends several, their ends are the GPU's,
    /// by events. The next minibatch is loaded while the GPU works on this one.
    mutating func run(
        minibatches: Int?, stops: () -> Bool, report: (UInt64, UInt64) throws(WorkloadError) -> Void
    ) throws(WorkloadError) {
        var done = 0
        var unreported = 0
        var load = try loader.request()
        // With nothing launched, an event has its end when it is recorded.
        if shape.waitEvery > 1 { marks = [try stream.mark()] }
        var start = MonotonicClock.nanoseconds()
        while done != minibatches && (!stops() || unreported > 0) {
            try loader.wait(for: load)
            if done + 1 != minibatches { load = try loader.request() }
            try launchMinibatch(isWarmUp: done < shape.warmUp)
            done += 1
            unreported += 1
            if shape.waitEvery > 1 {
                try mark(unreported)
                guard unreported == shape.waitEvery || done == minibatches || stops() else { continue }
            }
            try stream.waitForGPU()
            if shape.waitEvery > 1 {
                for index in 1...unreported {
                    let nanoseconds = try stream.nanoseconds(from: marks[index - 1], to: marks[index])
                    start += nanoseconds
                    try report(start, nanoseconds)
                }
                marks.swapAt(0, unreported)
            } else {
                let end = MonotonicClock.nanoseconds()
                try report(end, end - start)
                start = end
            }
            unreported = 0
        }
    }

    /// Launches a minibatch; all waits but the one at its end.
    private mutating func launchMinibatch(isWarmUp: Bool) throws(WorkloadError) {
        if isWarmUp {
            try stream.launch(trials)
            try stream.waitForGPU()
        } else if shape.usesGraph {
            if graph == nil { graph = try stream.capture(kernels) }
            if let graph { try stream.launch(graph) }
            return
        }
        let parts = max(shape.waits, 1)
        for part in 0..<parts {
            try stream.launch(kernels[kernels.count * part / parts..<kernels.count * (part + 1) / parts])
            if part + 1 < parts { try stream.waitForGPU() }
        }
    }

    private mutating func mark(_ index: Int) throws(WorkloadError) {
        if index < marks.count {
            try stream.record(marks[index])
        } else {
            marks.append(try stream.mark())
        }
    }
}
