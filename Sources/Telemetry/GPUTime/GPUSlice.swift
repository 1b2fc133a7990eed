/// A stretch of time in which one process had the GPU, or had work on it.
public struct GPUSlice: Hashable, Sendable {
    /// Thread group id in the initial pid namespace.
    public var pid: Int32
    /// CLOCK_MONOTONIC nanoseconds.
    public var startNanoseconds: UInt64
    /// CLOCK_MONOTONIC nanoseconds, not before the start.
    public var endNanoseconds: UInt64

    /// Makes a slice; an end before the start becomes the start.
    public init(pid: Int32, startNanoseconds: UInt64, endNanoseconds: UInt64) {
        self.pid = pid
        self.startNanoseconds = startNanoseconds
        self.endNanoseconds = max(startNanoseconds, endNanoseconds)
    }
}
