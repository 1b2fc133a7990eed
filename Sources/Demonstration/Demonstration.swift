import Glibc
import SystemCalls

/// `make run`: the governor at work on a virtual AGX Orin, from stock to searched to a lowered budget and back.
public struct Demonstration {
    private var screen = Screen()
    private var rows: [Measurement] = []

    /// A demo that has not begun.
    public init() {}

    /// Plays it. `binaries` is the folder with the programs. Returns the exit status: 0 if every budget was held and the board
    /// was given back.
    public mutating func run(binaries: String) -> Int32 {
        Interruption.arm()
        var stage: Stage?
        var status: Int32 = 1
        do {
            screen.say(
                "Fulcrum on a virtual Jetson AGX Orin 64 GB (L4T r36). No Jetson is touched: the silicon is modelled,")
            screen.say("the processes, eBPF probes, file systems and signals are real.")
            screen.say(
                "Root is needed to mount two file systems and to load eBPF\(geteuid() == 0 ? "." : "; sudo is used for that only.")"
            )
            let opened = try Stage(binaries: binaries, pace: .init(time: 10, rails: 5))
            stage = opened
            status = try play(on: opened) ? 0 : 1
        } catch is Interruption {
            screen.say("Interrupted; cleaning up.")
            status = 130
        } catch {
            screen.say("\(error)")
        }
        stage?.strike()
        return status
    }

    private mutating func play(on stage: Stage) throws -> Bool {
        try stage.startBoard()
        let stock = stage.board.knobs()

        screen.say("\n1. Stock 30 W preset, ResNet-18 training, nobody governs")
        try stage.startWorkload()
        try measure("stock 30 W preset", on: stage, budget: nil, seconds: 6)
        stage.stopWorkload()

        screen.say("\n2. The governor starts with a budget of 30 W; then a training process arrives")
        try stage.startDaemon(configuration: "[budget]\npower_w = 30\nreturn_s = 2")
        try stage.startWorkload()
        try watch(stage, until: "settled", limitSeconds: 75)
        try measure("Fulcrum, 30 W", on: stage, budget: 30, seconds: 8)

        screen.say("\n3. The budget is lowered to 24 W:  echo 24000000 > budget/power_uw")
        try stage.privilege.write([(stage.tree.root + "/budget/power_uw", "24000000")])
        try watch(stage, until: "settled", limitSeconds: 75)
        try measure("Fulcrum, 24 W", on: stage, budget: 24, seconds: 8)

        screen.say("\n4. The governor stops and gives the board back; then MAXN on the same board")
        stage.stopWorkload()
        let exit = stage.stopDaemon()
        let isRestored = exit == 0 && stage.board.knobs() == stock
        screen.say("   knobs as before the governor: \(isRestored ? "yes" : "NO")")
        try stage.privilege.write(stage.board.maximum())
        try stage.startWorkload()
        try measure("MAXN", on: stage, budget: nil, seconds: 6)
        stage.stopWorkload()

        screen.say(
            "\nMeasured on the virtual board's rails; times are board time (this board runs \(stage.pace.time) times as fast)."
        )
        for line in ClosingTable.lines(rows) { screen.say(line) }
        let isHeld = rows.allSatisfy { $0.heldBudget ?? true }
        screen.say("\nBudgets held: \(isHeld ? "yes" : "NO"). Board given back: \(isRestored ? "yes" : "NO").")
        return isHeld && isRestored
    }

    /// Shows the governor's tree until the workload is in `state`.
    private mutating func watch(_ stage: Stage, until state: String, limitSeconds: Int) throws {
        let begin = MonotonicClock.nanoseconds()
        while MonotonicClock.nanoseconds() - begin < UInt64(limitSeconds) * 1_000_000_000 {
            try Interruption.pause(milliseconds: 150)
            try stage.check()
            let tree = stage.tree
            guard let name = tree.workload else {
                screen.show(["waiting for the workload's first minibatch"])
                continue
            }
            let now = tree.text("workload/\(name)/state") ?? ""
            let reason = tree.text("workload/\(name)/reason") ?? ""
            let what = now == "searching" ? Self.people(tree.text("workload/\(name)/mode")) : reason
            screen.show(["\(now): \(what)"] + view(of: name, on: stage))
            if now == state {
                screen.say("   \(name) is \(now): \(reason)")
                return
            }
        }
        throw DemonstrationError(
            "The workload was not \(state) within \(limitSeconds) s; see \(stage.folder)/fulcrumd.log.")
    }

