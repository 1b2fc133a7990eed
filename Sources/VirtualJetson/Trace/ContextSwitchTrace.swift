import Synchronization
import SystemPackage

/// The driver's half of nvgpu's context-switch trace: the firmware's ring of records, which is drained 60 times a second, and
/// the ring of entries that a program reads (common/gr/fecs_trace.c, os/linux/fecs_trace_linux.c).
///
/// Both rings lose what does not fit. A record that the firmware cannot place is lost without a trace; an entry that the
/// program's ring cannot take has had its sequence number, and so has one that the filter holds back.
final class ContextSwitchTrace: Sendable {
    /// Records in the firmware's ring (GK20A_FECS_TRACE_NUM_RECORDS).
    static let recordLimit = 1024
    /// GK20A_FECS_TRACE_FRAME_PERIOD_US, nanoseconds.
    static let drainPeriod: UInt64 = 1_000_000_000 / 60
    /// The largest ring that RING_SETUP gives: 128 pages, in bytes.
    static let ringLimit = 128 * 4096
    private static let headerBytes = 32

    /// What the trace has done since the board started.
    struct Totals: Hashable, Sendable {
        /// Records that the driver took from the firmware.
        var records: UInt64 = 0
        /// Records that the firmware could not place.
        var lost: UInt64 = 0
        /// Entries put where the program can read them.
        var entries: UInt64 = 0
        /// Entries that the program's ring had no room for.
        var dropped: UInt64 = 0
    }

    /// 256 bits, one for each tag.
    typealias Filter = [UInt64]

    private struct State {
        var isOpen = false
        var isEnabled = false
        var enabledAt: UInt64 = 0
        var nextDrain: UInt64 = 0
        var records: [ContextSwitch] = []
        var filter = Filter(repeating: ~0, count: 4)
        var sequence: UInt16 = 0
        var entries: [TraceEntry] = []
        var head = 0
        var capacity = 0
        var totals = Totals()
        var arrived: (@Sendable () -> Void)?

        var waiting: Int { entries.count - head }
    }

    private let state = Mutex(State())
    /// What PTIMER counts from, CLOCK_MONOTONIC nanoseconds.
    private let epoch: UInt64

    init(epoch: UInt64) { self.epoch = epoch }

    var totals: Totals { state.withLock { $0.totals } }

    /// Is called, from any thread, when there is something to read. Nil for nobody.
    func onArrival(_ arrived: (@Sendable () -> Void)?) { state.withLock { $0.arrived = arrived } }

    // MARK: The firmware and the driver's thread

    /// Takes what has happened up to `now`, in order of time, and drains when it is time to. Returns when the next drain is
    /// due; nil when there is nothing to drain.
    func accept(_ records: [ContextSwitch], until now: UInt64) -> UInt64? {
        let (next, arrived) = state.withLock { state -> (UInt64?, (@Sendable () -> Void)?) in
            guard state.isEnabled else { return (nil, nil) }
            let before = state.totals.entries
            for record in records where record.time >= state.enabledAt {
                if record.time >= state.nextDrain { drain(&state, at: record.time) }
                if case .reset = record.kind {
                    // This one the driver writes itself.
                    drain(&state, at: record.time)
                    write(record, &state)
                } else if state.records.count < Self.recordLimit {
                    state.records.append(record)
                } else {
                    state.totals.lost &+= 1
                }
            }
            if now >= state.nextDrain { drain(&state, at: now) }
            return (
                state.records.isEmpty ? nil : state.nextDrain,
                state.totals.entries != before ? state.arrived : nil
            )
        }
        arrived?()
        return next
    }

    private func drain(_ state: inout State, at time: UInt64) {
        for record in state.records { write(record, &state) }
        state.totals.records &+= UInt64(state.records.count)
        state.records.removeAll(keepingCapacity: true)
        let periods = (max(time, state.nextDrain) - state.nextDrain) / Self.drainPeriod + 1
        if time >= state.nextDrain { state.nextDrain &+= periods * Self.drainPeriod }
    }

