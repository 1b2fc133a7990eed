import FoundationEssentials
import Policy
import Testing

@testable import Evaluation

/// `evaluate predict --method gp`.
@Suite struct GaussianPredictEvaluationTests {
    private func evaluation(
        _ references: [Reference] = [], modes: [Int] = [8, 30], runs: Int = 3
    ) throws -> PredictEvaluation {
        try PredictEvaluation(
            table: SyntheticTables.manyPoints().background(minibatch: 4), method: .gp, references: references,
            modeCounts: modes, runs: runs, seed: 4, schedule: TrainingSchedule(.paper, steps: nil))
    }

    @Test func drawsAreTheSameForAnyNumberOfThreads() throws {
        let other = try SyntheticTables.twoModesOfInference()
        let evaluation = try evaluation([.inference(other), .table(SyntheticTables.twoModes())])
        let alone = try evaluation.run(threads: 1).runs
        #expect(alone.map(\.modes) == [8, 8, 8, 30, 30, 30] && Set(alone.map(\.seed)).count == 3)
        for threads in [2, 5] { #expect(try evaluation.run(threads: threads).runs == alone) }
        for run in alone {
            let coverage = try #require(run.coveragePercent)
            #expect((0...100).contains(coverage.time) && (0...100).contains(coverage.power))
            #expect(run.timePercent > 0 && run.powerPercent > 0)
        }
        #expect(evaluation.progressSteps == 6)
    }

    @Test func smoothTablesArePredictedWellWithoutAnyReference() throws {
        let runs = try evaluation(modes: [30], runs: 4).run(threads: 2).runs
        #expect(try #require(Distribution(runs.map(\.timePercent))).median < 6)
        #expect(try #require(Distribution(runs.map(\.powerPercent))).median < 6)
        let inside = runs.compactMap(\.coveragePercent).flatMap { [$0.time, $0.power] }
        #expect((75...100).contains(inside.reduce(0, +) / Double(inside.count)))
    }

    @Test func theTableItselfIsNoReference() throws {
        let table = try SyntheticTables.manyPoints()
        for reference in [Reference.table(try table.background(minibatch: 4)), .inference(table)] {
            let error = #expect(throws: EvaluationError.self) { try evaluation([reference]) }
            #expect(error?.description.contains("has the same measurements as") == true)
        }
        #expect(throws: EvaluationError.self) { try evaluation(modes: [2]) }
        #expect(throws: EvaluationError.self) { try evaluation(modes: [225]) }
    }

    @Test func summariesHaveTheCoverage() throws {
        struct Decoded: Decodable {
            struct Pair: Decodable { let time, power: Double }
            struct Entry: Decodable {
                let modes: Int
                let time_coverage_percent, power_coverage_percent: Double
            }
            let method: String
            let reference: String?
            let references: [String]
            let interval_coverage_percent: Pair?
            let by_modes, runs: [Entry]
        }
        let evaluation = try evaluation()
        func decoded(_ counts: [Int]) throws -> Decoded {
            let shares = [(80.0, 95.0), (90, 85), (100, 99.5)]
            var runs: [PredictEvaluation.Run] = []
            for count in counts {
                for (number, share) in shares.enumerated() {
                    runs.append(
                        PredictEvaluation.Run(
                            modes: count, run: number + 1, seed: 7, timePercent: 4, powerPercent: 8,
                            coveragePercent: PredictEvaluation.Coverage(time: share.0, power: share.1)))
                }
            }
            let summary = PredictSummary(
                of: try self.evaluation(modes: counts), references: ["a.csv", "b.csv"], runs: runs, wallSeconds: 1)
            let lines = summary.csv.split(separator: "\n")
            #expect(lines[0].hasSuffix(",time_coverage_percent,power_coverage_percent"))
            #expect(lines.count == 1 + runs.count && lines[1] == "\(counts[0]),1,7,4,8,80,95")
            #expect(lines.allSatisfy { $0.count { $0 == "," } == 6 })
            #expect(summary.text.contains("gp from a.csv, b.csv\n"))
            #expect(summary.text.contains("times: median 90.0 %, powers: median 95.0 %"))
            return try JSONDecoder().decode(Decoded.self, from: Data(summary.json().utf8))
        }
        let one = try decoded([8])
        #expect(one.method == "gp" && one.reference == "a.csv" && one.references == ["a.csv", "b.csv"])
        #expect(one.interval_coverage_percent?.time == 90 && one.interval_coverage_percent?.power == 95)
        #expect(one.runs.map(\.time_coverage_percent) == [80, 90, 100])
        #expect(one.by_modes.map(\.power_coverage_percent) == [95])
        let two = try decoded([8, 30])
        #expect(two.interval_coverage_percent == nil && two.by_modes.map(\.time_coverage_percent) == [90, 90])
        #expect(evaluation.references.isEmpty)
    }
}
