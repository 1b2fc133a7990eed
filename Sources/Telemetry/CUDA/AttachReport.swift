/// A library that is probed.
public struct AttachedLibrary: Sendable, Equatable {
    /// The path it was found by; in a container, as that container sees it.
    public let path: String
    /// The device that holds the file, as stat(2) numbers it.
    public let device: UInt64
    /// The file on that device.
    public let inode: UInt64
    /// The synchronisation functions that it has and that are watched.
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

/// What the probes could not tell, counted since they were loaded. Boundaries stay exact through lost records, as each
/// record carries its process's count.
public struct ProbeLosses: Sendable, Equatable {
    /// Records that found the ring full.
    public let records: UInt64
    /// Waits of processes beyond the table's size.
    public let processes: UInt64
    /// Returns from a wait whose beginning was not seen; they were not counted.
    public let waits: UInt64
}
