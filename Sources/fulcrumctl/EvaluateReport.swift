import ArgumentParser
import Evaluation

/// `fulcrumctl evaluate report`.
struct EvaluateReport: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "report",
        abstract: "Run every strategy on a folder of measured tables and write one HTML page.",
        discussion: """
            Reads train-NAME.csv and infer-NAME.csv in the folder and in its direct subfolders (one per board). The page has \
            tables and plots, and needs no network and no script.
            """)

    @Option(help: ArgumentHelp("Folder of measured tables.", valueName: "folder"))
    var data: String

    @Option(help: ArgumentHelp("The page to write.", valueName: "file"))
    var output: String

    @Option(help: "Draws per number of modes where models are compared.")
    var runs = 10

    @Option(help: "Seed of all draws.")
    var seed: UInt64 = 0

    func run() throws {
        let report = try EvaluationReport(folder: data, seed: seed, runs: runs, date: CalendarDate.today())
        let page = try OutputFile(opening: output, reading: report.files)
        try page.write(report.html())
        try OutputFile.print("Wrote \(output).")
    }
}
