import Synchronization

/// The minibatches of each process: their number, and the latest times.
///
/// It takes what the probes tell, and has a `BoundaryDetector` for each process find the minibatches in it. Safe from
/// any thread. Taking a call of a known process allocates nothing while its pattern holds.
public final class MinibatchLedger: CUDAEventReceiver {
    private let state: Mutex<ProcessTable>
    private let onBoundary: (@Sendable (ProcessIdentity, MinibatchBoundary) -> Void)?

    /// Makes an empty ledger for up to `maximumProcesses` processes at one time, each with its latest
    /// `maximumBoundaries` boundaries (64 bytes each).
    ///
    /// - Parameter onBoundary: is told of each boundary at which minibatches ended, on the thread that hands in the
    /// calls. It must not block.
    public init(
        maximumProcesses: Int = 4_096, maximumBoundaries: Int = 256,
        onBoundary: (@Sendable (ProcessIdentity, MinibatchBoundary) -> Void)? = nil
    ) {
        state = Mutex(ProcessTable(capacity: max(maximumProcesses, 1), boundaries: max(maximumBoundaries, 1)))
        self.onBoundary = onBoundary
    }

    // MARK: Asking

    /// All processes, ordered by pid and start time; exited ones until they are forgotten or their place is needed.
    public func snapshot() -> [ProcessActivity] {
        state.withLock { table in table.histories.map(\.activity) }.sorted { $0.process < $1.process }
    }

    /// What minibatches of `process` took, oldest first: the latest `max` of those that began at or after `since`
    /// (CLOCK_MONOTONIC nanoseconds) and are still kept. Of several repeating sequences, training and evaluation say,
    /// those of the one that took the most of this time. Several that ended together are told as that many of the same
    /// time. Empty for a process that is not known.
    public func times(of process: ProcessIdentity, since: UInt64, max: Int) -> [MinibatchTime] {
        state.withLock { table in
            guard let index = table.index(of: process) else { return [] }
            return table.histories[index].times(since: since, max: max)
        }
    }

    /// From end to end, milliseconds, of the minibatches that `times` tells of.
    public func durations(of process: ProcessIdentity, since: UInt64, max: Int) -> [Double] {
        times(of: process, since: since, max: max).map(\.milliseconds)
    }

    /// From the first launch to the end, milliseconds, of the minibatches that `times` tells of.
    public func serviceMilliseconds(of process: ProcessIdentity, since: UInt64, max: Int) -> [Double] {
        times(of: process, since: since, max: max).map(\.serviceMilliseconds)
    }

    /// Launches of `process` that are missing to the end of its minibatch, 0 where the latest one that was told
    /// completed it; nil where nobody knows.
    public func launchesUntilBoundary(of process: ProcessIdentity) -> Int? {
        state.withLock { table in
            table.index(of: process).flatMap { table.histories[$0].detector.launchesUntilBoundary }
        }
    }

    /// Drops a process that has exited. A living one is kept.
    public func forget(_ process: ProcessIdentity) {
        state.withLock { table in
            if let index = table.index(of: process), table.histories[index].hasExited { table.remove(index) }
        }
    }

    /// Calls that were not kept, because `maximumProcesses` living processes were known already.
    public var overflow: UInt64 {
        state.withLock { $0.overflow }
    }

    // MARK: Recording

    /// Takes a call.
    public func receive(_ event: CUDAEvent, busyBegin: UInt64?) {
        tell(event.process, state.withLock { $0.add(event) })
    }

    /// Takes the exit and the final counts.
    public func processExited(_ process: ProcessIdentity, counts: CUDACounts) {
        tell(process, state.withLock { $0.exit(process, counts) })
    }

    /// Takes over the counts.
    public func recordsLost(of process: ProcessIdentity, counts: CUDACounts) {
        state.withLock { $0.catchUp(process, counts) }
    }

    private func tell(_ process: ProcessIdentity, _ boundary: MinibatchBoundary?) {
        if let boundary, boundary.count > 0 { onBoundary?(process, boundary) }
    }
}