    private func write(_ record: ContextSwitch, _ state: inout State) {
        // PTIMER counts in units of 32 ns.
        let timestamp = (record.time &- epoch) & ~31
        for var entry in TraceEntry.entries(of: record, timestamp: timestamp) {
            entry.sequence = state.sequence
            state.sequence &+= 1
            // In this order, as gk20a_ctxsw_trace_write has it: a full ring drops also what the filter would hold back.
            if state.waiting >= state.capacity {
                state.totals.dropped &+= 1
            } else if state.filter[Int(entry.tag.rawValue) / 64] & (1 << UInt64(entry.tag.rawValue & 63)) != 0 {
                state.entries.append(entry)
                state.totals.entries &+= 1
            }
        }
    }

    // MARK: The program

    /// EBUSY while another program has it open.
    func open() throws(Errno) {
        try state.withLock { (state) throws(Errno) in
            guard !state.isOpen else { throw .resourceBusy }
            state.isOpen = true
            state.filter = Filter(repeating: ~0, count: 4)
            state.sequence = 0
            Self.setRing(&state, bytes: Self.ringLimit)
        }
    }

    /// Tracing ends with its only program.
    func close() {
        state.withLock { state in
            state.isOpen = false
            state.isEnabled = false
            state.records = []
            state.entries = []
            state.head = 0
        }
    }

    /// Records are taken from `now` on.
    func enable(at now: UInt64) {
        state.withLock { state in
            guard state.isOpen, !state.isEnabled else { return }
            state.isEnabled = true
            state.enabledAt = now
            state.nextDrain = now &+ Self.drainPeriod
            state.records.removeAll()
        }
    }

    func disable() { state.withLock { $0.isEnabled = false } }

    /// Gives the program a ring of `bytes` with its header, empty; returns the size in whole pages. EBUSY while tracing.
    func setRing(bytes: Int) throws(Errno) -> Int {
        try state.withLock { (state) throws(Errno) -> Int in
            guard !state.isEnabled else { throw .resourceBusy }
            guard (Self.headerBytes + 2 * TraceEntry.bytes...Self.ringLimit).contains(bytes) else {
                throw .invalidArgument
            }
            let size = (bytes + 4095) / 4096 * 4096
            Self.setRing(&state, bytes: size)
            return size
        }
    }

    private static func setRing(_ state: inout State, bytes: Int) {
        state.entries = []
        state.head = 0
        // One place stays free, so that full and empty differ.
        state.capacity = (bytes - headerBytes) / TraceEntry.bytes - 1
    }

    var filter: Filter {
        get { state.withLock { $0.filter } }
        set { state.withLock { $0.filter = newValue } }
    }

    /// Drains at once what the firmware has recorded.
    func flush() {
        let arrived = state.withLock { state -> (@Sendable () -> Void)? in
            let before = state.totals.entries
            drain(&state, at: 0)
            return state.totals.entries != before ? state.arrived : nil
        }
        arrived?()
    }

    var isReadable: Bool { state.withLock { $0.waiting > 0 } }

    /// Whole entries, as many as fit; EAGAIN when there is none.
    func read(limit: Int) throws(Errno) -> [UInt8] {
        try state.withLock { (state) throws(Errno) -> [UInt8] in
            guard state.waiting > 0 else { throw .resourceTemporarilyUnavailable }
            let count = min(limit / TraceEntry.bytes, state.waiting)
            var bytes: [UInt8] = []
            bytes.reserveCapacity(count * TraceEntry.bytes)
            for entry in state.entries[state.head..<state.head + count] { entry.append(to: &bytes) }
            state.head += count
            if state.head == state.entries.count || state.head >= 4096 {
                state.entries.removeFirst(state.head)
                state.head = 0
            }
            return bytes
        }
    }
}
