import Glibc
import Policy
import SystemCalls
import Testing

@testable import Evaluation

@Suite struct ChartTests {
    @Test func linearTicksAreRoundAndHoldAllValues() {
        let axis = ChartAxis(low: 3, high: 97, isLogarithmic: false, startsAtZero: true)
        #expect(axis.ticks == [0, 20, 40, 60, 80, 100])
        #expect(axis.fraction(0) == 0 && axis.fraction(100) == 1 && axis.fraction(25) == 0.25)
        let small = ChartAxis(low: 0.001, high: 0.0047, isLogarithmic: false, startsAtZero: true)
        #expect(small.ticks.map(small.text) == ["0.000", "0.001", "0.002", "0.003", "0.004", "0.005"])
    }

    @Test func logarithmicTicksAreOneTwoAndFiveOfEachDecade() {
        let axis = ChartAxis(low: 9, high: 150, isLogarithmic: true, startsAtZero: false)
        #expect(axis.ticks.map(axis.text) == ["10", "20", "50", "100"])
        // The middle of a logarithmic axis is the geometric mean of its ends.
        #expect(abs(axis.fraction((9.0 * 150).squareRoot()) - 0.5) < 1e-12)
        #expect(axis.fraction(9) > 0 && axis.fraction(150) < 1)
    }

    @Test(arguments: [(5.0, 5.0), (0.0, 0.0), (-3.0, -3.0), (0.0, 1e300), (-1e-300, 0.0)])
    func anyFiniteRangeHasAnAxis(low: Double, high: Double) {
        let axis = ChartAxis(low: low, high: high, isLogarithmic: false, startsAtZero: true)
        #expect(!axis.ticks.isEmpty && axis.ticks.count <= 51)
        #expect(axis.fraction(low).isFinite && axis.fraction(high).isFinite)
    }

    @Test func pointsThatCannotBeDrawnAreLeftOut() {
        func chart(_ points: [(x: Double, y: Double)]) -> String {
            Chart(
                title: "t", xLabel: "x", yLabel: "y", xIsLogarithmic: true, yIsLogarithmic: true,
                series: [Chart.Series(name: "s", mark: .line, points: points, style: 0)]
            ).html()
        }
        let drawn = chart([(1, 2), (.nan, 1), (1, .infinity), (0, 3), (-1, 3), (3, 0), (10, 20)])
        #expect(drawn.ranges(of: "<title>").count == 2)
        #expect(!drawn.contains("nan") && !drawn.contains("inf"))
        #expect(chart([(.nan, .nan)]).contains("No values."))
    }

    @Test func namesAreEscaped() {
        let html = Chart(
            title: "<script>\"&'", xLabel: "<x>", yLabel: "<y>",
            series: [Chart.Series(name: "<s>", mark: .points, points: [(1, 1)], style: 9)]
        ).html()
        #expect(html.contains("&lt;script&gt;&quot;&amp;&#39;") && html.contains("&lt;s&gt;"))
        #expect(!html.contains("<script") && !html.contains("<s>") && !html.contains("<x>"))
    }

    @Test func barsBeginAtZeroAndTheLineIsAtTheReference() {
        let column = BarColumn(
            bars: [.init(value: 50, style: 1), .init(value: 200, style: 10), .init(value: .nan, style: 0)],
            reference: 100)
        #expect(column.cell(0).contains("class=\"mark s1\" width=\"50.0\""))
        #expect(column.cell(0).contains("x1=\"100.0\" x2=\"100.0\""))
        #expect(column.cell(1).contains("class=\"mark s1\" width=\"200.0\""))
        #expect(!column.cell(2).contains("<rect") && column.cell(2).contains("<line"))
        #expect(column.cell(3) == "<td></td>")
        #expect(BarColumn(bars: [.init(value: -1, style: 0)], reference: 0).cell(0) == "<td></td>")
    }

    @Test func stepsGoSidewaysFirst() {
        let html = Chart(
            title: "t", xLabel: "x", yLabel: "y",
            series: [Chart.Series(name: "s", mark: .steps, points: [(0, 10), (10, 0)], style: 0)]
        ).html()
        #expect(html.contains("H446.0V256.0"))
    }
}

