import Glibc
import SystemCalls
import Telemetry

/// What 10,000 launches a second cost on both sides: in the process that launches and in the thread that reads.
enum ProbeRateBenchmark {
    private static let launchesPerSecond = 10_000
    private static let launchesPerWait = 600
    private static let milliseconds = 1_000
    private static let rounds = 5

    static func run(programs: String) throws -> Section {
        var section = Section(
            title: "10,000 launches a second",
            method: """
                A C process launches 10,000 times a second, in bursts of 10, and waits after each 600, for \
                \(milliseconds / 1_000) s through each of four copies of a library that take turns. "Probe side" is the CPU time \
                (CLOCK_THREAD_CPUTIME_ID) of its one thread beyond that with the copy without a probe in the same round; "daemon \
                side" that of the thread that reads the ring (schedstat), which feeds the minibatch detector. "bpftrace" is its \
                whole process.
                """)
        if let obstacle = ProbeBenchmark.obstacle {
            section.skipped = obstacle
            return section
        }
        let copies = try ProbedCopies(programs: programs)
        let ledgers = [MinibatchLedger(), MinibatchLedger()]
        let readers = try zip([copies.boundaries, copies.launches], ledgers).map {
            try RingReader(probes: $0, events: $1, news: EventSignal())
        }
        var spent: [String: [Double]] = [:]
        var launched = 0
        for _ in 0..<rounds {
            var bare = 0.0
            for name in ["bare", "boundaries", "launches"] + (copies.bpftrace == nil ? [] : ["bpftrace"]) {
                let run = try Run(programs: programs, library: copies.path(name), bpftrace: copies.bpftrace)
                if name == "bare" { bare = run.callerNanoseconds }
                if name == "launches" { launched += run.launches }
                spent[name + " probe side", default: []].append(run.percent(run.callerNanoseconds - bare))
                spent[name + " daemon side", default: []].append(
                    run.percent(name == "bpftrace" ? run.bpftraceNanoseconds : run.ringNanoseconds))
            }
            spent["bare", default: []].append(bare / Double(milliseconds) / 1e4)
        }
        for reader in readers { reader.stop() }
        for side in ["probe side", "daemon side"] {
            let bpftrace = Row("bpftrace: \(side)", "% of a core", spent["bpftrace " + side] ?? [])
            section.rows += ["boundaries", "launches"].compactMap {
                Row("`\($0)`: \(side)", "% of a core", spent["\($0) \(side)"] ?? [], over: bpftrace)
            }
            if let bpftrace { section.rows.append(bpftrace) }
        }
        if let row = Row("the process without a probe", "% of a core", spent["bare"] ?? []) { section.rows.append(row) }
        let counted = ledgers[1].snapshot().reduce(0) { $0 + $1.calls.launches }
        section.remarks.append(
            "Launches made at level `launches` \(launched), counted \(counted), records lost \(copies.launches.losses.records)."
        )
        return section
    }

    /// One process that launches through one copy, and the time that others took meanwhile.
    private struct Run {
        let callerNanoseconds: Double
        let ringNanoseconds: Double
        let bpftraceNanoseconds: Double
        let launches: Int

        init(programs: String, library: String, bpftrace: BPFTrace?) throws {
            let process = try ChildProcess(
                [programs + "/calling-process", "rate"]
                    + [launchesPerSecond, launchesPerWait, milliseconds].map(String.init) + [library])
            guard process.readLine() == "begin" else {
                throw BenchmarkError("The process that launches did not begin.")
            }
            let ringBefore = Self.ringTime()
            let bpftraceBefore = bpftrace?.cpuNanoseconds ?? 0
            process.closeInput()
            let numbers = (process.readLine() ?? "").split(separator: " ").compactMap { Double($0) }
            ringNanoseconds = Self.ringTime() - ringBefore
            bpftraceNanoseconds = (bpftrace?.cpuNanoseconds ?? 0) - bpftraceBefore
            guard process.wait() == 0, numbers.count == 2 else {
                throw BenchmarkError("The process that launches ended early.")
            }
            launches = Int(numbers[0])
            callerNanoseconds = numbers[1]
        }

        func percent(_ nanoseconds: Double) -> Double { nanoseconds / Double(milliseconds) / 1e4 }

        private static func ringTime() -> Double {
            MeasuredProcess(pid: getpid()).threadNanoseconds().values.filter { $0.name == "cuda-ring" }
                .reduce(0) { $0 + $1.nanoseconds }
        }
    }
}

extension BPFTrace {
    fileprivate var cpuNanoseconds: Double {
        MeasuredProcess(pid: pid).threadNanoseconds().values.reduce(0) { $0 + $1.nanoseconds }
    }
}
