import Glibc

/// The processes that the probes have met, by pid: which process an account of the kernel side belongs to.
///
/// An account is named by pid and instance. The exit of a process closes it, so that a later process with the pid has
/// another; an exec, and threads that outlive the first one, open another for the same process.
struct ProbedProcesses {
    struct Entry {
        let process: ProcessIdentity
        let instance: UInt64
        var counts = CUDACounts()
        var hasEnded = false
        /// No exit record may come: its start is not known, it has no account, or its first thread is gone.
        var isDoubtful: Bool
        /// How often in a row /proc did not know it.
        var absences = 0
    }

    private(set) var entries = [Int32: Entry]()
    private let capacity: Int

    init(capacity: Int) {
        self.capacity = capacity
        entries.reserveCapacity(capacity)
    }

    /// The living process that an account belongs to. `instance` of 0 asks for whatever lives with that pid.
    func living(_ pid: Int32, instance: UInt64) -> ProcessIdentity? {
        guard let entry = entries[pid], !entry.hasEnded, instance == 0 || entry.instance == instance else {
            return nil
        }
        return entry.process
    }

    /// Notes the counts of a record. Returns the living process that it belongs to, nil if that is not known.
    mutating func note(_ record: CUDARecord) -> ProcessIdentity? {
        guard let index = entries.index(forKey: record.pid) else { return nil }
        guard !entries.values[index].hasEnded, entries.values[index].instance == record.instance else { return nil }
        entries.values[index].counts.rise(to: record.counts)
        return entries.values[index].process
    }

    /// Enters the process of a record. Returns the one that had the pid and is gone without an exit record, if there was
    /// one, and whether there was a place.
    mutating func enter(
        _ process: ProcessIdentity, instance: UInt64, counts: CUDACounts
    ) -> (isEntered: Bool, former: Entry?) {
        let former = entries[process.pid]
        if former == nil && entries.count >= capacity {
            entries = entries.filter { !$0.value.hasEnded }
            if entries.count >= capacity { return (false, nil) }
        }
        // The same process again although it had ended: its first thread went before the others.
        let outlived = former?.process == process && former?.hasEnded == true
        entries[process.pid] = Entry(
            process: process, instance: instance, counts: counts,
            isDoubtful: outlived || process.startTimeTicks == 0 || instance == 0)
        return (true, former?.hasEnded == false ? former : nil)
    }

    /// Notes that the process with this account has ended. After an exec it lives on, and will have another account.
    mutating func end(_ pid: Int32, instance: UInt64, byExec: Bool = false) -> Entry? {
        guard let entry = entries[pid], !entry.hasEnded, entry.instance == instance else { return nil }
        if byExec { entries[pid] = nil } else { entries[pid]?.hasEnded = true }
        return entry
    }

    /// Takes over counts that no record told. Returns whether they were higher.
    mutating func catchUp(_ pid: Int32, counts: CUDACounts) -> Bool {
        guard let before = entries[pid]?.counts else { return false }
        entries[pid]?.counts.rise(to: counts)
        return entries[pid]?.counts != before
    }

    /// The kernel side has no account for these any more, although no record told of their exit.
    mutating func doubt(except found: Set<UInt64>) {
        for pid in entries.keys where !found.contains(entries[pid]?.instance ?? 0) { entries[pid]?.isDoubtful = true }
    }

    /// Living processes whose exit may pass unseen.
    var doubtful: [Entry] { entries.values.filter { $0.isDoubtful && !$0.hasEnded } }

    /// Notes whether /proc knows a process of `doubtful`. Returns true when it has been absent twice: its exit record,
    /// if there was one, has been read by then.
    mutating func noteAbsence(_ entry: Entry, isAbsent: Bool) -> Bool {
        let pid = entry.process.pid
        guard let known = entries[pid], known.instance == entry.instance, !known.hasEnded else { return false }
        entries[pid]?.absences = isAbsent ? known.absences + 1 : 0
        return isAbsent && known.absences >= 1
    }
}

extension CUDACounts {
    /// Two threads' records may come in the other order: counts never fall.
    mutating func rise(to counts: CUDACounts) {
        launches = max(launches, counts.launches)
        waits = max(waits, counts.waits)
    }
}

extension ProcessIdentity {
    /// The process that has `pid` now, unless it started after the account `instance` (CLOCK_BOOTTIME nanoseconds, 0 = not
    /// known) was opened: then the owner of the account has gone.
    init?(_ pid: Int32, holding instance: UInt64) {
        guard let running = try? ProcessIdentity(running: pid) else { return nil }
        let ticks = UInt64(max(sysconf(Int32(_SC_CLK_TCK)), 1))
        let start = running.startTimeTicks.multipliedReportingOverflow(by: 1_000_000_000 / ticks)
        guard instance == 0 || (!start.overflow && start.partialValue <= instance) else { return nil }
        self = running
    }
}
