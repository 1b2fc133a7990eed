import Policy

/// The section on what the project adds to the papers' plans for a pair, idea by idea.
struct BeyondReport: Sendable {
    let tables: ReportTables
    let sweep: ReportSweep
    let seed: UInt64
    let threads: Int
    let progress: ProgressBar

    private struct Row {
        let label: String
        let style: Int
        let outcome: BeyondOutcome
    }

    /// As much as a strategy on a table counts for.
    private static let ideaSteps = 25

    /// The steps that the section advances.
    static func progressSteps(_ tables: ReportTables) throws(EvaluationError) -> Int {
        tables.pairCount * (try BeyondIdea.all().count) * ideaSteps
    }

    /// The section.
    func section(_ pairs: [ReportPair]) throws(EvaluationError) -> ReportPage.Section {
        let limits = try sweep.pair.limits()
        let ideas = try BeyondIdea.all()
        var shown: [(pair: ReportPair, rows: [Row])] = []
        var details: [ReportPage.Element] = []
        for pair in pairs {
            guard case .success(let table) = pair.table else {
                progress.advance(by: ideas.count * Self.ideaSteps)
                continue
            }
            let references = tables.references(of: pair, table)
            let runs = try ParallelMap.map(count: ideas.count, threads: threads) {
                index throws(EvaluationError) -> [[Configuration]] in
                defer { progress.advance(by: Self.ideaSteps) }
                return try ideas[index].runs(on: table, limits, references, seed: seed)
            }
            guard let papersOptimum = runs.first?.first else { continue }
            let rows = rows(ideas, runs, papersOptimum)
            shown.append((pair, rows))
            details.append(.table(self.table(pair, rows, papersOptimum, runs)))
        }
        var elements = introduction
        if shown.count > 1 { elements.append(.table(overview(shown))) }
        if shown.isEmpty { elements.append(.paragraph("No pair of these tables can be searched.")) }
        return ReportPage.Section(title: "Beyond the papers", elements: elements + details)
    }

    private var introduction: [ReportPage.Element] {
        [
            .paragraph(
                "Training minibatches per second beside an inference, the papers' optimum being 100: the best plan of the whole table "
                    + "with one power mode and as many whole training minibatches as end within each window (floor). Sums over the "
                    + "configurations that it solves, divided; one without an answer within the limits counts as 0. \(sweep.pair.text) "
                    + "--objective throughput."),
            .paragraph(
                "Slack: an inference minibatch starts as late as its requests allow, so that training minibatches cross the edges of "
                    + "windows. Mode per slice: each workload has a power mode of its own, the cores staying as they are, with two "
                    + "switches per window of the time named. That time is assumed, and so is that a slice draws what its workload "
                    + "draws alone in that mode. A search answers with the best plan over the points that it profiled. The fluid limit "
                    + "is that of a GPU which is never idle."),
        ]
    }

    private func rows(
        _ ideas: [BeyondIdea], _ runs: [[[Configuration]]], _ papersOptimum: [Configuration]
    ) -> [Row] {
        zip(ideas, runs).map { idea, runs in
            Row(label: idea.label, style: idea.style, outcome: BeyondOutcome(runs, beside: papersOptimum))
        } + [
            Row(
                label: "fluid limit of one mode", style: 6,
                outcome: BeyondOutcome([papersOptimum], beside: papersOptimum, throughput: \.fluidThroughput))
        ]
    }

    private func table(
        _ pair: ReportPair, _ rows: [Row], _ papersOptimum: [Configuration], _ runs: [[[Configuration]]]
    ) -> ReportPage.Table {
        let solved = papersOptimum.count { $0.sound != nil }
        let besides =
            runs.map { runs in
                runs.map { zip($0, papersOptimum).count { $0.sound != nil && $1.sound == nil } }.max() ?? 0
            }.max() ?? 0
        func text(_ value: Double?, _ places: Int) -> String { value.map { fixed($0, places) } ?? "-" }
        return ReportPage.Table(
            caption:
                "How much each idea adds: \(pair.title). The papers' optimum solves \(solved) of \(papersOptimum.count) configurations"
                + (besides > 0 ? ", a mode per slice up to \(besides) besides, which are not counted" : "")
                + ". Solved: percent of those. Profiles, and watt-seconds over the budget while profiling, per configuration; als "
                + "profiles once for all of them.",
            header: ["Plan", "throughput", "solved %", "profiles", "W s over"],
            rows: rows.map { row in
                [
                    row.label, text(row.outcome.throughputPercent, 1), text(row.outcome.solvedPercent, 1),
                    text(row.outcome.profiles, 1), text(row.outcome.overBudgetWattSeconds, 0),
                ]
            },
            bars: BarColumn(
                bars: rows.map { BarColumn.Bar(value: $0.outcome.throughputPercent ?? 0, style: $0.style) },
                reference: 100))
    }

    /// Each idea over all pairs.
    private func overview(_ shown: [(pair: ReportPair, rows: [Row])]) -> ReportPage.Table {
        let plans = (shown.first?.rows ?? []).enumerated().map { index, row in
            let percents = shown.compactMap { $0.rows[index].outcome.throughputPercent }
            return (row: row, percents: percents, mean: Distribution(percents)?.mean)
        }
        func text(_ value: Double?) -> String { value.map { fixed($0, 1) } ?? "-" }
        return ReportPage.Table(
            caption:
                "Throughput, percent of the papers' optimum: the \(shown.count) pairs below, each counting the same.",
            header: ["Plan", "mean", "lowest pair", "highest pair"],
            rows: plans.map { [$0.row.label, text($0.mean), text($0.percents.min()), text($0.percents.max())] },
            bars: BarColumn(
                bars: plans.map { BarColumn.Bar(value: $0.mean ?? 0, style: $0.row.style) }, reference: 100))
    }
}