    private func view(of name: String, on stage: Stage) -> [String] {
        let tree = stage.tree
        let power = (tree.number("power/total_uw") ?? 0) / 1e6
        let budget = (tree.number("budget/power_uw") ?? 0) / 1e6
        let bar = String(repeating: "#", count: max(0, min(60, Int(power))))
        let minibatch = tree.value("workload/\(name)/stat", "minibatch_us").map { $0 / 1000 * Double(stage.pace.time) }
        return [
            "power    \(ClosingTable.fixed(power)) W of \(ClosingTable.fixed(budget)) W  \(bar)",
            "mode     \(Self.people(tree.text("mode/effective")))",
            "minibatch  \(minibatch.map { ClosingTable.fixed($0) + " ms" } ?? "-"),  modes profiled "
                + "\(tree.value("workload/\(name)/stat", "modes_known").map { String(Int($0)) } ?? "-"),  minibatches seen "
                + "\(tree.value("workload/\(name)/stat", "minibatches").map { String(Int($0)) } ?? "-")",
        ]
    }

    /// A mode line of the tree for people.
    private static func people(_ line: String?) -> String {
        let values = (line ?? "").split(separator: " ").compactMap { Int($0) }
        guard values.count == 4 else { return "-" }
        return "\(values[0]) cores, cpu \(values[1] / 1000), gpu \(values[2] / 1_000_000), "
            + "memory \(values[3] / 1_000_000) MHz"
    }

    /// Lets the workload run and measures it from outside: the board's rails and the workload's own log.
    private mutating func measure(_ title: String, on stage: Stage, budget: Double?, seconds: Int) throws {
        // Settling of power after a change, and the first minibatches.
        try Interruption.pause(milliseconds: 2000)
        let firstLine = logLines(stage).count
        var watts = [Double]()
        for step in 0..<(seconds * 10) {
            try Interruption.pause(milliseconds: 100)
            try stage.check()
            if let sample = stage.board.watts() { watts.append(sample) }
            if step % 5 == 0 {
                screen.show(["measuring \(title)", "power    \(ClosingTable.fixed(watts.last ?? 0)) W"])
            }
        }
        let times = logLines(stage).dropFirst(firstLine).compactMap(Self.minibatchMilliseconds).sorted()
        guard !watts.isEmpty, !times.isEmpty else {
            throw DemonstrationError("\(title): nothing could be measured; see \(stage.folder).")
        }
        let name = budget == nil ? nil : stage.tree.workload
        let stat = name.map { "workload/\($0)/stat" }
        let row = Measurement(
            title: title, budgetWatts: budget, meanWatts: watts.reduce(0, +) / Double(watts.count),
            highestWatts: watts.max() ?? 0,
            minibatchMilliseconds: times[times.count / 2] * Double(stage.pace.time),
            predictedMilliseconds: stat.flatMap { stage.tree.value($0, "predicted_minibatch_us") }
                .map { $0 / 1000 * Double(stage.pace.time) },
            predictedWatts: stat.flatMap { stage.tree.value($0, "predicted_power_uw") }.map { $0 / 1e6 },
            profiledModes: stat.flatMap { stage.tree.value($0, "modes_known") }.map { Int($0) },
            mode: stage.board.mode())
        rows.append(row)
        screen.say(
            "   \(title): \(ClosingTable.fixed(row.meanWatts)) W, \(ClosingTable.fixed(row.minibatchMilliseconds)) ms a minibatch, mode \(row.mode)"
        )
        if budget != nil, let share = share(on: stage) { screen.say(share) }
    }

    /// What the process takes of GPU and power, as the governor's tree tells; nil without a governor.
    private func share(on stage: Stage) -> String? {
        guard let pid = stage.workload?.pid else { return nil }
        let tree = stage.tree
        guard let busy = tree.value("task/\(pid)/gpu.stat", "busy_permille"),
            let power = tree.value("task/\(pid)/energy.stat", "power_uw"),
            let joules = tree.value("task/\(pid)/energy.stat", "total_uj"),
            let source = tree.text("task/\(pid)/source")
        else { return nil }
        return
            "   process \(pid) has \(ClosingTable.fixed(busy / 10)) % of the GPU and \(ClosingTable.fixed(power / 1e6)) W of "
            + "the board's power, \(ClosingTable.fixed(joules / 1e6)) J so far (\(source))"
    }

    private func logLines(_ stage: Stage) -> [Substring] {
        ((try? SmallFile.text(stage.workloadLog, limit: 16_777_216)) ?? "").split(separator: "\n")
    }

    private static func minibatchMilliseconds(_ line: Substring) -> Double? {
        guard line.hasPrefix("minibatch "), let field = line.split(separator: " ").last else { return nil }
        return Double(field)
    }
}
