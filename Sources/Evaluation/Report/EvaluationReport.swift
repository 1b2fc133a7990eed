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

    /// The tables' files.
    public var files: [String] { tables.training.map(\.table.file) + tables.inference.map(\.table.file) }

    /// Runs everything and lays out the page, with a progress bar on a terminal.
    public func html(threads: Int = ParallelMap.coreCount) throws(EvaluationError) -> String {
        let progress = ProgressBar(label: "report", total: progressSteps)
        defer { progress.finish() }
        return try html(threads: threads, progress: progress)
    }

    /// The steps of a progress bar that the report advances.
    var progressSteps: Int {
        StrategyReport.progressSteps(tables) + predictions(threads: 1).progressSteps(tables.training)
    }

    private func predictions(threads: Int) -> PredictionReport {
        PredictionReport(seed: seed, runs: runs, threads: threads)
    }

    /// The same with the caller's bar.
    func html(threads: Int, progress: ProgressBar) throws(EvaluationError) -> String {
        let start = MonotonicClock.nanoseconds()
        var sections: [ReportPage.Section] = []
        let strategies = StrategyReport(seed: seed, threads: threads, progress: progress)
        if !tables.training.isEmpty {
            sections.append(try strategies.train(tables.training))
        }
        if !tables.inference.isEmpty {
            sections.append(try strategies.infer(tables.inference))
        }
        if !tables.training.isEmpty, !tables.inference.isEmpty {
            sections.append(try strategies.pair(tables.training, tables.inference))
        }
        if !tables.training.isEmpty {
            sections += try predictions(threads: threads).sections(tables.training, progress)
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
