/// What came of a restore.
public struct RestoreReport: Hashable, Sendable {
    /// The files that hold their first value again, as "knob role".
    public internal(set) var restored: [String] = []
    /// What could not be put back, one sentence each. The journal is kept while there is any.
    public internal(set) var failures: [String] = []
    /// Knobs that the board no longer has, one sentence each: with the driver gone its setting is gone too.
    public internal(set) var vanished: [String] = []
    /// What is back but for now reads otherwise, as somebody else holds it down; one sentence each.
    public internal(set) var notes: [String] = []

    /// Whether the board is as it was found; the journal is gone then.
    public var isComplete: Bool { failures.isEmpty }
}

/// A knob that no longer holds what we set.
public struct ForeignWrite: Hashable, Sendable {
    /// The knob, as in `Knob.name`.
    public let knob: String
    /// The file that reads otherwise.
    public let path: String
    /// What it read after our last write.
    public let ours: String
    /// What it reads now; nil if it cannot be read.
    public let now: String?
    /// The cooling device that holds this clock down now. With one the knob is throttled, not set by somebody else.
    public let limiter: String?
}
