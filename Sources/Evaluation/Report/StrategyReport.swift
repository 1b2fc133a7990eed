import Policy

/// The sections that compare strategies.
struct StrategyReport: Sendable {
    let seed: UInt64
    let threads: Int

    private struct Entry {
        let name: StrategyName
        let profiles: Int?
        /// Colour and shape in all charts.
        let style: Int
        var label: String { profiles.map { "\(name.rawValue), \($0) modes" } ?? name.rawValue }
    }

    private static let entries = [
        Entry(name: .optimum, profiles: nil, style: 0), Entry(name: .gmd, profiles: nil, style: 0),
        Entry(name: .als, profiles: nil, style: 1),
        Entry(name: .binary, profiles: nil, style: 2), Entry(name: .random, profiles: 10, style: 3),
        Entry(name: .random, profiles: 50, style: 4),
        Entry(name: .network, profiles: 50, style: 5), Entry(name: .maxn, profiles: nil, style: 6),
    ]

    /// Training alone, 10 to 50 W.
    func train(_ tables: [ReportTables.Named<TrainingTable>]) throws(EvaluationError) -> ReportPage.Section {
        let limits = SweptAxes.limits(power: try Axis(parsing: "10..50/1", name: "power"))
        var elements: [ReportPage.Element] = [
            .paragraph("Fastest training minibatch within a power budget of 10 to 50 W, in steps of 1 W.")
        ]
        for named in tables {
            let table = gridded(named.table) { grid throws(EvaluationError) in try grid.applied(to: named.table) }
            guard table.isComplete else {
                elements.append(
                    .paragraph(
                        "\(title(named)): left out, as the table has \(table.rows.count) of the \(table.grid.count) combinations of "
                            + "its values and a search may ask for any."))
                continue
            }
            let summaries = try evaluate(Self.entries, modes: table.grid.count) { options throws(EvaluationError) in
                let evaluation = TableEvaluation(
                    table: table, strategy: try options.train(on: table), limits: limits
                ) { TrainProblem(budgetWatts: $0.budgetWatts) }
                let subject = Subject(
                    problem: TrainProblem.name, strategy: options.name.rawValue, train: table.file,
                    modes: table.rows.count, points: table.rows.count, seed: seed)
                return try summary(evaluation, subject)
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
            let summaries = try evaluate(Self.entries, modes: table.modeCount) { options throws(EvaluationError) in
                let evaluation = TableEvaluation(
                    table: table, strategy: try options.infer(on: table), limits: limits, problem: InferProblem.init)
                let subject = Subject(
                    problem: InferProblem.name, strategy: options.name.rawValue, infer: table.file,
                    modes: table.modeCount, points: table.rows.count, seed: seed)
                return try summary(evaluation, subject)
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
                let table = try PairTable(
                    joining: gridded(named.table) { grid throws(EvaluationError) in try grid.applied(to: named.table) },
                    background.table)
                let summaries = try evaluate(Self.entries, modes: table.modeCount) { options throws(EvaluationError) in
                    let evaluation = TableEvaluation(
                        table: table, strategy: try options.pair(on: table), limits: limits
                    ) { PairProblem($0, objective: .window, background: .training) }
                    let subject = Subject(
                        problem: PairProblem.name, strategy: options.name.rawValue, train: background.table.file,
                        infer: named.table.file, objective: PairProblem.Objective.window.rawValue,
                        modes: table.modeCount,
                        points: table.rows.count, seed: seed)
                    return try summary(evaluation, subject)
                }
                elements += comparison("\(title(background)) beside \(named.name)", summaries)
            }
        }
        return ReportPage.Section(title: "Training beside inference", elements: elements)
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

    /// The summaries of the strategies that are defined for the problem and do not ask for more modes than there are.
    private func evaluate(
        _ entries: [Entry], modes: Int, _ run: (StrategyOptions) throws(EvaluationError) -> Summary
    ) throws(EvaluationError) -> [(entry: Entry, summary: Summary)] {
        var summaries: [(entry: Entry, summary: Summary)] = []
        for entry in entries where entry.profiles ?? 0 <= modes {
            let options = try StrategyOptions(entry.name, profiles: entry.profiles, seed: seed)
            do throws(EvaluationError) {
                summaries.append((entry, try run(options)))
            } catch {
                // A strategy that is defined for training alone is no part of the others.
                guard entry.name == .binary else { throw error }
            }
        }
        return summaries
    }

    private func summary<Problem, Table>(
        _ evaluation: TableEvaluation<Problem, Table>, _ subject: Subject
    ) throws(EvaluationError) -> Summary {
        let (configurations, wallSeconds) = try evaluation.run(threads: threads)
        return Summary(of: configurations, subject: subject, wallSeconds: wallSeconds)
    }

    private func comparison(
        _ title: String, _ summaries: [(entry: Entry, summary: Summary)]
    ) -> [ReportPage.Element] {
        guard let first = summaries.first?.summary else { return [] }
        let isPair = first.hasBackground
        let reached = isPair ? "Throughput lost" : "Minibatch time over the optimum"
        func worse(_ summary: Summary) -> Distribution? {
            isPair ? summary.throughputLossPercent : summary.excessPercent
        }
        var header = ["Strategy", "solved", "violated", "median %", "mean %", "p95 %", "max %"]
        if isPair { header += ["to best %", "to fluid %"] }
        header += ["profiles", "most", "over", "W s over", "s"]
        let rows = summaries.map { entry, summary in
            func number(_ value: Double?) -> String { value.map { fixed($0, 2) } ?? "-" }
            let distribution = worse(summary)
            var row = [
                entry.label, "\(summary.solved)", "\(summary.violated)", number(distribution?.median),
                number(distribution?.mean), number(distribution?.p95), number(distribution?.max),
            ]
            if isPair { row += [number(summary.lossToBestPercent?.mean), number(summary.lossToFluidPercent?.mean)] }
            return row + [
                summary.profilesOfAll.map { fixed($0.mean, 1) } ?? "-",
                summary.profilesOfAll.map { fixed($0.max, 0) } ?? "-", "\(summary.overBudgetProfiles)",
                fixed(summary.overBudgetWattSeconds, 0), fixed(summary.wallSeconds, 2),
            ]
        }
        let searched = summaries.filter { $0.entry.name != .optimum }
        func profiles(_ summary: Summary) -> Double { max(1, summary.profilesOfAll?.mean ?? 0) }
        let scatter = Chart(
            title: "\(reached) against profiles", xLabel: "Profiles, mean of all configurations",
            yLabel: "\(isPair ? "Lost" : "Over the optimum"), mean %", xIsLogarithmic: true,
            series: searched.compactMap { entry, summary in
                worse(summary).map {
                    Chart.Series(
                        name: entry.label, mark: .points, points: [(profiles(summary), $0.mean)], style: entry.style)
                }
            })
        let failed = Chart(
            title: "Solvable configurations without a sound answer", xLabel: "Profiles, mean of all configurations",
            yLabel: "Unsolved or violated, %", xIsLogarithmic: true,
            series: searched.map { entry, summary in
                let share = 1 - Double(summary.solved - summary.violated) / Double(max(1, summary.solvable))
                return Chart.Series(
                    name: entry.label, mark: .points, points: [(profiles(summary), max(0, share) * 100)],
                    style: entry.style)
            })
        return [
            .table(
                ReportPage.Table(
                    caption: "\(title): \(first.solvable) of \(first.configurations) configurations can be solved. "
                        + "\(reached) in percent; profiles in the mean and at most; profiles over the budget and what they drew over it.",
                    header: header, rows: rows)),
            .charts([scatter, failed]),
        ]
    }
}
