import Glibc
import SystemCalls
import Telemetry

/// What the probes of each level add to one call of a process, and to a minibatch.
enum ProbeBenchmark {
    private static let waits = ["cuStreamSynchronize", "cuCtxSynchronize", "cuEventSynchronize", "cuMemcpyDtoH_v2"]
    private static let calls = ["cuLaunchKernel", "cuLaunchKernelEx", "cuGraphLaunch", "cuEventRecord"]
    private static let warmUp = 20
    private static let minibatchNanoseconds = 60e6
    /// A training step of a small network launches some hundred kernels.
    private static let launchesPerMinibatch = 500.0

    static func run(programs: String) throws -> Section {
        var section = Section(
            title: "Probe cost per call",
            method: """
                A C process calls functions of a library that do nothing and begin with one nop, in copies of it that take turns: \
                without a probe, with uprobes (and for waits uretprobes) that run no program, with the probes of levels \
                `boundaries` and `launches`, whose rings are read into a minibatch detector meanwhile, and with bpftrace, whose \
                script keeps the same counts and writes the same facts as a line to a file. Figures are added time per call: the \
                copy's less that of the one without a probe in the same round. "Back to back" is the mean of 200 calls in one go, \
                "paced" is one call after a pause of 2 ms, with cold caches and sleeping readers. "To baseline" is over bpftrace.
                """)
        if let obstacle {
            section.skipped = obstacle
            return section
        }
        let copies = try ProbedCopies(programs: programs)
        if copies.bpftrace == nil { section.remarks.append("bpftrace is not installed, so nothing is beside it.") }
        let readers = try [copies.boundaries, copies.launches].map {
            try RingReader(probes: $0, events: MinibatchLedger(), news: EventSignal())
        }
        var backToBack: [String: [Round]] = [:]
        for function in waits + calls {
            let rounds = try measure(function, calls: 200, pauseMicroseconds: 500, rounds: 200, copies, programs)
            backToBack[function] = rounds
            section.add(function, "back to back", rounds)
        }
        for function in ["cuStreamSynchronize", "cuLaunchKernel"] {
            let rounds = try measure(function, calls: 1, pauseMicroseconds: 2_000, rounds: 300, copies, programs)
            section.add(function, "paced", rounds)
            if function == "cuStreamSynchronize" {
                section.rows += [
                    Row(
                        "`boundaries`: a minibatch of 60 ms with one wait, paced", "%",
                        rounds.map { $0.added(.boundaries) / minibatchNanoseconds * 100 }, target: .under(0.1))
                ].compactMap(\.self)
            }
        }
        section.addMinibatch(backToBack, nanoseconds: minibatchNanoseconds, launches: launchesPerMinibatch)
        for reader in readers { reader.stop() }
        let lost = [copies.boundaries, copies.launches].reduce(0) { $0 + $1.losses.records }
        section.remarks.append("Records that found a ring full: \(lost); their calls were counted all the same.")
        return section
    }

    /// Why nothing can be measured here.
    static var obstacle: String? {
        guard geteuid() == 0 else { return "uprobes and BPF need root." }
        switch CUDAProbes.support() {
        case .available: return nil
        case .unavailable(let reason), .unknown(let reason): return reason
        }
    }

    /// Nanoseconds per call of each copy, from one round in which they took turns.
    struct Round {
        enum Copy: Int { case bare, empty, boundaries, launches, bpftrace }

        private let times: [Double]

        init?(_ line: String, calls: Int) {
            times = line.split(separator: " ").compactMap { Double($0) }.map { $0 / Double(calls) }
            guard times.count >= 4 else { return nil }
        }

        func has(_ copy: Copy) -> Bool { copy.rawValue < times.count && times[copy.rawValue] >= 0 }
        func added(_ copy: Copy) -> Double { times[copy.rawValue] - times[0] }
        var bare: Double { times[0] }
    }

    private static func measure(
        _ function: String, calls: Int, pauseMicroseconds: Int, rounds: Int, _ copies: ProbedCopies, _ programs: String
    ) throws -> [Round] {
        let process = try ChildProcess(
            [programs + "/calling-process", "each", function]
                + [calls, pauseMicroseconds, rounds + warmUp].map(String.init) + copies.paths)
        var result: [Round] = []
        while let line = process.readLine() {
            guard let round = Round(line, calls: calls) else {
                throw BenchmarkError("The process that calls said \"\(line)\".")
            }
            result.append(round)
        }
        guard process.wait() == 0, result.count == rounds + warmUp else {
            throw BenchmarkError("The process that calls \(function) ended early.")
        }
        return Array(result.dropFirst(warmUp))
    }
}

extension Section {
    fileprivate mutating func add(_ function: String, _ pace: String, _ rounds: [ProbeBenchmark.Round]) {
        func row(_ name: String, _ copy: ProbeBenchmark.Round.Copy, over baseline: Row? = nil) -> Row? {
            let measured = rounds.filter { $0.has(copy) }
            return Row("\(name): \(function), \(pace)", "ns", measured.map { $0.added(copy) }, over: baseline)
        }
        let bpftrace = row("bpftrace", .bpftrace)
        let isAtBoundaries = function.hasSuffix("Synchronize")
        rows += [
            isAtBoundaries ? row("`boundaries`", .boundaries, over: bpftrace) : nil,
            row("`launches`", .launches, over: bpftrace),
            row("empty probe", .empty), bpftrace,
            Row("the call itself: \(function), \(pace)", "ns", rounds.map(\.bare)),
        ].compactMap(\.self)
    }

    /// What level `launches`, and bpftrace, add to a minibatch of so many launches, an event and a wait for it.
    fileprivate mutating func addMinibatch(
        _ rounds: [String: [ProbeBenchmark.Round]], nanoseconds: Double, launches: Double
    ) {
        guard let kernel = rounds["cuLaunchKernel"], let event = rounds["cuEventRecord"],
            let wait = rounds["cuEventSynchronize"]
        else { return }
        func row(_ name: String, _ copy: ProbeBenchmark.Round.Copy, over baseline: Row? = nil) -> Row? {
            let shares = zip(kernel, zip(event, wait)).filter { $0.0.has(copy) }.map { kernel, others in
                (launches * kernel.added(copy) + others.0.added(copy) + others.1.added(copy)) / nanoseconds * 100
            }
            return Row(
                "\(name): a minibatch of 60 ms with \(fixed(launches, 0)) launches, an event and a wait", "%", shares,
                over: baseline)
        }
        let bpftrace = row("bpftrace", .bpftrace)
        rows += [row("`launches`", .launches, over: bpftrace), bpftrace].compactMap(\.self)
    }
}
