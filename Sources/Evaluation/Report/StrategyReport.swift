import Policy

/// The sections that compare strategies.
struct StrategyReport: Sendable {
    let seed: UInt64
    let threads: Int
    let progress: ProgressBar

    private struct Entry {
        let name: StrategyName
        let profiles: Int?
        /// Colour and shape in all charts.
        let style: Int
        /// Whether another seed gives another answer.
        var draws: Bool { [.als, .random, .network].contains(name) }
        var label: String { profiles.map { "\(name.rawValue), \($0) modes" } ?? name.rawValue }
    }

    private static let entries = [
        Entry(name: .optimum, profiles: nil, style: 0), Entry(name: .gmd, profiles: nil, style: 0),
        Entry(name: .als, profiles: nil, style: 1),
        Entry(name: .binary, profiles: nil, style: 2), Entry(name: .random, profiles: 10, style: 3),
        Entry(name: .random, profiles: 50, style: 4),
        Entry(name: .network, profiles: 50, style: 5), Entry(name: .maxn, profiles: nil, style: 6),
    ]

    /// Strategies that draw are run with so many seeds, and reported in the mean.
    static let seedCount: UInt64 = 3

    /// A strategy on a table counts for less than a model, which has `ModelTraining.progressSteps`.
    private static let entrySteps = 25

    /// The steps that all sections advance.
    static func progressSteps(_ tables: ReportTables) -> Int {
        let pairs = tables.training.reduce(0) { count, background in
            count + tables.inference.count { $0.board == background.board }
        }
        return (tables.training.count + tables.inference.count + pairs) * entries.count * entrySteps
    }

    /// Training alone, up to 50 W.
    func train(_ tables: [ReportTables.Named<TrainingTable>]) throws(EvaluationError) -> ReportPage.Section {
        var elements: [ReportPage.Element] = [
            .paragraph(
                "Fastest training minibatch within a power budget of 10 to 50 W, or up to what the board can draw, in steps of 1 W."
            )
        ]
        for named in tables {
            let table = gridded(named.table) { grid throws(EvaluationError) in try grid.applied(to: named.table) }
            if let reason = gap(in: table, minibatches: 1) {
                elements.append(leftOut(title(named), reason))
                continue
            }
            let limits = try budgets(of: table)
            let summaries = try evaluate(isTraining: true, modes: table.grid.count) {
                options, threads throws(EvaluationError) in
                let evaluation = TableEvaluation(
                    table: table, strategy: try options.train(on: table), limits: limits
                ) { TrainProblem(budgetWatts: $0.budgetWatts) }
                let subject = Subject(
                    problem: TrainProblem.name, strategy: options.name.rawValue, train: table.file,
                    modes: table.rows.count, points: table.rows.count, seed: seed)
                return try summary(evaluation, subject, threads)
            }
            elements += comparison("\(title(named)), \(table.rows.count) modes", summaries)
        }
        return ReportPage.Section(title: "Training alone", elements: elements)
    }

    /// Inference alone, on the axes of Fulcrum's evaluation.
    func infer(_ tables: [ReportTables.Named<InferenceTable>]) throws(EvaluationError) -> ReportPage.Section {
        let limits = try SweptAxes.limits(
            power: Axis(parsing: "10..50/1", name: "power"),
            latencyMilliseconds: Axis(parsing: "50..150/10", name: "latency"),
            ratePerSecond: Axis(parsing: "30..90/5", name: "rate"))
        var elements: [ReportPage.Element] = [
            .paragraph(
                "Fastest inference minibatch within 10 to 50 W and a latency of 50 to 150 ms, at 30 to 90 requests per second."
            )
        ]
        for named in tables {
            let table = gridded(named.table) { grid throws(EvaluationError) in try grid.applied(to: named.table) }
            if let reason = gap(in: table, minibatches: table.minibatches.count) {
                elements.append(leftOut(title(named), reason))
                continue
            }
            let summaries = try evaluate(isTraining: false, modes: table.modeCount) {
                options, threads throws(EvaluationError) in
                let evaluation = TableEvaluation(
                    table: table, strategy: try options.infer(on: table), limits: limits, problem: InferProblem.init)
                let subject = Subject(
                    problem: InferProblem.name, strategy: options.name.rawValue, infer: table.file,
                    modes: table.modeCount, points: table.rows.count, seed: seed)
                return try summary(evaluation, subject, threads)
            }
            elements += comparison("\(title(named)), \(table.rows.count) points", summaries)
        }
        return ReportPage.Section(title: "Inference alone", elements: elements)
    }

