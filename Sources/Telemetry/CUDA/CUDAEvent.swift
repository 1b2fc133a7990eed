/// One thing that a CUDA program did, as the probes told it. Events of one thread are in order of time.
public struct CUDAEvent: Hashable, Sendable {
    /// What was called.
    public enum Kind: UInt8, Sendable {
        /// cuLaunchKernel, cuLaunchKernelEx, cuLaunchCooperativeKernel. Level `launches` only.
        case launch = 1
        /// cuGraphLaunch. Level `launches` only.
        case graphLaunch = 2
        /// cuStreamSynchronize returned.
        case streamWait = 3
        /// cuCtxSynchronize returned.
        case contextWait = 4
        /// cuEventSynchronize returned.
        case eventWait = 5
    }

    /// The process.
    public var process: ProcessIdentity
    /// The thread, in the initial pid namespace.
    public var tid: Int32
    /// What was called.
    public var kind: Kind
    /// The stream, as the handle that the program uses: 0 for the default streams and where it is not known.
    public var stream: UInt64
    /// Which work was launched: the kernel's handle mixed with its grid, or the graph's handle. 0 for waits.
    public var token: UInt64
    /// The call, CLOCK_MONOTONIC nanoseconds.
    public var beginNanoseconds: UInt64
    /// The return of a wait; for launches the call.
    public var endNanoseconds: UInt64
    /// Launches, of kernels and graphs, that the process has made so far, with this one. 0 at level `boundaries`.
    public var launches: UInt64
    /// Waits that the process has returned from so far, with this one; 0 = not known.
    public var waits: UInt64
    /// Launches that no wait has covered yet, at `endNanoseconds`: an upper bound of what is queued or running.
    public var launchesInFlight: UInt64

    /// Makes an event.
    public init(
        process: ProcessIdentity, tid: Int32, kind: Kind, stream: UInt64 = 0, token: UInt64 = 0,
        beginNanoseconds: UInt64, endNanoseconds: UInt64, launches: UInt64 = 0, waits: UInt64 = 0,
        launchesInFlight: UInt64 = 0
    ) {
        self.process = process
        self.tid = tid
        self.kind = kind
        self.stream = stream
        self.token = token
        self.beginNanoseconds = beginNanoseconds
        self.endNanoseconds = endNanoseconds
        self.launches = launches
        self.waits = waits
        self.launchesInFlight = launchesInFlight
    }
}
