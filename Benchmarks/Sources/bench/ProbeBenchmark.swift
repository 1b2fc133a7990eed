import Glibc
import SystemCalls
import SystemPackage
import Telemetry

/// What the probes at level `boundaries` add to one wait of a process.
enum ProbeBenchmark {
    private static let minibatchNanoseconds = 60e6

    private struct Round {
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
        let reader = try RingReader(probes: probes, ledger: ledger, news: EventSignal())
        try probes.attach(libraryAt: copies[2])
        let process = try ChildProcess([programs + "/waiting-process"] + copies)
        guard process.readLine() == "ready" else { throw BenchmarkError("The process of the probe benchmark did not start.") }

        let paced = try measure(process, calls: 1, pauseMicroseconds: 2_000, rounds: 1_000)
        try section.add("paced", paced)
        let burst = try measure(process, calls: 200, pauseMicroseconds: 500, rounds: 500)
        try section.add("back to back", burst)
        process.closeInput()
        _ = process.wait()

        // Reading goes on in a thread: the exit is the last record.
        let expected = UInt64(1 * (1_000 + 50) + 200 * (500 + 50))
        var seen: ProcessActivity?
        for _ in 0..<2_000 {
            seen = ledger.snapshot().first { $0.process.pid == process.pid }
            if seen?.hasExited == true { break }
            usleep(1_000)
        }
        reader.stop()
        section.remarks.append(
            "Boundaries counted: \(seen?.boundaries ?? 0) of \(expected) waits; records that found the ring full: "
                + "\(probes.losses.records).")
        return section
    }

    /// Nanoseconds per call, after 50 rounds that do not count.
    private static func measure(
        _ process: ChildProcess, calls: Int, pauseMicroseconds: Int, rounds: Int
    ) throws -> [Round] {
        try process.write("\(calls) \(pauseMicroseconds) \(rounds + 50)\n")
        var result: [Round] = []
        while let line = process.readLine(), line != "done" {
            let numbers = line.split(separator: " ").compactMap { Double($0) }
            guard numbers.count == 3 else { throw BenchmarkError("The process of the probe benchmark said \"\(line)\".") }
            let scale = Double(calls)
            result.append(
                Round(
                    bare: numbers[0] / scale, empty: numbers[1] < 0 ? nil : numbers[1] / scale, probed: numbers[2] / scale))
        }
        guard result.count == rounds + 50 else { throw BenchmarkError("The process of the probe benchmark ended early.") }
        return Array(result.dropFirst(50))
    }
}

extension Section {
    fileprivate mutating func add(_ pace: String, _ rounds: [ProbeBenchmark.Round]) throws {
    }
}
