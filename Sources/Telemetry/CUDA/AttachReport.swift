/// A library that is probed.
public struct AttachedLibrary: Sendable, Equatable {
    /// The path it was found by; in a container, as that container sees it.
    public let path: String
    /// The device that holds the file, as stat(2) numbers it.
    public let device: UInt64
    /// The file on that device.
    public let inode: UInt64
    /// The functions that it has and that are watched.
    public let functions: [String]
}

/// A library that was not probed.
public struct RefusedLibrary: Sendable, Equatable {
    /// The path it was found by.
    public let path: String
    /// A sentence that names the file, the reason and the remedy.
    public let reason: String
}

/// What one round of attaching changed.
public struct AttachReport: Sendable, Equatable {
    /// Newly probed.
    public internal(set) var attached = [AttachedLibrary]()
    /// Newly refused, or failed.
    public internal(set) var refused = [RefusedLibrary]()
    /// Let go, as nobody uses them any more.
    public internal(set) var detached = [AttachedLibrary]()

    init() {}
}

/// What the probes could not tell, counted since they were loaded. Counts of launches and waits stay exact through lost
/// records, as each record carries its process's counts.
public struct ProbeLosses: Sendable, Equatable {
    /// Launches whose record found the ring full.
    public var launchRecords: UInt64 = 0
    /// Waits whose record found the ring full.
    public var waitRecords: UInt64 = 0
    /// Exits whose record found the ring full; they are found within about a second.
    public var exitRecords: UInt64 = 0
    /// Launches and waits of processes beyond the table's size; they were not counted.
    public var processes: UInt64 = 0
    /// Returns from a wait whose beginning was not seen; they were not counted.
    public var waits: UInt64 = 0
    /// Launches on streams beyond the 16 that are told apart in a process: only a wait for all streams drains them.
    public var streams: UInt64 = 0
    /// Processes whose last counts were gone before they could be fetched, as their pid was used again.
    public var accounts: UInt64 = 0

    /// Records of any kind that found the ring full.
    public var records: UInt64 { launchRecords &+ waitRecords &+ exitRecords }

    /// Nothing lost.
    public init() {}
}