    /// Each training beside each inference of the same board, on the axes of Fulcrum's evaluation.
    func pair(
        _ training: [ReportTables.Named<TrainingTable>], _ inference: [ReportTables.Named<InferenceTable>]
    ) throws(EvaluationError) -> ReportPage.Section {
        let limits = try SweptAxes.limits(
            power: Axis(parsing: "10..50/1", name: "power"),
            latencyMilliseconds: Axis(parsing: "500..2000/100", name: "latency"),
            ratePerSecond: Axis(parsing: "30..120/10", name: "rate"))
        var elements: [ReportPage.Element] = [
            .paragraph(
                "Most training minibatches per window of one inference minibatch, within 10 to 50 W and a latency of 0.5 to 2 s, at 30 to "
                    + "120 requests per second. Lost throughput is against the optimum of that objective; against the largest throughput of "
                    + "any point; and against the fluid limit, which no order of minibatches in one power mode can exceed."
            )
        ]
        for background in training {
            for named in inference where named.board == background.board {
                let heading = "\(title(background)) beside \(named.name)"
                let table: PairTable
                do throws(EvaluationError) {
                    table = try joined(named.table, background.table)
                } catch {
                    elements.append(leftOut(heading, "\(error)"))
                    continue
                }
                if let reason = gap(in: table, minibatches: table.minibatches.count) {
                    elements.append(leftOut(heading, reason))
                    continue
                }
                let summaries = try evaluate(isTraining: false, modes: table.modeCount) {
                    options, threads throws(EvaluationError) in
                    let evaluation = TableEvaluation(
                        table: table, strategy: try options.pair(on: table), limits: limits
                    ) { PairProblem($0, objective: .window, background: .training) }
                    let subject = Subject(
                        problem: PairProblem.name, strategy: options.name.rawValue, train: background.table.file,
                        infer: named.table.file, objective: PairProblem.Objective.window.rawValue,
                        modes: table.modeCount,
                        points: table.rows.count, seed: seed)
                    return try summary(evaluation, subject, threads)
                }
                elements += comparison(heading, summaries)
            }
        }
        return ReportPage.Section(title: "Training beside inference", elements: elements)
    }

    /// The papers' budgets of 10 to 50 W; where the board cannot draw as much, those of its own range.
    private func budgets(of table: TrainingTable) throws(EvaluationError) -> [Limits] {
        let watts = table.rows.map(\.powerWatts)
        guard let least = watts.min(), let most = watts.max(), most < 40 else {
            return SweptAxes.limits(power: try Axis(parsing: "10..50/1", name: "power"))
        }
        let last = Int(most.rounded(.up))
        return SweptAxes.limits(power: try Axis(parsing: "\(min(10, Int(least)))..\(last)/1", name: "power"))
    }

    private func title(_ named: ReportTables.Named<some Sendable>) -> String {
        named.board.isEmpty ? named.name : "\(named.name) (\(named.board))"
    }

    /// The part of a table on the papers' grid; the whole table where it does not have that.
    private func gridded<Table>(
        _ table: Table, _ apply: (EvaluationGrid) throws(EvaluationError) -> Table
    ) -> Table {
        (try? apply(.orinAGX441)) ?? table
    }

    /// Both on the papers' grid; both whole where one of them does not have that, as a search needs the same grid of both.
    private func joined(_ inference: InferenceTable, _ background: TrainingTable) throws(EvaluationError) -> PairTable {
        let grid = EvaluationGrid.orinAGX441
        if let inference = try? grid.applied(to: inference), let background = try? grid.applied(to: background) {
            return try PairTable(joining: inference, background)
        }
        return try PairTable(joining: inference, background)
    }

    /// Why a table cannot be searched; nil where it can.
    private func gap(in table: some MeasuredTable, minibatches: Int) -> String? {
        guard !table.isComplete(minibatches: minibatches) else { return nil }
        return
            "The table has \(table.rows.count) of the \(table.grid.count * minibatches) combinations of its values, and a "
            + "search may ask for any."
    }

    /// What stands in place of a comparison.
    private func leftOut(_ title: String, _ reason: String) -> ReportPage.Element {
        progress.advance(by: Self.entries.count * Self.entrySteps)
        return .paragraph("\(title): left out. \(reason)")
    }

    /// The summaries, one per seed, of the strategies that are defined for the problem and do not ask for more modes than there
    /// are. `run` is told how many threads it may use: seeds run side by side.
    private func evaluate(
        isTraining: Bool, modes: Int,
        _ run: @escaping @Sendable (StrategyOptions, _ threads: Int) throws(EvaluationError) -> Summary
    ) throws(EvaluationError) -> [(entry: Entry, summaries: [Summary])] {
        var summaries: [(entry: Entry, summaries: [Summary])] = []
        for entry in Self.entries {
            if entry.profiles ?? 0 <= modes, isTraining || !entry.name.isForTrainingAlone {
                let seeds = entry.draws ? Self.seedCount : 1
                let options = try (0..<seeds).map { offset throws(EvaluationError) in
                    try StrategyOptions(entry.name, profiles: entry.profiles, seed: seed &+ offset)
                }
                let each = entry.draws ? 1 : threads
                summaries.append(
                    (
                        entry,
                        try ParallelMap.map(count: options.count, threads: threads) {
                            index throws(EvaluationError) -> Summary in try run(options[index], each)
                        }
                    ))
            }
            progress.advance(by: Self.entrySteps)
        }
        return summaries
    }