extension ReportSweep {
    /// A few configurations, some of which can be solved.
    static let coarse = ReportSweep(
        infer: Axes(power: "15..45/15", latencyMilliseconds: "100", ratePerSecond: "30"),
        pair: Axes(power: "15..45/15", latencyMilliseconds: "500", ratePerSecond: "30"))
}

/// A temporary folder with these files and the subfolder `<b>`.
func withReportFolder(_ files: [String: String], _ body: (String) throws -> Void) throws {
    let folder = try Directory.createTemporary("/tmp/fulcrum-report-")
    defer {
        for name in files.keys { unlink(folder + "/" + name) }
        rmdir(folder + "/<b>")
        rmdir(folder)
    }
    try Directory.create(folder + "/<b>")
    for (name, text) in files { try OutputFile(opening: folder + "/" + name).write(text) }
    try body(folder)
}

@Suite struct EvaluationReportTests {
    private static let header = "cores,cpu,gpu,mem,observed_time,"

    /// A grid of 3 x 3 x 3 x 2 modes, faster and hungrier with each step.
    static func table(minibatches: [Int]?) -> String {
        var text = header + (minibatches == nil ? "observed_power\n" : "bs,observed_power\n")
        for cores in 1...3 {
            for cpu in 1...3 {
                for gpu in 1...3 {
                    for emc in 1...2 {
                        let speed = Double(cores + 2 * cpu + 4 * gpu + emc)
                        let mode = "\(cores),\(cpu),\(gpu),\(emc)"
                        guard let minibatches else {
                            text += "\(mode),\(2000 / speed),\(8 + speed)\n"
                            continue
                        }
                        for size in minibatches {
                            text += "\(mode),\(Double(20 + size) * 10 / speed),\(size),\(7 + speed)\n"
                        }
                    }
                }
            }
        }
        return text
    }

