import Synchronization

/// What one process has done, as the ledger knows it.
public struct ProcessActivity: Sendable, Equatable {
    /// Which process.
    public let process: ProcessIdentity
    /// Boundaries since the probes were attached: exact, also when records were lost.
    public let boundaries: UInt64
    /// Boundaries among them whose record was lost; minibatch times across them are not kept.
    public let lostRecords: UInt64
    /// When the latest wait returned, CLOCK_MONOTONIC nanoseconds; 0 before the first.
    public let lastBoundaryNanoseconds: UInt64
    /// Whether the process has gone.
    public let hasExited: Bool

    /// States an activity, as a test of a reader does.
    public init(
        process: ProcessIdentity, boundaries: UInt64, lostRecords: UInt64 = 0, lastBoundaryNanoseconds: UInt64,
        hasExited: Bool = false
    ) {
        self.process = process
        self.boundaries = boundaries
        self.lostRecords = lostRecords
        self.lastBoundaryNanoseconds = lastBoundaryNanoseconds
        self.hasExited = hasExited
    }
}

/// Minibatch boundaries per process: the exact count, and the latest minibatch times.
///
/// A boundary is the return of one host-side wait; a minibatch time is the difference of two successive returns in the
/// same process. This simple detector is right for a program that waits once per minibatch, as a training loop that
/// reads its loss does. A program that waits k times per minibatch shows k boundaries for it; one that waits in several
/// threads, or for several models, shows all of them mixed; one that never waits shows none.
///
/// Safe from any thread. Recording for a known process allocates nothing.
public final class MinibatchLedger: Sendable {
    private let state: Mutex<ProcessTable>

    /// Makes an empty ledger for up to `maximumProcesses` processes at one time, each with its latest
    /// `maximumMinibatches` minibatch times (16 bytes each, taken when the process is first seen).
    public init(maximumProcesses: Int = 4_096, maximumMinibatches: Int = 256) {
        state = Mutex(ProcessTable(capacity: max(maximumProcesses, 1), minibatches: max(maximumMinibatches, 1)))
    }

    // MARK: Asking

    /// All processes, ordered by pid and start time; exited ones until they are forgotten or their place is needed.
    public func snapshot() -> [ProcessActivity] {
        state.withLock { table in table.histories.map(\.activity) }.sorted { $0.process < $1.process }
    }

    /// Minibatch times of `process` in milliseconds, oldest first: the latest `max` of those that began at or after
    /// `since` (CLOCK_MONOTONIC nanoseconds) and are still kept. Empty for a process that is not known.
    public func durations(of process: ProcessIdentity, since: UInt64, max: Int) -> [Double] {
        state.withLock { table in
            guard let index = table.index(of: process) else { return [] }
            return table.histories[index].durations(since: since, max: max)
        }
    }

    /// Drops a process that has exited. A living one is kept.
    public func forget(_ process: ProcessIdentity) {
        state.withLock { table in
            if let index = table.index(of: process), table.histories[index].hasExited { table.remove(index) }
        }
    }

    /// Boundaries that were not kept, because `maximumProcesses` living processes were known already.
    public var overflow: UInt64 {
        state.withLock { $0.overflow }
    }

    // MARK: Recording

    /// What became of a boundary.
    package enum Outcome: Sendable {
        /// Kept, for a process known before.
        case counted
        /// Kept; the process is new, or has come back.
        case firstSeen
        /// Not kept: the record carries no start time and no living process of that pid is known. Find out, then record
        /// it again with `admitsUnknown`.
        case unknownProcess
        /// Not kept: there is no place.
        case tableFull
    }

    /// Takes one boundary of `process`, whose start time may be 0. `counter` is the kernel's number of it, 0 if it has
    /// none; `end` is when the wait returned, in CLOCK_MONOTONIC nanoseconds.
    package func recordBoundary(
        of process: ProcessIdentity, counter: UInt64, at end: UInt64, admitsUnknown: Bool = false
    ) -> Outcome {
        state.withLock { table in
            table.record(process, counter: counter, at: end, admitsUnknown: admitsUnknown)
        }
    }

    /// Takes the exit of `process`, whose start time may be 0, and its final count. False if it is not known or has
    /// exited before.
    package func recordExit(of process: ProcessIdentity, counter: UInt64) -> Bool {
        state.withLock { table in table.exit(process, counter: counter) }
    }

    /// Takes over the kernel's count of a living process after records were lost. True if it was ahead.
    package func catchUp(_ process: ProcessIdentity, counter: UInt64) -> Bool {
        state.withLock { table in table.catchUp(process, counter: counter) }
    }

    /// Living processes whose exit may pass unseen, or whose start time is not known; with `all`, every living one.
    package func doubtful(all: Bool) -> [ProcessIdentity] {
        state.withLock { table in
            table.histories.filter { !$0.hasExited && (all || $0.isDoubtful) }.map(\.process)
        }
    }

    /// Compares a process of `doubtful` with what has its pid now, nil for nobody. True if that changed anything.
    package func verify(_ process: ProcessIdentity, against current: ProcessIdentity?) -> Bool {
        state.withLock { table in table.verify(process, against: current) }
    }
}