    private func summary<Problem, Table>(
        _ evaluation: TableEvaluation<Problem, Table>, _ subject: Subject, _ threads: Int
    ) throws(EvaluationError) -> Summary {
        let (configurations, wallSeconds) = try evaluation.run(threads: threads)
        return Summary(of: configurations, subject: subject, wallSeconds: wallSeconds)
    }

    /// The mean over the seeds that have the value.
    private static func mean(_ summaries: [Summary], _ value: (Summary) -> Double?) -> Double? {
        let values = summaries.compactMap(value)
        return values.isEmpty ? nil : values.reduce(0, +) / Double(values.count)
    }

    private func comparison(
        _ title: String, _ results: [(entry: Entry, summaries: [Summary])]
    ) -> [ReportPage.Element] {
        guard let first = results.first?.summaries.first else { return [] }
        let isPair = first.hasBackground
        let reached = isPair ? "Throughput lost" : "Minibatch time over the optimum"
        func worse(_ summary: Summary) -> Distribution? {
            isPair ? summary.throughputLossPercent : summary.excessPercent
        }
        func sound(_ summary: Summary) -> Double { Double(summary.solved - summary.violated) }
        var header = ["Strategy", "within limits", "limit broken", "median %", "mean %", "p95 %", "max %"]
        if isPair { header += ["to best %", "to fluid %"] }
        header += ["profiles", "most", "over budget", "W s over", "seconds"]
        let rows = results.map { entry, summaries in
            func number(_ places: Int, _ value: (Summary) -> Double?) -> String {
                Self.mean(summaries, value).map { fixed($0, places) } ?? "-"
            }
            let counts = summaries.count > 1 ? 1 : 0
            var row = [
                entry.label, number(counts, sound), number(counts) { Double($0.violated) },
                number(2) { worse($0)?.median },
                number(2) { worse($0)?.mean }, number(2) { worse($0)?.p95 }, number(2) { worse($0)?.max },
            ]
            if isPair {
                row += [number(2) { $0.lossToBestPercent?.mean }, number(2) { $0.lossToFluidPercent?.mean }]
            }
            return row + [
                number(1) { $0.profilesOfAll?.mean }, number(0) { $0.profilesOfAll?.max },
                number(1) { Double($0.overBudgetProfiles) / Double(max(1, $0.configurations)) },
                number(0) { $0.overBudgetWattSeconds / Double(max(1, $0.configurations)) },
                number(2) { $0.wallSeconds },
            ]
        }
        let searched = results.filter { $0.entry.name != .optimum }
        func profiles(_ summaries: [Summary]) -> Double {
            max(1, Self.mean(summaries) { $0.profilesOfAll?.mean } ?? 0)
        }
        let scatter = Chart(
            title: "\(reached) against profiles", xLabel: "Profiles, mean of all configurations",
            yLabel: "\(isPair ? "Lost" : "Over the optimum"), mean %", xIsLogarithmic: true,
            series: searched.compactMap { entry, summaries in
                Self.mean(summaries) { worse($0)?.mean }.map {
                    Chart.Series(
                        name: entry.label, mark: .points, points: [(profiles(summaries), $0)], style: entry.style)
                }
            })
        let failed = Chart(
            title: "Solvable configurations without an answer within the limits",
            xLabel: "Profiles, mean of all configurations", yLabel: "Unsolved or broken, %", xIsLogarithmic: true,
            series: searched.map { entry, summaries in
                let share = 1 - (Self.mean(summaries, sound) ?? 0) / Double(max(1, first.solvable))
                return Chart.Series(
                    name: entry.label, mark: .points, points: [(profiles(summaries), max(0, share) * 100)],
                    style: entry.style)
            })
        return [
            .table(
                ReportPage.Table(
                    caption:
                        "\(title): \(first.solvable) of \(first.configurations) configurations can be solved. Answers within the "
                        + "limits, and those that break one; \(reached.lowercased()) in percent, of the answers within the limits; "
                        + "profiles in the mean and at most; per configuration, profiles over its budget and the watt-seconds they drew over it at "
                        + "\(Int(Configuration.minibatchesPerProfile)) minibatches each. als, random and network: mean of "
                        + "\(Self.seedCount) seeds.",
                    header: header, rows: rows)),
            .charts([scatter, failed]),
        ]
    }
}
