import Policy
import SystemCalls

/// Every strategy on every problem of a folder of measured tables, and how well models predict them: one HTML page.
public struct EvaluationReport: Sendable {
    /// Seed of all draws.
    public let seed: UInt64
    /// Draws per number of modes where models are compared.
    public let runs: Int
    /// The day that the page names.
    public let date: String
    private let folder: String
    private let tables: ReportTables

    /// Reads the tables; nothing is computed yet.
    public init(folder: String, seed: UInt64, runs: Int, date: String) throws(EvaluationError) {
        guard (1...PredictEvaluation.runLimit).contains(runs) else {
            throw EvaluationError(
                "--runs is \(runs); a number from 1 to \(PredictEvaluation.runLimit) was expected.")
        }
        self.folder = folder
        self.seed = seed
        self.runs = runs
        self.date = date
        tables = try ReportTables(folder: folder)
    }

    /// Runs everything and lays out the page, with a progress bar on a terminal.
    public func html(threads: Int = ParallelMap.coreCount) throws(EvaluationError) -> String {
        let start = MonotonicClock.nanoseconds()
        var sections: [ReportPage.Section] = []
        let progress = ProgressBar(label: "report", total: 4)
        defer { progress.finish() }
        let strategies = StrategyReport(seed: seed, threads: threads)
        if !tables.training.isEmpty {
            sections.append(try strategies.train(tables.training))
        }
        progress.advance()
        if !tables.inference.isEmpty {
            sections.append(try strategies.infer(tables.inference))
        }
        progress.advance()
        if !tables.training.isEmpty, !tables.inference.isEmpty {
            sections.append(try strategies.pair(tables.training, tables.inference))
        }
        progress.advance()
        if !tables.training.isEmpty {
            sections += try PredictionReport(seed: seed, runs: runs, threads: threads).sections(tables.training)
        }
        let seconds = Double(MonotonicClock.nanoseconds() &- start) / 1e9
        return ReportPage(
            title: "Strategies and predictions on measured tables",
            introduction: [
                "\(tables.training.count) training and \(tables.inference.count) inference tables of \(folder), \(date), seed "
                    + "\(seed), computed in \(fixed(seconds, 0)) s on \(threads) threads.",
                "A strategy is told the measured row of each mode that it asks for, as if it had profiled it on the board. Its answer "
                    + "is judged by measured values. The optimum is the best row of the whole table that keeps all limits.",
            ], sections: sections
        ).html()
    }
}
