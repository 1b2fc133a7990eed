/// What the context-switch source has seen and what it could not make sense of, since it began.
public struct ContextSwitchCounts: Sendable, Equatable {
    /// Entries read.
    public var records: UInt64 = 0
    /// Entries CONTEXT_START: how often a context got the engine.
    public var contextStarts: UInt64 = 0
    /// Entries SAVE_END: how often a context left the engine.
    public var contextSaves: UInt64 = 0
    /// Entries ENGINE_RESET.
    public var engineResets: UInt64 = 0
    /// Entries that the driver made and that never came, going by their running numbers: at least as many.
    public var lostRecords: UInt64 = 0
    /// Times that entries were lost.
    public var losses: UInt64 = 0
    /// Nanoseconds during which it is not known who had the engine, because entries were lost.
    public var lostNanoseconds: UInt64 = 0
    /// Reads that ended inside an entry; the rest came with the next one.
    public var tornReads: UInt64 = 0
    /// Entries whose tag is not known here; ignored.
    public var unknownTags: UInt64 = 0
    /// Entries with a pid that no process can have; their time belongs to nobody that is known.
    public var impossiblePids: UInt64 = 0
    /// Entries dropped because their time lies before that of an earlier entry, or after it was read.
    public var implausibleTimestamps: UInt64 = 0
    /// Times that the GPU's timer began anew.
    public var timerRestarts: UInt64 = 0
    /// Slices whose SAVE_END never came; they end where the next context starts.
    public var inferredEnds: UInt64 = 0
    /// SAVE_END of a process that nobody saw start; its time is not known.
    public var unmatchedSaves: UInt64 = 0
    /// Reads, flushes, starts and stops that the driver refused.
    public var failedReads: UInt64 = 0

    /// Nothing seen.
    public init() {}
}
