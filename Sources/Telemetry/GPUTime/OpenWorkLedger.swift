/// Which processes were told to have work on the GPU, so that lost records can be made good: what the probes' own account
/// says now is compared with what was told.
struct OpenWorkLedger {
    /// Set while the probes no longer show the work and the record of its end may still be on its way.
    private var missingSince = [Int32: UInt64]()
    private var told = Set<Int32>()

    /// Work of `pid` begins. Whether this is news.
    mutating func begin(_ pid: Int32) -> Bool {
        missingSince[pid] = nil
        return told.insert(pid).inserted
    }

    /// Work of `pid` has ended. Whether its begin had been told.
    mutating func end(_ pid: Int32) -> Bool {
        missingSince[pid] = nil
        return told.remove(pid) != nil
    }

    /// Compares with those that have work `now`. Returns what has ended without a word, and since when it was missing.
    mutating func reconcile(present: Set<Int32>, now: UInt64) -> [(pid: Int32, endedAt: UInt64)] {
        var ended = [(pid: Int32, endedAt: UInt64)]()
        for pid in told where !present.contains(pid) {
            if let since = missingSince[pid] {
                ended.append((pid, since))
            } else {
                missingSince[pid] = now
            }
        }
        for pid in present { missingSince[pid] = nil }
        for (pid, _) in ended { _ = end(pid) }
        return ended.sorted { $0.pid < $1.pid }
    }
}
