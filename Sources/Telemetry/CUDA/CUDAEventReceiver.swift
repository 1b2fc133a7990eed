/// What a process did since the probes were attached: exact, also when records were lost.
public struct CUDACounts: Hashable, Sendable {
    /// Launches of kernels and graphs. 0 at level `boundaries`.
    public var launches: UInt64
    /// Waits that have returned.
    public var waits: UInt64

    /// States counts.
    public init(launches: UInt64 = 0, waits: UInt64 = 0) {
        self.launches = launches
        self.waits = waits
    }
}

/// Takes what the probes tell, in the order in which it happened, but for threads that call at the same time.
///
/// All functions are called on the ring's thread and must not block: while one runs, records pile up. A process whose
/// start could not be found out, as it was gone before its first record was read, has the start time 0.
public protocol CUDAEventReceiver: AnyObject, Sendable {
    /// A launch, or the return of a wait. `busyBegin` is given with a wait that found all work of the process done:
    /// when the first launch of that work was called, in CLOCK_MONOTONIC nanoseconds. From there to the event's end the
    /// process had work on the GPU.
    func receive(_ event: CUDAEvent, busyBegin: UInt64?)

    /// The process has gone, or has become another program by exec, with these counts at last. Calls of the same
    /// process may follow: after an exec, or when its first thread went before the others. They count from 1 again.
    func processExited(_ process: ProcessIdentity, counts: CUDACounts)

    /// Records of this process were lost; up to now its counts are these. Some of them may still come.
    func recordsLost(of process: ProcessIdentity, counts: CUDACounts)
}
