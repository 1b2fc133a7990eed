import Glibc
import SystemCalls
import Telemetry

/// What the probes at level `boundaries` add to one wait of a process.
enum ProbeBenchmark {
    fileprivate static let minibatchNanoseconds = 60e6

    fileprivate struct Round {
        let bare: Double
        let empty: Double?
        let probed: Double
    }

    static func run(programs: String) throws -> Section {
        var section = Section(
            title: "Probe cost per wait, level `boundaries`",
            method: """
                A C process calls cuStreamSynchronize (an empty function that begins with one nop) in three copies of a library \
                that take turns: without a probe, with a uprobe and a uretprobe that run no program, and with the probes of the \
                governor, whose ring is read into the ledger meanwhile. "Paced" is one call after a pause of 2 ms, with cold \
                caches and a sleeping reader as in a training loop; "back to back" is the mean of 200 calls in one go.
                """)
        guard geteuid() == 0 else {
            section.skipped = "uprobes and BPF need root."
            return section
        }
        switch CUDAProbes.support() {
        case .available: break
        case .unavailable(let reason), .unknown(let reason):
            section.skipped = reason
            return section
        }
        let folder = try ScratchFolder("probe")
        let library = try SmallFile.bytes(programs + "/libwaits.so", limit: 16 << 20)
        let copies = ["bare", "empty", "probed"].map { "\(folder.path)/\($0).so" }
        for copy in copies { try SmallFile.replaceAtomically(copy, with: library, mode: 0o755) }

        let probes = try CUDAProbes()
        let ledger = MinibatchLedger()
        let reader = try RingReader(probes: probes, events: ledger, news: EventSignal())
        try probes.attach(libraryAt: copies[2])
        var expected: UInt64 = 0
        var counted: UInt64 = 0
        for (pace, calls, pauseMicroseconds, rounds) in [("paced", 1, 2_000, 1_000), ("back to back", 200, 500, 500)] {
            let process = try ChildProcess(
                [programs + "/waiting-process"] + copies + [calls, pauseMicroseconds, rounds + warmUp].map(String.init))
            let measured = try times(of: process, calls: calls)
            guard process.wait() == 0, measured.count == rounds + warmUp else {
                throw BenchmarkError("The process that waits ended early.")
            }
            section.add(pace, Array(measured.dropFirst(warmUp)))
            expected += UInt64(calls * (rounds + warmUp))
            counted += boundaries(of: process.pid, in: ledger)
        }
        reader.stop()
        section.remarks.append(
            "Waits made \(expected), boundaries counted \(counted), records that found the ring full \(probes.losses.records)."
        )
        return section
    }

    private static let warmUp = 50

    /// Nanoseconds per call of each round that the process prints.
    private static func times(of process: ChildProcess, calls: Int) throws -> [Round] {
        var result: [Round] = []
        while let line = process.readLine() {
            let numbers = line.split(separator: " ").compactMap { Double($0) }
            guard numbers.count == 3 else { throw BenchmarkError("The process that waits said \"\(line)\".") }
            let perCall = numbers.map { $0 / Double(calls) }
            result.append(Round(bare: perCall[0], empty: perCall[1] < 0 ? nil : perCall[1], probed: perCall[2]))
        }
        return result
    }

    /// What the ledger counted of an ended process. The reader's thread may still be at its last records.
    private static func boundaries(of pid: Int32, in ledger: MinibatchLedger) -> UInt64 {
        var activity: ProcessActivity?
        for _ in 0..<2_000 {
            activity = ledger.snapshot().first { $0.process.pid == pid }
            if activity?.hasExited == true { break }
            usleep(1_000)
        }
        return activity?.calls.waits ?? 0
    }
}

extension Section {
    fileprivate mutating func add(_ pace: String, _ rounds: [ProbeBenchmark.Round]) {
        guard let bare = Row("baseline: call without a probe, \(pace)", "ns", rounds.map(\.bare)) else { return }
        let empty = Row("baseline: call with an empty uprobe and uretprobe, \(pace)", "ns", rounds.compactMap(\.empty))
        // A difference within a round, so that both have met the same noise.
        let added = rounds.map { $0.probed - $0.bare }
        rows += [
            Row("call with the probes, \(pace)", "ns", rounds.map(\.probed), over: empty),
            Row("added by the probes, \(pace)", "ns", added),
            Row(
                "added, of a minibatch of 60 ms with one wait, \(pace)", "%",
                added.map { $0 / ProbeBenchmark.minibatchNanoseconds * 100 }, target: .under(0.1)), bare, empty,
        ].compactMap(\.self)
        if empty == nil { remarks.append("The kernel gave no empty uprobe (\(pace)); there is no such baseline.") }
    }
}
