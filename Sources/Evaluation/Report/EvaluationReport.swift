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
    /// The configurations of problems with an inference.
    var sweep = ReportSweep.standard
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
        let progress = ProgressBar(label: "report", total: try progressSteps())
        defer { progress.finish() }
        return try html(threads: threads, progress: progress)
    }

    /// The steps of a progress bar that the report advances.
    func progressSteps() throws(EvaluationError) -> Int {
        StrategyReport.progressSteps(tables) + predictions(threads: 1).progressSteps(tables.training)
            + (try BeyondReport.progressSteps(tables))
    }

    private func predictions(threads: Int) -> PredictionReport {
        PredictionReport(seed: seed, runs: runs, threads: threads)
    }

    /// The same with the caller's bar.
    func html(threads: Int, progress: ProgressBar) throws(EvaluationError) -> String {
        let start = MonotonicClock.nanoseconds()
        var sections: [ReportPage.Section] = []
        let strategies = StrategyReport(
            tables: tables, sweep: sweep, seed: seed, threads: threads, progress: progress)
        if !tables.training.isEmpty {
            sections.append(try strategies.train())
        }
        if !tables.inference.isEmpty {
            sections.append(try strategies.infer())
        }
        let pairs = tables.pairs
        if !pairs.isEmpty {
            sections.append(try strategies.pair(pairs))
            let beyond = BeyondReport(tables: tables, sweep: sweep, seed: seed, threads: threads, progress: progress)
            sections.append(try beyond.section(pairs))
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
                    + "is judged by measured values. The optimum is the best row of the whole table that keeps all limits. fulcrum starts from "
                    + "all other tables of the board; it may take any risk of a profile over the power budget, or a bounded one.",
                "A row is odd where the rows around it contradict its time or power by more than "
                    + "\(fixed(RobustFit.boundPercent, 0)) % and more than they differ among themselves; no strategy knows which are.",
            ], sections: sections
        ).html()
    }
}
