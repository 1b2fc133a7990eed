import Glibc

/// When sensors are looked for again: only while some are missing, and then at a low rate, as looking costs directory scans.
struct SensorSearch {
    let intervalNanoseconds: UInt64
    /// Whether something is missing that a search may find.
    var isWanted = false
    private var nextNanoseconds: UInt64 = 0

    init(intervalNanoseconds: UInt64) {
        self.intervalNanoseconds = intervalNanoseconds
    }

    /// Whether to search now. Says so once per interval.
    mutating func isDue(now: UInt64) -> Bool {
        guard isWanted, now >= nextNanoseconds else { return false }
        nextNanoseconds = now &+ intervalNanoseconds
        return true
    }

    /// Whether a read of an open sysfs file failed because its device was removed, and not because it is asleep or broken.
    static func meansGone(_ errno: Int32) -> Bool {
        errno == ENODEV || errno == ENOENT || errno == ENXIO
    }
}
