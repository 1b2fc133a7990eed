import Policy
import Testing

@testable import Evaluation

/// GMD and the exact optimum against the result tables of the Fulcrum authors, row by row.
@Suite(.enabled(if: MeasuredData.folder != nil, Comment(rawValue: MeasuredData.absence)))
struct AuthorsResultsTests {
    static let workloads = ["resnet18", "mobilenetv3"]

    private func run(_ workload: String, _ strategy: TrainStrategy) throws -> [TrainConfiguration] {
        let table = try EvaluationGrid.orinAGX441.applied(to: MeasuredData.trainingTable(workload))
        let power = try Axis(parsing: "10..50/1", name: "power")
        return try TrainEvaluation(table: table, strategy: strategy, power: power).run().configurations
    }

    /// The mode in the columns with `suffix`, nil in the rows of zeros that stand for no answer.
    private func mode(_ row: [String: Double], _ suffix: String) throws -> PowerMode? {
        let values = try ["cores", "cpu", "gpu", "mem"].map { Int(try #require(row["\($0)_\(suffix)"])) }
        return values[0] == 0
            ? nil : PowerMode(cores: values[0], cpuKHz: values[1], gpuHz: values[2], emcHz: values[3])
    }

    /// Their files were written by a reader that is off by one unit in the last place here and there.
    private func isSame(_ left: Double?, _ right: Double?) throws -> Bool {
        let (left, right) = (left ?? 0, try #require(right))
        return abs(left - right) <= 1e-12 * abs(right)
    }

    @Test(arguments: workloads) func everyRowIsEqual(workload: String) throws {
        let configurations = try run(workload, .gmd)
        let rows = try MeasuredData.authorsRows("gmd-train-\(workload)")
        try #require(rows.count == 41 && configurations.count == 41)
        for (row, configuration) in zip(rows, configurations) {
            #expect(row["power_budget"] == configuration.budgetWatts)
            let answer = configuration.answer
            #expect(try answer?.mode == mode(row, "algo"))
            #expect(try isSame(answer?.minibatchMilliseconds, row["algo_time"]))
            #expect(try isSame(answer?.powerWatts, row["algo_power"]))
            #expect(Double(answer == nil ? 0 : configuration.profiles) == row["num_pwds"])
            #expect(try configuration.optimum?.mode == mode(row, "optimal"))
            #expect(try isSame(configuration.optimum?.minibatchMilliseconds, row["optim_time"]))
            #expect(try isSame(configuration.optimum?.powerWatts, row["optim_power"]))
        }
    }

    @Test(arguments: zip(workloads, [(8.85, 19.6, 9.5, 11.0), (3.40, 20.4, 9.1, 10.0)]))
    func theSummaryIsThatOfTheirTables(workload: String, expected: (Double, Double, Double, Double)) throws {
        let table = try EvaluationGrid.orinAGX441.applied(to: MeasuredData.trainingTable(workload))
        let evaluation = TrainEvaluation(
            table: table, strategy: .gmd, power: try Axis(parsing: "10..50/1", name: "power"))
        let summary = TrainSummary(of: try run(workload, .gmd), evaluation: evaluation, seed: 0, wallSeconds: 0)
        #expect(summary.configurations == 41 && summary.solvable == 36 && summary.solved == 36)
        #expect(summary.powerViolations == 0)
        let excess = try #require(summary.excessPercent)
        #expect((excess.median * 100).rounded() / 100 == expected.0)
        #expect((excess.mean * 10).rounded() / 10 == expected.1)
        let profiles = try #require(summary.profiles)
        #expect((profiles.mean * 10).rounded() / 10 == expected.2)
        #expect(profiles.max == expected.3)
    }

    @Test(arguments: workloads) func theOptimumHasNoExcess(workload: String) throws {
        for configuration in try run(workload, .optimum) {
            #expect(configuration.answer == configuration.optimum && configuration.profiles == 0)
            #expect(configuration.excessPercent == (configuration.answer == nil ? nil : 0))
        }
    }

    @Test(arguments: workloads) func theWholeTableIsReadAndHasAllItsCombinations(workload: String) throws {
        let table = try MeasuredData.trainingTable(workload)
        #expect(table.rows.count == 4_368 && table.isComplete)
    }
}
