import Glibc
import SystemCalls

/// The strategies one after the other, each on a fresh virtual board with the same workload and the same budget, measured from
/// outside: the board's rails, and the workload's own log.
public struct StrategyComparison {
    /// One strategy's outcome. Times are board time: host time multiplied by the time scale.
    private struct Outcome {
        var strategy: String
        var minibatches = 0
        var profiles = 0
        var searchSeconds = 0.0
        /// Energy over the budget from the workload's start until it settled, watt-seconds.
        var overBudget = 0.0
        var highestWatts = 0.0
        var searchRate = 0.0
        var settledRate = 0.0
        var settledMilliseconds = 0.0
        var settledWatts = 0.0
        var mode = ""
        var steps = ""
    }

    private let workload: String
    private let budgetWatts: Int
    private let grid: String
    private let strategies: [String]
    private let pace = Stage.Pace(time: 10, rails: 5)
    private var screen = Screen()

    /// A comparison by the words of a command line: one of the board's workloads, the budget in watts, the grid's name, and the
    /// strategies. What is left out is ResNet-18, 25 W, the papers' grid and the papers' strategies beside ours.
    public init(_ words: [String]) {
        workload = words.first ?? "resnet18"
        budgetWatts = words.count > 1 ? Int(words[1]) ?? 0 : 25
        grid = words.count > 2 ? words[2] : "coarse"
        strategies = words.count > 3 ? Array(words[3...]) : ["gmd", "als", "powertrain", "fulcrum"]
    }

    /// Plays it. `binaries` is the folder with the programs. Returns the exit status.
    public mutating func run(binaries: String) -> Int32 {
        Interruption.arm()
        guard Stage.workloads.contains(workload), (10...60).contains(budgetWatts), ["coarse", "full"].contains(grid)
        else {
            screen.say(
                "fulcrum-demo strategies [WORKLOAD [WATTS [GRID [STRATEGY ...]]]]: WORKLOAD is "
                    + "\(Stage.workloads.joined(separator: " or ")), WATTS from 10 to 60, GRID coarse or full.")
            return 2
        }
        screen.say(
            "\(workload) training within \(budgetWatts) W on a virtual Jetson AGX Orin, nobody has profiled it; \(grid == "full" ? "all 18,096" : "441") modes to choose from."
        )
        var outcomes: [Outcome] = []
        do {
            for strategy in strategies { outcomes.append(try play(strategy, binaries)) }
        } catch is Interruption {
            screen.say("Interrupted; cleaning up.")
            return 130
        } catch {
            screen.say("\(error)")
            return 1
        }
        show(outcomes)
        return 0
    }

    private mutating func play(_ strategy: String, _ binaries: String) throws -> Outcome {
        let stage = try Stage(binaries: binaries, pace: pace, name: strategy, unknown: workload)
        defer { stage.strike() }
        try stage.startBoard()
        // The papers' strategies know no other workloads; PowerTrain has its reference networks.
        let predictor = strategy == "fulcrum" ? "gp" : "none"
        try stage.startDaemon(
            configuration: """
                [budget]
                power_w = \(budgetWatts)
                return_s = 2
                [search]
                strategy = "\(strategy)"
                predictor = "\(predictor)"
                grid = "\(grid)"
                """)
        var outcome = Outcome(strategy: strategy)
        let begin = MonotonicClock.nanoseconds()
        try stage.startWorkload(workload)
        outcome.overBudget = try search(strategy, on: stage, since: begin, &outcome)
        let end = MonotonicClock.nanoseconds()

        let name = stage.tree.workload ?? workload
        let minibatches = Self.minibatches(stage).filter { $0.endNanoseconds <= end }
        outcome.minibatches = minibatches.count
        outcome.searchSeconds = Double(end - begin) / 1e9 * Double(pace.time)
        outcome.searchRate = Double(minibatches.count) / outcome.searchSeconds
        outcome.profiles = Int(stage.tree.value("workload/\(name)/stat", "profiles") ?? 0)
        outcome.steps = stage.tree.text("workload/\(name)/explain") ?? ""

        try Interruption.pause(milliseconds: 1000)
        let from = MonotonicClock.nanoseconds()
        var watts: [Double] = []
        while MonotonicClock.nanoseconds() - from < 4_000_000_000 {
            try Interruption.pause(milliseconds: 50)
            try stage.check()
            if let sample = stage.board.watts() { watts.append(sample) }
        }
        let times = Self.minibatches(stage).filter { $0.endNanoseconds > from }.map(\.milliseconds).sorted()
        guard !times.isEmpty, !watts.isEmpty else {
            throw DemonstrationError("\(strategy): nothing could be measured; see \(stage.folder).")
        }
        outcome.settledMilliseconds = times[times.count / 2] * Double(pace.time)
        outcome.settledRate = 1000 / outcome.settledMilliseconds
        outcome.settledWatts = watts.reduce(0, +) / Double(watts.count)
        outcome.mode = stage.board.mode()
        return outcome
    }

