/// One file of a knob that Board writes.
struct KnobAttribute: Hashable, Sendable {
    /// What the file does to its knob; the raw value is the journal's word for it.
    enum Role: String, Hashable, Sendable {
        case online, min, max, control
    }

    let knob: String
    let role: Role
    /// With the root in front.
    let path: String
}

/// A setting of the board: a core's switch, or the cap of a clock.
public struct Knob: Sendable {
    /// `cpuN.online`, `cpu.policyN` (N: the cluster's lowest core), `gpu` or `emc`.
    public let name: String
    /// The file that caps the clock, or switches the core.
    public let path: String
    /// The values that can be written, ascending: 0 and 1 for a core, kHz for CPU clocks, Hz for the others.
    public let available: [Int]
    /// Whether a read of the cap is the value in force over everyone who limits it. The memory cap of r35 is not: it
    /// gives back what was written even if the request failed.
    public let readBackIsEffective: Bool

    let minimumPath: String?
    let currentPath: String?
    let files: any KnobFiles

    /// The lower bound in force; nil where the knob has none. Throws `unreadable`, also while a cluster is offline.
    public func min() throws(BoardError) -> Int? {
        guard let minimumPath else { return nil }
        return try files.integer(minimumPath)
    }

    /// The cap in force; "no cap" reads as the highest operating point. Throws `unreadable`.
    public func max() throws(BoardError) -> Int {
        Knob.cap(try files.integer(path), within: available)
    }

    /// The clock right now, or the cap where the kernel does not tell the clock. Throws `unreadable`.
    public func current() throws(BoardError) -> Int {
        guard let currentPath else { return try max() }
        return try files.integer(currentPath)
    }

    /// "No cap" is written 0 by r35, -1 by r36 and INT64_MAX by the kernel; all mean the top operating point.
    static func cap(_ value: Int, within available: [Int]) -> Int {
        guard let top = available.last else { return value }
        if top == 1 { return value }
        return value <= 0 || value > top ? top : value
    }
}

/// A knob that this board should have and does not show.
public struct MissingKnob: Hashable, Sendable {
    /// The knob's name, as in `Knob.name`.
    public let name: String
    /// Why it is missing and what brings it back, as full sentences.
    public let reason: String
}
