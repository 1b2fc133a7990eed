import Policy
import SystemCalls

/// GMD's search, beside the exact optimum over all modes.
enum SearchBenchmark {
    private static let configurations = 6_560

    static func run(programs: String, data: String) throws -> Section {
        var section = Section(
            title: "Search (GMD)",
            method: """
                A synthetic surface over the 441 modes (3 core counts, 7 CPU clocks, 7 GPU clocks, 3 memory clocks): time falls and \
                power rises with each step. A search starts from nothing, is told each mode that it asks for, and ends with its \
                answer. The baseline is the exact optimum: a scan of all 441 modes. Budgets run from 10 W to 50 W in equal steps.
                """)
        let grid = ModeGrid.orinAGX441
        let surface = Surface(grid)
        let budgets = (0..<configurations).map { 10 + 40 * Double($0) / Double(configurations - 1) }

        var searches: [Double] = []
        var scans: [Double] = []
        var totals: [Double] = []
        var scanTotals: [Double] = []
        var profiled = 0
        var excess: [Double] = []
        for round in 0..<5 {
            let begin = MonotonicClock.nanoseconds()
            for budget in budgets {
                let start = MonotonicClock.nanoseconds()
                let (answer, modes) = try surface.search(
                    GMD.Train(grid: grid, problem: TrainProblem(budgetWatts: budget)))
                let end = MonotonicClock.nanoseconds()
                if round == 0 { continue }
                searches.append(Double(end - start) / 1e3)
                profiled = max(profiled, modes)
                if round > 1 { continue }
                let optimum = TrainProblem(budgetWatts: budget).optimum(over: surface.observations)
                if let answer, let optimum {
                    excess.append(answer.minibatchMilliseconds / optimum.minibatchMilliseconds)
                }
            }
            if round > 1 { totals.append(Double(MonotonicClock.nanoseconds() - begin) / 1e9) }
            let scanBegin = MonotonicClock.nanoseconds()
            var found = 0
            for budget in budgets {
                let start = MonotonicClock.nanoseconds()
                if TrainProblem(budgetWatts: budget).optimum(over: surface.observations) != nil { found += 1 }
                scans.append(Double(MonotonicClock.nanoseconds() - start) / 1e3)
            }
            if round > 1 { scanTotals.append(Double(MonotonicClock.nanoseconds() - scanBegin) / 1e9) }
            guard found > 0 else { throw BenchmarkError("No budget of the benchmark is feasible.") }
        }
        let scan = Row("baseline: optimum of one configuration, all 441 modes", "us", scans)
        let scanTotal = Row("baseline: optimum of \(configurations) configurations", "s", scanTotals)
        section.rows = [
            Row("one search", "us", searches, over: scan), scan,
            Row("\(configurations) searches, one core", "s", totals, over: scanTotal), scanTotal,
        ].compactMap(\.self)
        if let excess = Distribution(excess) {
            section.remarks.append(
                "A search asked for at most \(profiled) modes; its answer was \(fixed((excess.median - 1) * 100, 1)) % slower than "
                    + "the optimum of this surface in the median.")
        }
        try section.evaluate(programs: programs, data: data)
        return section
    }
}

/// A time and a power for each mode, by formulas without noise.
struct Surface {
    let observations: [TrainingObservation]
    private let byMode: [PowerMode: TrainingObservation]

    init(_ grid: ModeGrid) {
        observations = Self.all(of: grid)
        byMode = Dictionary(observations.map { ($0.mode, $0) }) { first, _ in first }
    }

    /// All modes of `grid`; `tilt` makes a related workload that needs more of the CPU.
    static func all(of grid: ModeGrid, tilt: Double = 1) -> [TrainingObservation] {
        var all: [TrainingObservation] = []
        for cores in grid.cores {
            for cpu in grid.cpuKHz {
                for gpu in grid.gpuHz {
                    for emc in grid.emcHz {
                        let (cpuGHz, gpuGHz, emcGHz) = (Double(cpu) / 1e6, Double(gpu) / 1e9, Double(emc) / 1e9)
                        let busy = 40 / gpuGHz + 60 / emcGHz + 90 * tilt / (cpuGHz * Double(cores))
                        let watts = 6 + 18 * gpuGHz * gpuGHz + 3 * emcGHz + 0.5 * tilt * Double(cores) * cpuGHz * cpuGHz
                        all.append(
                            TrainingObservation(
                                mode: PowerMode(cores: cores, cpuKHz: cpu, gpuHz: gpu, emcHz: emc),
                                minibatchMilliseconds: busy, powerWatts: watts))
                    }
                }
            }
        }
        return all
    }

    /// Plays a search from nothing: its answer, and how many modes it asked for.
    func search(_ search: GMD.Train) throws -> (answer: TrainingObservation?, profiled: Int) {
        var observed = ObservedModes()
        while true {
            switch search.next(observed: observed) {
            case .answer(let answer): return (answer, observed.all.count)
            case .profile(let mode):
                guard observed[mode] == nil, let observation = byMode[mode] else {
                    throw BenchmarkError("The search asked twice for one mode, or for one off the grid.")
                }
                observed.record(observation)
            }
        }
    }
}

extension Section {
    /// The evaluation command on measured tables, which are not part of the project.
    fileprivate mutating func evaluate(programs: String, data: String) throws {
        let train = data + "/orin-agx/train-resnet18.csv"
        let infer = data + "/orin-agx/infer-mobilenetv3.csv"
        guard Directory.exists(train), Directory.exists(infer) else {
            remarks.append(
                "fulcrumctl evaluate: skipped, as the measured tables are not here (FULCRUM_DATA names the folder that holds orin-agx)."
            )
            return
        }
        let pair = [
            "pair", "--train", train, "--infer", infer, "--power", "10..50/1", "--latency-ms", "500..2000/100",
            "--rate",
            "30..120/10", "--strategy",
        ]
        let runs: [(name: String, arguments: [String], target: Row.Target?)] = [
            (
                "train, ResNet-18, 41 budgets, gmd",
                ["train", "--train", train, "--power", "10..50/1", "--strategy", "gmd"], nil
            ),
            ("pair, ResNet-18 and MobileNetV3, 6,560 configurations, optimum", pair + ["optimum"], .under(2)),
            ("the same, gmd", pair + ["gmd"], .under(60)),
            ("the same, als", pair + ["als"], .under(60)),
            ("the same, network", pair + ["network", "--profiles", "50"], .under(60)),
        ]
        for run in runs {
            var seconds: [Double] = []
            for _ in 0..<3 {
                let begin = MonotonicClock.nanoseconds()
                let child = try ChildProcess(
                    [programs + "/fulcrumctl", "evaluate"] + run.arguments, outputPath: "/dev/null")
                guard child.wait() == 0 else { throw BenchmarkError("fulcrumctl evaluate \(run.name) failed.") }
                seconds.append(Double(MonotonicClock.nanoseconds() - begin) / 1e9)
            }
            rows += [
                Row(
                    "fulcrumctl evaluate \(run.name), both cores, with start and reading", "s", seconds,
                    target: run.target)
            ].compactMap(\.self)
        }
    }
}
