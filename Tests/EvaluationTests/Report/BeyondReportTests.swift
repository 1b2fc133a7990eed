import Policy
import Testing

@testable import Evaluation

@Suite struct BeyondReportTests {
    private func configuration(_ throughput: Double?, profiles: Int = 0) -> Configuration {
        let mode = PowerMode(cores: 1, cpuKHz: 1, gpuHz: 1, emcHz: 1)
        let choice = throughput.map {
            Choice(
                mode: mode, minibatch: 1, milliseconds: 1, powerWatts: 1, backgroundMilliseconds: 1, tau: 1,
                throughput: $0)
        }
        return Configuration(
            limits: Limits(budgetWatts: 10), answer: choice, violations: Violations(), optimum: choice,
            bestThroughput: throughput, fluidThroughput: throughput.map { $0 * 2 }, profiles: profiles,
            overBudgetProfiles: 0, overBudgetWattSeconds: Double(profiles))
    }

    @Test func unsolvedConfigurationsCountAsNothing() {
        let papers = [configuration(10), configuration(30), configuration(nil)]
        // The third is left out, as the papers' optimum has nothing to compare with.
        let answers = [
            configuration(12, profiles: 3), configuration(nil, profiles: 9), configuration(50, profiles: 3),
        ]
        let outcome = BeyondOutcome([answers], beside: papers)
        #expect(outcome.throughputPercent == 30 && outcome.solvedPercent == 50)
        #expect(outcome.profiles == 5 && outcome.overBudgetWattSeconds == 5)
        let fluid = BeyondOutcome([papers], beside: papers, throughput: \.fluidThroughput)
        #expect(fluid.throughputPercent == 200 && fluid.profiles == nil && fluid.overBudgetWattSeconds == nil)
        // Of several runs the mean.
        #expect(BeyondOutcome([answers, papers], beside: papers).throughputPercent == 65)
    }

    @Test func anAnswerThatBreaksALimitCountsAsNothing() {
        var broken = configuration(10)
        broken.violations.power = true
        let outcome = BeyondOutcome([[broken]], beside: [configuration(10)])
        #expect(outcome.throughputPercent == 0 && outcome.solvedPercent == 0)
    }

    @Test func withoutAnythingToCompareWithThereIsNoShare() {
        let outcome = BeyondOutcome([[configuration(1)]], beside: [configuration(nil)])
        #expect(outcome.throughputPercent == nil && outcome.solvedPercent == nil)
        #expect(BeyondOutcome([[configuration(1)]], beside: [configuration(0)]).throughputPercent == nil)
    }

    @Test func noIdeaIsWorseThanThePapersOptimumAndLongerSwitchesAreNeverBetter() throws {
        let bytes = { (text: String) in [UInt8](text.utf8) }
        let table = try PairTable(
            joining: InferenceTable(
                parsing: bytes(EvaluationReportTests.table(minibatches: [1, 4])), file: "infer.csv"),
            TrainingTable(parsing: bytes(EvaluationReportTests.table(minibatches: nil)), file: "train.csv"))
        let limits = try SweptAxes.limits(
            power: Axis(parsing: "10..40/2", name: "power"), latencyMilliseconds: Axis(parsing: "300", name: "latency"),
            ratePerSecond: Axis(parsing: "30", name: "rate"))
        let papers = try BeyondIdea.papersOptimum().runs(on: table, limits, [], seed: 0)[0]
        var percent: [String: Double] = [:]
        for idea in try BeyondIdea.all() where idea.entry.name == .optimum {
            let outcome = BeyondOutcome(try idea.runs(on: table, limits, [], seed: 0), beside: papers)
            #expect(outcome.solvedPercent == 100)
            percent[idea.label] = outcome.throughputPercent
        }
        let fluid = BeyondOutcome([papers], beside: papers, throughput: \.fluidThroughput).throughputPercent
        let slack = try #require(percent["optimum, slack"])
        #expect(percent["papers' optimum, most per second"] == 100)
        #expect(percent["papers' optimum, most per window"].map { $0 <= 100 } == true)
        #expect(slack > 100 && fluid.map { slack <= $0 } == true)
        for way in ["optimum, mode per slice", "optimum, slack, mode per slice"] {
            let byTime = BeyondIdea.switchMilliseconds.compactMap { percent["\(way), \(shortest($0)) ms"] }
            #expect(byTime.count == 4 && byTime == byTime.sorted(by: >) && byTime[3] >= 100)
        }
    }
}

@Suite struct ReportReferencesTests {
    @Test func aSearchStartsFromOtherTablesOfItsBoardAndFromNoCopies() throws {
        let training = EvaluationReportTests.table(minibatches: nil)
        let inference = EvaluationReportTests.table(minibatches: [1])
        let files = [
            "train-a.csv": training, "train-copy.csv": training,
            "train-b.csv": training.replacing(",16.0\n", with: ",16.5\n").replacing(",20.0\n", with: ",20.5\n"),
            "infer-c.csv": inference,
        ]
        try withReportFolder(files) { folder in
            let tables = try ReportTables(folder: folder)
            let searched = try #require(tables.training.first { $0.name == "a" })
            func names(_ board: String) -> [String] {
                tables.references(on: board, besides: [searched.table.file]) { $0.differs(from: searched.table) }.map {
                    switch $0 {
                    case .table(let table): String(table.file.suffix(11))
                    case .inference(let table): String(table.file.suffix(11))
                    case .model: "a model"
                    }
                }
            }
            #expect(names(searched.board) == ["train-b.csv", "infer-c.csv"])
            #expect(names("another board") == [])
        }
    }
}
