import Glibc
import SystemCalls

/// The governor's published tree, as any reader sees it.
package struct GovernorTree {
    package let root: String

    package init(root: String) { self.root = root }

    /// The content of one file; nil if it cannot be read.
    package func text(_ path: String) -> String? {
        try? SmallFile.text(root + "/" + path)
    }

    package func number(_ path: String) -> Double? {
        text(path).flatMap { Double($0) }
    }

    /// One value of a flat-keyed file.
    package func value(_ path: String, _ key: String) -> Double? {
        text(path)?.split(separator: "\n").first { $0.hasPrefix(key + " ") }
            .flatMap { Double($0.dropFirst(key.count + 1)) }
    }

    /// The first workload of the scene.
    package var workload: String? {
        (try? Directory.names(root + "/workload"))?.first { name in
            Stage.workloads.contains { name.hasPrefix($0) }
        }
    }

    /// Waits, woken by the tree's `events`, until `condition` holds. False if it did not in time. What is no event, as a
    /// measured value, is looked at every `milliseconds`.
    package func wait(seconds: Int, every milliseconds: UInt64 = 60_000, until condition: () -> Bool) throws -> Bool {
        let deadline = MonotonicClock.nanoseconds() + UInt64(seconds) * 1_000_000_000
        let events = try OwnedDescriptor(opening: root + "/events")
        var buffer = [UInt8](repeating: 0, count: 512)
        while true {
            // Reading first: a change after this read wakes the poll.
            _ = unsafe buffer.withUnsafeMutableBytes { unsafe events.read(into: $0) }
            if condition() { return true }
            let now = MonotonicClock.nanoseconds()
            guard now < deadline else { return false }
            var entry = pollfd(fd: events.rawValue, events: Int16(POLLPRI), revents: 0)
            _ = unsafe poll(&entry, 1, Int32(min((deadline - now) / 1_000_000 + 1, milliseconds, 60_000)))
        }
    }
}
