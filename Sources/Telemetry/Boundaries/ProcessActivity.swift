/// What one process has done, as the ledger knows it.
public struct ProcessActivity: Sendable, Equatable {
    /// Which process.
    public let process: ProcessIdentity
    /// Minibatches since the probes were attached, those of all its repeating sequences.
    public let minibatches: UInt64
    /// How they are told.
    public let state: BoundaryState
    /// How sure it is that they are minibatches and this many, 0 (not at all) to 1.
    public let confidence: Double
    /// Launches and waits since the probes were attached: exact, also when records were lost.
    public let calls: CUDACounts
    /// Launches and waits among them whose record was lost.
    public let lostRecords: UInt64
    /// When the latest minibatch ended, CLOCK_MONOTONIC nanoseconds; 0 before the first.
    public let lastBoundaryNanoseconds: UInt64
    /// Whether the process has gone.
    public let hasExited: Bool

    /// States an activity, as a test of a reader does.
    public init(
        process: ProcessIdentity, minibatches: UInt64, state: BoundaryState, confidence: Double, calls: CUDACounts,
        lostRecords: UInt64 = 0, lastBoundaryNanoseconds: UInt64, hasExited: Bool = false
    ) {
        self.process = process
        self.minibatches = minibatches
        self.state = state
        self.confidence = confidence
        self.calls = calls
        self.lostRecords = lostRecords
        self.lastBoundaryNanoseconds = lastBoundaryNanoseconds
        self.hasExited = hasExited
    }
}
