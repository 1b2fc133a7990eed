import SystemCalls

/// How the loop waits for the GPU.
enum Wait: String, CaseIterable, Sendable {
    case stream
    case ctx
    case event
}

/// DNN training as a driver sees it: in each minibatch a few launches and exactly one wait. There is no warm-up.
@safe struct TrainingLoop: ~Copyable {
    private let driver: Driver
    private let loader: DataLoader
    private let context: OpaquePointer?
    private let function: OpaquePointer?
    private let stream: OpaquePointer?
    private let event: OpaquePointer?
    private let wait: Wait
    private let shares: [UInt32]
    private(set) var waits = 0
    private(set) var launches = 0

    /// Sets up a context with the workload's module.
    init(driver: Driver, loader: consuming DataLoader, surface: String, launches: Int, wait: Wait) throws(WorkloadError)
    {
        var context: OpaquePointer?
        var module: OpaquePointer?
        var function: OpaquePointer?
        var stream: OpaquePointer?
        var event: OpaquePointer?
        try driver.check(driver.initialise(0), "cuInit")
        try driver.check(unsafe driver.contextCreate(&context, 0, 0), "cuCtxCreate")
        try driver.check(unsafe driver.moduleLoad(&module, "surface=\(surface)"), "cuModuleLoadData")
        try driver.check(unsafe driver.moduleFunction(&function, module, "train_step"), "cuModuleGetFunction")
        try driver.check(unsafe driver.streamCreate(&stream, 0), "cuStreamCreate")
        try driver.check(unsafe driver.eventCreate(&event, 0), "cuEventCreate")
        self.driver = driver
        self.loader = loader
        unsafe self.context = context
        unsafe self.function = function
        unsafe self.stream = stream
        unsafe self.event = event
        self.wait = wait
        // Parts per million that add up to the whole minibatch.
        let share = 1_000_000 / UInt32(launches)
        shares =
            [UInt32](repeating: share, count: launches - 1) + [1_000_000 - share * UInt32(launches - 1)]
    }

    deinit { _ = unsafe driver.contextDestroy(context) }

    /// Trains `minibatches` (nil: for ever) until `stops` says so; calls `report` after each with its number from 1, its end
    /// (CLOCK_MONOTONIC ns) and its time (ns). The next minibatch is loaded while the GPU works on this one.
    mutating func run(
        minibatches: Int?, stops: () -> Bool, report: (Int, UInt64, UInt64) throws(WorkloadError) -> Void
    ) throws(WorkloadError) {
        var done = 0
        var start = MonotonicClock.nanoseconds()
        var load = try loader.request()
        while done != minibatches && !stops() {
            try loader.wait(for: load)
            if done + 1 != minibatches { load = try loader.request() }
            for share in shares { try launch(share) }
            try waitForGPU()
            let end = MonotonicClock.nanoseconds()
            done += 1
            try report(done, end, end - start)
            start = end
        }
    }

    private mutating func launch(_ share: UInt32) throws(WorkloadError) {
        try driver.check(
            unsafe driver.launchKernel(function, share, 1, 1, 1, 1, 1, 0, stream, nil, nil), "cuLaunchKernel")
        launches += 1
    }

    private mutating func waitForGPU() throws(WorkloadError) {
        waits += 1
        switch wait {
        case .stream: try driver.check(unsafe driver.streamSynchronize(stream), "cuStreamSynchronize")
        case .ctx: try driver.check(driver.contextSynchronize(), "cuCtxSynchronize")
        case .event:
            try driver.check(unsafe driver.eventRecord(event, stream), "cuEventRecord")
            try driver.check(unsafe driver.eventSynchronize(event), "cuEventSynchronize")
        }
    }
}