    @Test func aFolderBecomesOnePageThatNeedsNothingElse() throws {
        let files = [
            "<b>/train-<i>net.csv": Self.table(minibatches: nil), "<b>/infer-net.csv": Self.table(minibatches: [1, 4]),
            "<b>/notes.txt": "no table", "gmd-train-net.csv": "no table either",
        ]
        try withReportFolder(files) { folder in
            var report = try EvaluationReport(folder: folder, seed: 1, runs: 1, date: "2026-01-01")
            report.sweep = .coarse
            let page = try report.html(threads: 2)
            for title in [
                "Training alone", "Inference alone", "Training beside inference", "Beyond the papers",
                "Predictions from few profiles",
            ] {
                #expect(page.contains("<h2>\(title)</h2>"))
            }
            #expect(page.contains("&lt;i&gt;net (&lt;b&gt;), 54 modes"))
            #expect(page.contains("<th scope=\"row\">gmd</th>") && page.contains("<th scope=\"row\">als</th>"))
            #expect(!page.contains("<i>") && !page.contains("<script") && !page.contains("http"))
            // Alone, alone, in the pair and among the ideas.
            for strategy in ["fulcrum, any risk", "fulcrum, risk 5 %"] {
                #expect(page.ranges(of: "<th scope=\"row\">\(strategy)</th>").count == 4)
            }
            #expect(
                page.contains("<th scope=\"row\">papers&#39; optimum, most per second</th><td>100.0</td><td>100.0</td>")
            )
            // Errors, and what lies inside the intervals.
            #expect(page.ranges(of: "<th scope=\"row\">gp, no reference</th>").count == 2)
            // 50 modes are drawn of 54; the binary search is for a training alone.
            #expect(page.ranges(of: "<th scope=\"row\">binary</th>").count == 1)
            #expect(page.ranges(of: "<th scope=\"row\">random, 50 modes</th>").count == 3)
            for tag in ["table", "figure", "svg", "section", "tr", "td", "th", "div", "g", "p"] {
                let opened =
                    page.ranges(of: "<\(tag)>").count + page.ranges(of: "<\(tag) ").count
                #expect(opened == page.ranges(of: "</\(tag)>").count, "\(tag)")
            }
        }
    }

    @Test func tablesWithHolesAreLeftOutAndTheOthersAreNot() throws {
        func withHole(_ text: String) -> String {
            text.split(separator: "\n").dropLast().joined(separator: "\n") + "\n"
        }
        let files = [
            "train-whole.csv": Self.table(minibatches: nil), "train-hole.csv": withHole(Self.table(minibatches: nil)),
            "infer-whole.csv": Self.table(minibatches: [1, 4]),
            "infer-hole.csv": withHole(Self.table(minibatches: [1, 4])),
            "infer-strange.csv": "cores,cpu,gpu,mem,bs,observed_time,observed_power\n9,9,9,9,1,5,6\n",
        ]
        try withReportFolder(files) { folder in
            var report = try EvaluationReport(folder: folder, seed: 1, runs: 1, date: "")
            report.sweep = .coarse
            let progress = ProgressBar(label: "report", total: try report.progressSteps())
            let page = try report.html(threads: 2, progress: progress)
            // The training alone; the inference alone and in the pair with the whole training; the other pairs.
            for (rows, all, count) in [(53, 54, 1), (107, 108, 2), (106, 108, 2)] {
                let text = "left out. The table has \(rows) of the \(all) combinations"
                #expect(page.ranges(of: text).count == count, "\(text)")
            }
            #expect(page.ranges(of: "have no power mode in common").count == 2)
            // Of whole tables, one strange mode alone, and one pair, which is among the ideas too.
            #expect(page.ranges(of: "<th scope=\"row\">als</th>").count == 5)
            #expect(progress.count == progress.total)
        }
    }

    @Test func whatIsNoFolderOfTablesIsAnErrorThatSaysSo() throws {
        try withReportFolder(["other.csv": "x"]) { folder in
            let error = #expect(throws: EvaluationError.self) {
                try EvaluationReport(folder: folder, seed: 0, runs: 1, date: "")
            }
            #expect(error?.description.contains("no train-NAME.csv") == true)
        }
        try withReportFolder(["train-x.csv": "damaged"]) { folder in
            let error = #expect(throws: EvaluationError.self) {
                try EvaluationReport(folder: folder, seed: 0, runs: 1, date: "")
            }
            #expect(error?.description.contains("train-x.csv, line 1") == true)
        }
        #expect(throws: EvaluationError.self) {
            try EvaluationReport(folder: "/nonexistent", seed: 0, runs: 1, date: "")
        }
        #expect(throws: EvaluationError.self) { try EvaluationReport(folder: "/tmp", seed: 0, runs: 0, date: "") }
    }
}

@Suite struct LimitOutcomeTests {
    @Test func answersByPredictionAreJudgedByWhatWasMeasured() throws {
        let rows = "1,1,1,1,100,10\n1,1,2,1,50,30.5\n1,1,3,1,25,60\n"
        let table = try TrainingTable(
            parsing: [UInt8](("cores,cpu,gpu,mem,observed_time,observed_power\n" + rows).utf8), file: "three.csv")
        // The middle mode is held for one of 20 W; it draws 30.5 W.
        let predicted = table.rows.map { row in
            TrainingObservation(
                mode: row.mode, minibatchMilliseconds: row.minibatchMilliseconds,
                powerWatts: row.powerWatts == 30.5 ? 20 : row.powerWatts)
        }
        let outcome = LimitOutcome(predicted: predicted, table: table)
        // 17 to 50 W are 34 limits: at 20 to 30 W, 11 of them, the answer is over, at 30 W by half a watt.
        #expect(outcome.overLimitPercent == 11.0 / 34 * 100)
        #expect(outcome.overLimitByWattPercent == 10.0 / 34 * 100)
        #expect(abs(outcome.meanWattsOver - (20...30).reduce(0) { $0 + 30.5 - Double($1) } / 34) < 1e-9)
        #expect(outcome.excessPercent?.median == 0)
    }
}
