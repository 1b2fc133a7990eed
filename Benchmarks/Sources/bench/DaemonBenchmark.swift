import Glibc
import SystemCalls

/// What the daemon takes of the machine while it governs one settled training process on the virtual board.
enum DaemonBenchmark {
    private static let windows = 10

    static func run(programs: String, seconds: Int) throws -> Section {
        var section = Section(
            title: "Daemon at 10 Hz, one settled workload",
            method: """
                The release fulcrumd on the virtual AGX Orin (minibatches at the board's pace), rails and power guard every 100 ms, \
                waits probed, one training process settled. CPU time is that of all threads in /proc/PID/task/*/schedstat (ns; \
                /proc/PID/stat counts steps of 10 ms and is the check), over \(seconds) s in \(windows) windows; memory is VmRSS of /proc/PID/status. The board's files are a FUSE file system here, so each \
                read costs context switches that a board's sysfs does not have; the row with plain copies is without. The baseline is a thread that does nothing but \
                the preads of the same rail files every 100 ms.
                """)
        guard geteuid() == 0 else {
            section.skipped = "the daemon and the virtual board need root."
            return section
        }
        let scene = try GovernedScene(programs: programs)
        defer { scene.strike() }
        try scene.startBoard()
        let baseline = Row(
            "baseline: bare preads of the rails at 10 Hz", "% of a core",
            try barePolling(scene.railFiles(), seconds: 10))
        var onPlainFiles: Usage?
        if let plain = try scene.copyBoard() {
            try scene.startDaemon(on: plain)
            onPlainFiles = try Self.usage(of: scene, seconds: seconds / 2)
            scene.stopDaemon()
        }
        try scene.startDaemon()
        let idle = try Self.usage(of: scene, seconds: seconds / 2)
        try scene.startWorkload()
        let settling = try scene.waitUntilSettled(seconds: 240)
        let settled = try Self.usage(of: scene, seconds: seconds)
        let state = scene.workloadState ?? "gone"

        section.rows = [
            Row(
                "CPU, one workload settled", "% of a core", settled.percent, over: baseline,
                target: .under(0.5)),
            Row("CPU, no workload", "% of a core", idle.percent, over: baseline),
            Row("CPU, no workload, plain copies of the board's files", "% of a core", onPlainFiles?.percent ?? []),
            baseline,
            Row("RSS at the end", "MB", [settled.endMegabytes], target: .under(30)),
            Row("RSS growth over \(seconds) s", "MB", [settled.endMegabytes - settled.beginMegabytes]),
            Row("heap growth over \(seconds) s (private writable memory)", "MB", [settled.endHeap - settled.beginHeap]),
        ].compactMap(\.self)
        section.remarks.append("The workload was settled after \(fixed(settling, 0)) s, and was \(state) at the end.")
        if state != "settled" {
            section.remarks.append("So the CPU figure includes profiling; run it again for one without.")
        }
        for (what, usage) in [
            ("one workload settled", settled), ("no workload", idle), ("no workload, plain copies", onPlainFiles),
        ] {
            guard let usage else { continue }
            section.remarks.append(
                "By thread, \(what) (% of a core): "
                    + usage.threads.map { "\($0.name) \(fixed($0.percent, 2))" }.joined(separator: ", ")
                    + "; by /proc/PID/stat, all threads: \(fixed(usage.tickPercent, 2)). GPU processes seen that are "
                    + "not of this benchmark: \(usage.foreignWorkloads).")
        }
        section.remarks.append(
            "RSS of the daemon: \(fixed(settled.beginMegabytes, 1)) MB at the begin, \(fixed(settled.endMegabytes, 1)) MB at the end; "
                + "of this, files (programs, libraries) \(fixed(settled.fileMegabytes, 1)) MB.")
        return section
    }

    private struct Usage {
        var percent: [Double] = []
        var tickPercent = 0.0
        var foreignWorkloads = 0
        var beginMegabytes = 0.0
        var endMegabytes = 0.0
        var fileMegabytes = 0.0
        var beginHeap = 0.0
        var endHeap = 0.0
        var threads: [(name: String, percent: Double)] = []
    }

    private static func usage(of scene: GovernedScene, seconds: Int) throws -> Usage {
        guard let daemon = scene.daemon else { throw BenchmarkError("The daemon is not there.") }
        let process = MeasuredProcess(pid: daemon.pid)
        var usage = Usage()
        let memory = process.memory()
        usage.beginMegabytes = memory.rss
        usage.beginHeap = memory.anonymous
        let threads = process.threadNanoseconds()
        let ticks = process.cpuSeconds()
        let begin = MonotonicClock.nanoseconds()
        var last = (time: begin, cpu: total(threads))
        for _ in 0..<windows {
            usleep(UInt32(seconds * 1_000_000 / windows))
            try scene.check()
            let now = (time: MonotonicClock.nanoseconds(), cpu: total(process.threadNanoseconds()))
            usage.percent.append((now.cpu - last.cpu) / Double(now.time - last.time) * 100)
            last = now
        }
        let elapsed = Double(last.time - begin)
        usage.tickPercent = (process.cpuSeconds() - ticks) / (elapsed / 1e9) * 100
        usage.foreignWorkloads = scene.foreignWorkloads
        let after = process.memory()
        usage.endMegabytes = after.rss
        usage.endHeap = after.anonymous
        usage.fileMegabytes = after.file
        usage.threads = process.threadNanoseconds().map { id, thread in
            (thread.name, (thread.nanoseconds - (threads[id]?.nanoseconds ?? 0)) / elapsed * 100)
        }.sorted { $0.1 > $1.1 }
        return usage
    }

    private static func total(_ threads: [String: (name: String, nanoseconds: Double)]) -> Double {
        threads.values.reduce(0) { $0 + $1.nanoseconds }
    }

    /// CPU time in percent of one core, per second, of reading `files` every 100 ms and nothing else.
    private static func barePolling(_ files: [String], seconds: Int) throws -> [Double] {
        guard !files.isEmpty else { throw BenchmarkError("The virtual board has no rails.") }
        let descriptors = files.map { unsafe open($0, O_RDONLY | O_CLOEXEC) }
        defer { for descriptor in descriptors { close(descriptor) } }
        var percent: [Double] = []
        for _ in 0..<seconds {
            let begin = threadNanoseconds()
            for _ in 0..<10 {
                usleep(100_000)
                for descriptor in descriptors {
                    var buffer: (UInt64, UInt64) = (0, 0)
                    _ = unsafe withUnsafeMutableBytes(of: &buffer) {
                        unsafe pread(descriptor, $0.baseAddress, $0.count, 0)
                    }
                }
            }
            percent.append(Double(threadNanoseconds() - begin) / 1e9 * 100)
        }
        return percent
    }

    private static func threadNanoseconds() -> UInt64 {
        var time = timespec()
        _ = unsafe clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }
}
