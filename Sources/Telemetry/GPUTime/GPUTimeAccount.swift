import Synchronization

/// Who used the GPU for how long: takes the slices of all sources and gives every nanosecond to exactly one process, or to
/// nobody.
///
/// Time is settled up to a horizon that stays `lag` behind, so that slices may come late and out of order. The best source
/// that is live decides: residency by context switches where there is any, else launches in flight, else waits. Safe from any
/// thread. Memory is bounded; nothing is allocated once the tables have grown.
public final class GPUTimeAccount: Sendable {
    /// Processes at a time. The time of those beyond is counted as unattributed.
    public static let capacity = 4_096
    /// How long the horizon waits for a source, or a load, that is behind.
    private static let patience: UInt64 = 2_000_000_000

    private struct State {
        var sweep: GPUTimeSweep
        /// Up to where the context-switch source has told everything; nil while it is not live.
        var delivered: UInt64?
    }

    private let lag: UInt64
    private let windowLength: UInt64
    private let state: Mutex<State>

    /// An account that begins at `startNanoseconds` (CLOCK_MONOTONIC).
    ///
    /// - Parameters:
    ///   - lagNanoseconds: how late a slice may come.
    ///   - windowNanoseconds: least length of the windows for shares.
    public init(
        startNanoseconds: UInt64, lagNanoseconds: UInt64 = 250_000_000, windowNanoseconds: UInt64 = 1_000_000_000
    ) {
        lag = lagNanoseconds
        windowLength = windowNanoseconds
        state = Mutex(State(sweep: GPUTimeSweep(start: startNanoseconds, capacity: Self.capacity)))
    }

    // MARK: What the sources say

    /// From `nanoseconds` on `source` tells all that there is to tell: silence means that nobody used the GPU.
    public func began(_ source: GPUTimeSource, at nanoseconds: UInt64) {
        state.withLock {
            $0.sweep.source(source, isLive: true, at: nanoseconds)
            if source == .contextSwitches { $0.delivered = nanoseconds }
        }
    }

    /// From `nanoseconds` on `source` tells nothing. Its open work ends there.
    public func ended(_ source: GPUTimeSource, at nanoseconds: UInt64) {
        state.withLock {
            $0.sweep.source(source, isLive: false, at: nanoseconds)
            if source == .contextSwitches { $0.delivered = nil }
        }
    }

    /// Adds a slice. O(log n). What lies before the horizon is counted as late and given to nobody.
    ///
    /// - Parameter startTimeTicks: of the process, where the source knows it; 0 = not known.
    public func record(_ slice: GPUSlice, from source: GPUTimeSource, startTimeTicks: UInt64 = 0) {
        state.withLock { $0.sweep.add(slice, from: source, startTimeTicks: startTimeTicks) }
    }

    /// A process has work on the GPU from `nanoseconds` on, and it will be told when it has none (`workEnded`). Told once, the
    /// process's residency counts as busy only while it has work. A second begin without an end changes nothing.
    public func workBegan(
        _ source: GPUTimeSource, pid: Int32, startTimeTicks: UInt64 = 0, at nanoseconds: UInt64
    ) {
        state.withLock { $0.sweep.open(source, pid: pid, startTimeTicks: startTimeTicks, at: nanoseconds) }
    }

    /// All work that a process had on the GPU has drained. Ends what `workBegan` began at the slice's end; where nothing had
    /// begun, as the record of it was lost, adds the slice.
    public func workDrained(_ source: GPUTimeSource, _ slice: GPUSlice, startTimeTicks: UInt64 = 0) {
        state.withLock { $0.sweep.drain(source, slice, startTimeTicks: startTimeTicks) }
    }

    /// Sets right what lost records left open or unopened: `work` is all that is open at `nanoseconds`. What is missing in two
    /// lists in a row has ended. Linear in the processes.
    public func observed(_ work: [OpenWork], of source: GPUTimeSource, at nanoseconds: UInt64) {
        state.withLock { $0.sweep.reconcile(source, with: work, at: nanoseconds) }
    }

    /// The context-switch source has told everything up to `nanoseconds`: the horizon does not run ahead of it.
    public func contextSwitchesDelivered(until nanoseconds: UInt64) {
        state.withLock { if $0.delivered != nil { $0.delivered = nanoseconds } }
    }

    /// The load of the whole GPU, from 0 to 1,000, between two times. Residency in this window is scaled so that it adds up to
    /// the load, in proportion, and never up; time that is known to be in flight is left as it is. Once loads are told, the
    /// horizon waits for the next one, 2 s at most.
    public func recordLoad(permille: Int, from start: UInt64, to end: UInt64) {
        state.withLock { $0.sweep.loads.add(permille: UInt64(clamping: permille), from: start, to: end) }
    }

    /// Tells which process has a pid now, as /proc says. One that had it before, and was known by its start time, ends.
    public func identify(_ process: ProcessIdentity, at nanoseconds: UInt64) {
        state.withLock { $0.sweep.identify(process, at: nanoseconds, lag: lag) }
    }

    /// A process ended. Its time stays in the table until the horizon has passed, then in the sum of those that ended.
    public func exited(_ process: ProcessIdentity, at nanoseconds: UInt64) {
        state.withLock { $0.sweep.exit(process, at: nanoseconds, lag: lag) }
    }

    // MARK: What came out

    /// Gives out all time up to the horizon: `now` less the lag, and no further than the sources have told. Returns the horizon.
    /// Linear in the slices since the last call.
    @discardableResult
    public func settle(now: UInt64) -> UInt64 {
        state.withLock { state in
            var horizon = now > lag ? now - lag : 0
            for told in [state.delivered, state.sweep.loads.toldUntil == 0 ? nil : state.sweep.loads.toldUntil] {
                if let told, horizon > told, horizon - told < Self.patience { horizon = told }
            }
            state.sweep.settle(until: horizon, windowLength: windowLength)
            return state.sweep.totals.settledUntil
        }
    }

    /// GPU time of a process up to the horizon, nanoseconds; nil where nothing was measured of it.
    public func busy(of process: ProcessIdentity) -> UInt64? {
        state.withLock { state in
            let table = state.sweep.table
            guard let index = table.find(process.pid, process.startTimeTicks, at: 0), index != GPUTimeTable.nameless
            else { return nil }
            return table.slots[index].busy
        }
    }

    /// Where all of the time went.
    public var totals: GPUTimeTotals { state.withLock { $0.sweep.totals } }
    /// Up to here everything is given out, CLOCK_MONOTONIC nanoseconds.
    public var settledUntil: UInt64 { totals.settledUntil }

    /// The processes and where all of the time went, at one horizon. `processes` is filled anew and keeps its memory.
    public func snapshot(into processes: inout [ProcessGPUTime]) -> GPUTimeTotals {
        state.withLock { state in
            processes.removeAll(keepingCapacity: true)
            for slot in state.sweep.table.slots.dropFirst() where slot.isUsed {
                processes.append(
                    ProcessGPUTime(
                        process: slot.process, busyNanoseconds: slot.busy, windowBusyNanoseconds: slot.windowBusy,
                        source: slot.source, method: slot.method, lastActivityNanoseconds: slot.lastActivity,
                        isLive: slot.exitTime == .max))
            }
            return state.sweep.totals
        }
    }

    /// The processes at the horizon.
    public func snapshot() -> [ProcessGPUTime] {
        var processes = [ProcessGPUTime]()
        _ = snapshot(into: &processes)
        return processes
    }
}
