/// How a program waits for the GPU.
enum Wait: String, CaseIterable, Sendable {
    case stream
    case ctx
    case event
}

/// What a program has called, exactly.
struct CallCounts: Sendable {
    /// cuLaunchKernel, captured ones left out.
    var launches = 0
    var graphLaunches = 0
    /// Calls that waited for the GPU.
    var waits = 0

    static func += (left: inout CallCounts, right: CallCounts) {
        left.launches += right.launches
        left.graphLaunches += right.graphLaunches
        left.waits += right.waits
    }
}

/// A stream of the calling thread, and what was called on it.
@safe struct GPUStream: ~Copyable {
    let context: GPUContext
    private let wait: Wait
    private let stream: OpaquePointer?
    private let event: OpaquePointer?
    private(set) var counts = CallCounts()

    private var driver: Driver { context.driver }

    init(_ context: GPUContext, wait: Wait) throws(WorkloadError) {
        var stream: OpaquePointer?
        var event: OpaquePointer?
        let driver = context.driver
        try driver.check(unsafe driver.streamCreate(&stream, 0), "cuStreamCreate")
        try driver.check(unsafe driver.eventCreate(&event, 0), "cuEventCreate")
        self.context = context
        self.wait = wait
        unsafe self.stream = stream
        unsafe self.event = event
    }

    mutating func launch(_ kernels: some Sequence<Kernel>) throws(WorkloadError) {
        for kernel in kernels {
            try unsafe kernel.launch(driver, stream: stream)
            counts.launches += 1
        }
    }

    /// Copies `bytes` to device memory, as a program does with its input.
    func copy(_ bytes: [UInt8], to address: UInt64) throws(WorkloadError) {
        let result = unsafe bytes.withUnsafeBytes { buffer in
            unsafe buffer.baseAddress.map { unsafe driver.copyToDevice(address, $0, buffer.count, stream) }
        }
        try driver.check(result ?? 0, "cuMemcpyHtoDAsync")
    }

    /// Captures kernels into a graph.
    func capture(_ kernels: some Sequence<Kernel>) throws(WorkloadError) -> Graph {
        var graph: OpaquePointer?
        var executable: OpaquePointer?
        try driver.check(unsafe driver.beginCapture(stream, 0), "cuStreamBeginCapture")
        for kernel in kernels { try unsafe kernel.launch(driver, stream: stream) }
        try driver.check(unsafe driver.endCapture(stream, &graph), "cuStreamEndCapture")
        try driver.check(unsafe driver.graphInstantiate(&executable, graph, 0), "cuGraphInstantiate")
        return unsafe Graph(executable: executable)
    }

    mutating func launch(_ graph: Graph) throws(WorkloadError) {
        try driver.check(unsafe driver.graphLaunch(graph.executable, stream), "cuGraphLaunch")
        counts.graphLaunches += 1
    }

    /// Returns when all that was launched has ended.
    mutating func waitForGPU() throws(WorkloadError) {
        counts.waits += 1
        switch wait {
        case .stream: try driver.check(unsafe driver.streamSynchronize(stream), "cuStreamSynchronize")
        case .ctx: try driver.check(driver.contextSynchronize(), "cuCtxSynchronize")
        case .event:
            try driver.check(unsafe driver.eventRecord(event, stream), "cuEventRecord")
            try driver.check(unsafe driver.eventSynchronize(event), "cuEventSynchronize")
        }
    }

    /// An event that tells when the work launched so far will have ended.
    func mark() throws(WorkloadError) -> Mark {
        var made: OpaquePointer?
        try driver.check(unsafe driver.eventCreate(&made, 0), "cuEventCreate")
        let mark = unsafe Mark(event: made)
        try unsafe mark.record(driver, stream: stream)
        return mark
    }

    /// Records `mark` anew.
    func record(_ mark: Mark) throws(WorkloadError) { try unsafe mark.record(driver, stream: stream) }

    /// From the end of the work before one mark to that before another, nanoseconds; both have ended.
    func nanoseconds(from start: Mark, to end: Mark) throws(WorkloadError) -> UInt64 {
        var milliseconds: Float = 0
        try driver.check(unsafe driver.eventElapsed(&milliseconds, start.event, end.event), "cuEventElapsedTime")
        return UInt64(max(Double(milliseconds) * 1e6, 0).rounded())
    }

    /// A graph, ready to be launched.
    @safe struct Graph {
        fileprivate let executable: OpaquePointer?
    }

    /// A CUDA event for timing.
    @safe struct Mark {
        fileprivate let event: OpaquePointer?

        fileprivate func record(_ driver: Driver, stream: OpaquePointer?) throws(WorkloadError) {
            try driver.check(unsafe driver.eventRecord(event, stream), "cuEventRecord")
        }
    }
}
