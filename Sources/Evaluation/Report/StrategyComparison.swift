/// What the strategies reached on one table: rows of a table, and charts.
struct StrategyComparison: Sendable {
    /// A strategy with a summary per seed.
    struct Result: Sendable {
        let entry: StrategyEntry
        let summaries: [Summary]

        /// The mean over the seeds that have the value.
        func mean(_ value: (Summary) -> Double?) -> Double? {
            let values = summaries.compactMap(value)
            return values.isEmpty ? nil : values.reduce(0, +) / Double(values.count)
        }

        /// The same as text.
        func text(_ places: Int, _ value: (Summary) -> Double?) -> String {
            mean(value).map { fixed($0, places) } ?? "-"
        }
    }

    let title: String
    let results: [Result]

    /// The table and its charts; nothing without results.
    var elements: [ReportPage.Element] {
        guard let first = results.first?.summaries.first else { return [] }
        return [.table(table(first)), .charts(charts(first))]
    }

    private static func loss(_ summary: Summary) -> Distribution? {
        summary.hasBackground ? summary.throughputLossPercent : summary.excessPercent
    }

    private static func robustLoss(_ summary: Summary) -> Distribution? {
        summary.hasBackground ? summary.robust?.throughputLossPercent : summary.robust?.excessPercent
    }

    private static func sound(_ summary: Summary) -> Double { Double(summary.solved - summary.violated) }

    private static func name(ofLoss summary: Summary) -> String {
        summary.hasBackground ? "Throughput lost" : "Minibatch time over the optimum"
    }

    private func table(_ first: Summary) -> ReportPage.Table {
        var header = ["Strategy", "within limits", "limit broken", "median %", "mean %", "p95 %"]
        if first.hasBackground { header.append("to fluid, mean %") }
        header += ["profiles", "most", "over budget %", "W s over"]
        let rows = results.map { result in
            func losses(_ value: (Distribution) -> Double) -> String {
                result.text(2) { Self.loss($0).map(value) } + " / " + result.text(2) { Self.robustLoss($0).map(value) }
            }
            let counts = result.summaries.count > 1 ? 1 : 0
            var row = [
                result.entry.label, result.text(counts, Self.sound), result.text(counts) { Double($0.violated) },
                losses(\.median), losses(\.mean), losses(\.p95),
            ]
            if first.hasBackground { row.append(result.text(2) { $0.lossToFluidPercent?.mean }) }
            return row + [
                result.text(1) { $0.profilesOfAll?.mean }, result.text(0) { $0.profilesOfAll?.max },
                result.text(1) { $0.overBudgetSharePercent },
                result.text(0) { $0.overBudgetWattSeconds / Double(max(1, $0.configurations)) },
            ]
        }
        let odd = first.robust?.rowsLeftOut ?? 0
        return ReportPage.Table(
            caption:
                "\(title): \(first.solvable) of \(first.configurations) configurations can be solved. \(Self.name(ofLoss: first)) in "
                + "percent, of the answers within the limits: against the optimum of the table / of its rows that are not odd "
                + "(\(odd) \(odd == 1 ? "is" : "are") odd). Profiles in the mean and at most; the share of them over the budget; per "
                + "configuration the watt-seconds over it, at \(Int(Configuration.minibatchesPerProfile)) minibatches a profile. "
                + "als, random and network: mean of \(StrategyEntry.seedCount) seeds.",
            header: header, rows: rows)
    }

    private func charts(_ first: Summary) -> [Chart] {
        let searched = results.filter { $0.entry.name != .optimum }
        func profiles(_ result: Result) -> Double { max(1, result.mean { $0.profilesOfAll?.mean } ?? 0) }
        func points(_ x: (Result) -> Double?, _ y: (Result) -> Double?) -> [Chart.Series] {
            searched.compactMap { result in
                guard let x = x(result), let y = y(result) else { return nil }
                return Chart.Series(
                    name: result.entry.label, mark: .points, points: [(x, y)], style: result.entry.style)
            }
        }
        func loss(_ result: Result) -> Double? { result.mean { Self.loss($0)?.mean } }
        let lossLabel = "\(first.hasBackground ? "Lost" : "Over the optimum"), mean %"
        return [
            Chart(
                title: "\(Self.name(ofLoss: first)) against profiles", xLabel: "Profiles, mean of all configurations",
                yLabel: lossLabel, xIsLogarithmic: true, series: points(profiles, loss)),
            Chart(
                title: "\(Self.name(ofLoss: first)) against profiles over the budget",
                xLabel: "Profiles over the budget, %", yLabel: lossLabel,
                series: points({ $0.mean(\.overBudgetSharePercent) }, loss)),
            Chart(
                title: "Solvable configurations without an answer within the limits",
                xLabel: "Profiles, mean of all configurations", yLabel: "Unsolved or broken, %", xIsLogarithmic: true,
                series: points(profiles) { result in
                    max(0, 1 - (result.mean(Self.sound) ?? 0) / Double(max(1, first.solvable))) * 100
                }),
        ]
    }
}
