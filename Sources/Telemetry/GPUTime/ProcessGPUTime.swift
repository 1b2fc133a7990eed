/// How a process's busy time follows from what its source tells.
public enum GPUTimeMethod: String, CaseIterable, Sendable {
    /// The process had the engine. A process that is alone keeps the engine while it has nothing to do: an upper bound.
    case residency = "residency"
    /// Residency scaled to the load that the driver gives for the whole GPU.
    case residencyTimesLoad = "residency x load"
    /// Residency while launches of the process were in flight.
    case residencyInFlight = "residency in flight"
    /// Launches were in flight; shared evenly with other processes whose launches were.
    case inFlight = "in flight"
    /// The process waited for the GPU; shared evenly with other processes that waited.
    case waiting = "waiting"
    /// Nothing was measured.
    case none = "unmeasured"
}

/// The GPU time of one process, up to the account's horizon.
public struct ProcessGPUTime: Hashable, Sendable {
    /// The process; its start time is 0 until somebody has identified it.
    public var process: ProcessIdentity
    /// Nanoseconds of GPU time since the account began; never falls.
    public var busyNanoseconds: UInt64
    /// Nanoseconds of GPU time within the latest complete window.
    public var windowBusyNanoseconds: UInt64
    /// Where the latest of it comes from.
    public var source: GPUTimeSource
    /// How the latest of it follows from the source.
    public var method: GPUTimeMethod
    /// When it last used the GPU, CLOCK_MONOTONIC nanoseconds.
    public var lastActivityNanoseconds: UInt64
    /// Whether it has not been said to have ended.
    public var isLive: Bool
}

/// Where all of the time went. The parts add up to the nanosecond:
/// processes + `exited` + `unattributed` + `idle` + `unmeasured` = `elapsed`.
public struct GPUTimeTotals: Hashable, Sendable {
    /// Nothing yet.
    public init() {}

    /// Begin of the account, CLOCK_MONOTONIC nanoseconds.
    public var startNanoseconds: UInt64 = 0
    /// Up to here everything is given out, CLOCK_MONOTONIC nanoseconds.
    public var settledUntil: UInt64 = 0
    /// Time of processes that are in the table.
    public var processesNanoseconds: UInt64 = 0
    /// Time of processes that have ended and left the table.
    public var exitedNanoseconds: UInt64 = 0
    /// Time of processes that nobody could name: pid 0, lost entries, or a full table.
    public var unattributedNanoseconds: UInt64 = 0
    /// Time when a source was live and nobody used the GPU.
    public var idleNanoseconds: UInt64 = 0
    /// Time when no source was live and nobody was seen to use the GPU.
    public var unmeasuredNanoseconds: UInt64 = 0
    /// Length of the latest complete window.
    public var windowNanoseconds: UInt64 = 0
    /// Slices that came, in whole or in part, after their time had been given out.
    public var lateSlices: UInt64 = 0
    /// How much of slices came after its time had been given out.
    public var lateNanoseconds: UInt64 = 0
    /// Slices of processes for which the table had no room.
    public var overflowedSlices: UInt64 = 0
    /// Times that the horizon moved early because too much was waiting for it.
    public var forcedSettlements: UInt64 = 0

    /// Time that the account covers, nanoseconds.
    public var elapsedNanoseconds: UInt64 { settledUntil &- startNanoseconds }
}
