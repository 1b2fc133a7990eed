/// A stretch of time in which one process had the graphics and compute engine, as the context-switch trace tells it.
public struct ContextSwitchSlice: Hashable, Sendable {
    /// How the end is known.
    public enum Ending: UInt8, Sendable {
        /// SAVE_END of the same process.
        case saved
        /// The next context started, and no SAVE_END had come: the true end is at most this late.
        case inferred
        /// The engine was reset.
        case reset
        /// It has not ended: the process had the engine up to here, and the next slice goes on from here.
        case continues
        /// Entries were lost: nobody knows who had the engine after this.
        case lost
        /// Tracing stopped.
        case untraced
    }

    /// Who and when. Pid 0: the driver did not know the process, or entries were lost.
    public var slice: GPUSlice
    /// How the end is known.
    public var ending: Ending

    /// Makes a slice.
    public init(_ slice: GPUSlice, ending: Ending) {
        self.slice = slice
        self.ending = ending
    }
}

/// Who takes the slices of the context-switch source. All calls come from one thread, in order of time.
public protocol ContextSwitchReceiver: Sendable {
    /// From `nanoseconds` (CLOCK_MONOTONIC) on it is known who has the engine.
    func tracingBegan(at nanoseconds: UInt64)
    /// A slice ended, or was split. Slices do not overlap.
    func received(_ slice: ContextSwitchSlice)
    /// All slices up to `nanoseconds` (CLOCK_MONOTONIC) have been received.
    func delivered(until nanoseconds: UInt64)
    /// From `nanoseconds` (CLOCK_MONOTONIC) on it is no longer known who has the engine.
    func tracingEnded(at nanoseconds: UInt64)
}