    /// Watches the rails until the workload has settled. Returns the watt-seconds over the budget.
    private mutating func search(
        _ strategy: String, on stage: Stage, since begin: UInt64, _ outcome: inout Outcome
    ) throws -> Double {
        var overBudget = 0.0
        var last = begin
        while MonotonicClock.nanoseconds() - begin < 240_000_000_000 {
            try Interruption.pause(milliseconds: 20)
            let now = MonotonicClock.nanoseconds()
            if let watts = stage.board.watts() {
                overBudget += max(0, watts - Double(budgetWatts)) * Double(now - last) / 1e9 * Double(pace.time)
                outcome.highestWatts = max(outcome.highestWatts, watts)
            }
            last = now
            guard let name = stage.tree.workload else {
                try stage.check()
                continue
            }
            let state = stage.tree.text("workload/\(name)/state") ?? ""
            screen.show(["\(strategy): \(state), \(stage.tree.text("workload/\(name)/reason") ?? "")"])
            if state == "settled" || state == "infeasible" { return overBudget }
            try stage.check()
        }
        throw DemonstrationError(
            "\(strategy) did not settle within 240 s; see \(stage.folder)/fulcrumd.log.")
    }

    private mutating func show(_ outcomes: [Outcome]) {
        let header = [
            "strategy", "minibatches until settled", "profiles", "seconds", "over budget W s", "highest W",
            "1/s searching", "1/s settled", "settled ms", "settled W", "mode (cores cpu gpu mem MHz)",
        ]
        let rows = outcomes.map { outcome in
            [
                outcome.strategy, "\(outcome.minibatches)", "\(outcome.profiles)",
                ClosingTable.fixed(outcome.searchSeconds), ClosingTable.fixed(outcome.overBudget),
                ClosingTable.fixed(outcome.highestWatts), ClosingTable.fixed(outcome.searchRate),
                ClosingTable.fixed(outcome.settledRate), ClosingTable.fixed(outcome.settledMilliseconds),
                ClosingTable.fixed(outcome.settledWatts), outcome.mode,
            ]
        }
        screen.say(
            "\nMeasured from the board's rails and the workload's log, not by the governor; board time (the board runs \(pace.time) times as fast)."
        )
        for line in ClosingTable.aligned(header, rows) { screen.say(line) }
        if let steps = outcomes.last?.steps, !steps.isEmpty {
            screen.say("\nHow \(outcomes.last?.strategy ?? "") went, from workload/NAME/explain (host time):")
            for line in steps.split(separator: "\n") { screen.say("  \(line)") }
        }
    }

    private static func minibatches(_ stage: Stage) -> [(endNanoseconds: UInt64, milliseconds: Double)] {
        ((try? SmallFile.text(stage.workloadLog, limit: 16_777_216)) ?? "").split(separator: "\n").compactMap { line in
            // minibatch N end_ns E ms M
            let fields = line.split(separator: " ")
            guard fields.count == 6, fields[0] == "minibatch", let end = UInt64(fields[3]),
                let milliseconds = Double(fields[5])
            else { return nil }
            return (end, milliseconds)
        }
    }
}
