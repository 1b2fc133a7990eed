import Glibc
import SystemCalls

/// The processes of the tree, read again and again, with rates over the last readings.
public struct ProcessWatch {
    /// What one reading gave.
    public struct List: Sendable, Equatable {
        /// Those that may be read, by ascending pid, without names yet: see `described`.
        public var processes: [ProcessReading] = []
        /// How many processes there are whose numbers the caller may not read.
        public var denied = 0
    }

    private struct Counters {
        var readAt: UInt64
        var busyMicroseconds: Int?
        var minibatches: Int?
    }

    private let tree: TreeFiles
    private let procfs: String
    private let shortestNanoseconds: UInt64
    /// Of each process the latest readings, oldest first.
    private var histories: [Int32: [Counters]] = [:]
    private var userNames: [uid_t: String] = [:]

    /// The daemon's counters move when it publishes, not when they are read: over a shorter time, the beat of the two would show.
    private static let windowNanoseconds: UInt64 = 5_000_000_000
    /// Until this long was watched, the daemon's own figure for the last second is the better one for GPU time.
    private static let steadyNanoseconds: UInt64 = 3_000_000_000

    /// Watches `tree`. Rates are over the last five seconds, or as many as were watched; readings that follow one another by less
    /// than `shortestNanoseconds` give no new rates.
    public init(tree: TreeFiles, procfs: String = "/proc", shortestNanoseconds: UInt64) {
        self.tree = tree
        self.procfs = procfs
        self.shortestNanoseconds = shortestNanoseconds
    }

    /// Reads two files per process.
    public mutating func read() -> List {
        read(clock: MonotonicClock.nanoseconds)
    }

    mutating func read(clock: () -> UInt64) -> List {
        var list = List()
        var seen: [Int32: [Counters]] = [:]
        for name in tree.names("task") {
            guard let pid = Int32(name), pid > 0 else { continue }
            let text: String
            switch tree.content("task/\(pid)/gpu.stat") {
            case .text(let content): text = content
            case .denied:
                list.denied += 1
                continue
            // It ended while we were reading.
            case .absent: continue
            }
            let gpu = TreeFiles.flatKeyed(text)
            let energy = tree.numbers("task/\(pid)/energy.stat")
            let counters = Counters(
                readAt: clock(), busyMicroseconds: gpu["busy_us"], minibatches: gpu["minibatches"])
            let history = extended(histories[pid] ?? [], by: counters)
            seen[pid] = history
            var process = ProcessReading(pid: pid)
            process.gpuPermille = gpu["busy_permille"]
            // Per mille of the last second is milliseconds per second.
            process.gpuMillisecondsPerSecond =
                rate(history, 1e6, over: gpu["busy_permille"] == nil ? 0 : Self.steadyNanoseconds) {
                    $0.busyMicroseconds
                }
                ?? gpu["busy_permille"].map(Double.init)
            process.minibatchesPerSecond = rate(history, 1e9) { $0.minibatches }
            process.memoryBytes = gpu["memory_bytes"]
            process.energyMicrojoules = energy["total_uj"]
            process.powerMicrowatts = energy["power_uw"]
            list.processes.append(process)
        }
        histories = seen
        list.processes.sort { $0.pid < $1.pid }
        return list
    }

    private func extended(_ history: [Counters], by now: Counters) -> [Counters] {
        guard let last = history.last else { return [now] }
        func fell(_ counter: (Counters) -> Int?) -> Bool {
            if let now = counter(now), let before = counter(last) { return now < before }
            return false
        }
        // A counter that fell belongs to another process with the same pid.
        if fell({ $0.busyMicroseconds }) || fell({ $0.minibatches }) { return [now] }
        guard now.readAt > last.readAt, now.readAt - last.readAt >= shortestNanoseconds else { return history }
        let old = history.dropLast().prefix { now.readAt - $0.readAt > Self.windowNanoseconds }
        return history.dropFirst(old.count) + [now]
    }

    /// What `counter` rose by per second from the oldest to the latest reading that have it; nil over less than `shortest`.
    private func rate(
        _ history: [Counters], _ unitsPerSecond: Double, over shortest: UInt64 = 0, _ counter: (Counters) -> Int?
    ) -> Double? {
        guard let last = history.last, let now = counter(last),
            let first = history.first(where: { counter($0) != nil }), let before = counter(first),
            last.readAt > first.readAt, last.readAt - first.readAt >= shortest
        else { return nil }
        return Double(now - before) * unitsPerSecond / Double(last.readAt - first.readAt)
    }

    /// Adds to those processes that are to be shown what is no number: owner, command, workload and source.
    public mutating func described(_ processes: some Sequence<ProcessReading>) -> [ProcessReading] {
        let workloads = workloadsByPID()
        return processes.map { process in
            var process = process
            process.user = owner(of: process.pid)
            process.command = (try? SmallFile.text("\(procfs)/\(process.pid)/comm", limit: 256))
            process.workload = workloads[process.pid]
            process.source = tree.text("task/\(process.pid)/source")
            return process
        }
    }

    private func workloadsByPID() -> [Int32: String] {
        var workloads: [Int32: String] = [:]
        for name in tree.names("workload") {
            for line in (tree.text("workload/\(name)/pids") ?? "").split(separator: "\n") {
                if let pid = Int32(line) { workloads[pid] = name }
            }
        }
        return workloads
    }

    /// The tree gives each task to the owner of its process.
    private mutating func owner(of pid: Int32) -> String? {
        var status = stat()
        guard unsafe stat("\(tree.root)/task/\(pid)/gpu.stat", &status) == 0 else { return nil }
        let uid = status.st_uid
        if let name = userNames[uid] { return name }
        let name = unsafe getpwuid(uid).map { unsafe String(cString: $0.pointee.pw_name) } ?? "\(uid)"
        userNames[uid] = name
        return name
    }
}
