import MeasuredData
import Policy
import Testing

@testable import Evaluation

/// GMD over the Fulcrum authors' configurations: the summaries of their result tables.
@Suite(.enabled(if: MeasuredData.folder != nil, Comment(rawValue: MeasuredData.absence)))
struct AuthorsResultsTests {
    private func rounded(_ value: Double?, _ places: Int) -> Double? {
        let scale = places == 1 ? 10.0 : 100
        return value.map { ($0 * scale).rounded() / scale }
    }

    @Test(arguments: [("resnet18", 8.85, 19.6, 9.5, 11.0), ("mobilenetv3", 3.40, 20.4, 9.1, 10.0)])
    func train(workload: String, median: Double, mean: Double, meanProfiles: Double, maxProfiles: Double) throws {
        let table = try EvaluationGrid.orinAGX441.applied(to: MeasuredData.trainingTable(workload))
        let summary = try SyntheticTables.train(StrategyOptions(.gmd), "10..50/1", on: table, threads: 2).summary
        #expect(summary.configurations == 41 && summary.solvable == 36 && summary.solved == 36)
        #expect(summary.violated == 0)
        #expect(rounded(summary.excessPercent?.median, 2) == median)
        #expect(rounded(summary.excessPercent?.mean, 1) == mean)
        #expect(rounded(summary.profiles?.mean, 1) == meanProfiles && summary.profiles?.max == maxProfiles)
    }

    @Test(arguments: [
        ("resnet50", 4041, 3570, 5.1, 10.5), ("mobilenetv3", 4297, 3905, 7.4, 7.4), ("lstm", 5291, 5289, 0, 21.6),
    ])
    func infer(workload: String, solvable: Int, solved: Int, median: Double, mean: Double) throws {
        let table = try EvaluationGrid.orinAGX441.applied(to: MeasuredData.inferenceTable(workload))
        let summary = try SyntheticTables.infer(
            StrategyOptions(.gmd), power: "10..50/1", latency: "50..150/10", rate: "30..90/5", on: table, threads: 2
        ).summary
        #expect(summary.configurations == 5_863 && summary.solvable == solvable && summary.solved == solved)
        #expect(summary.violated == 0)
        #expect(rounded(summary.excessPercent?.median, 1) == median)
        #expect(rounded(summary.excessPercent?.mean, 1) == mean)
    }

    @Test(arguments: [
        ("resnet18", "mobilenetv3", 5520, 5425, 317, [7.7, 15.0, 10.0, 15.7]),
        ("mobilenetv3", "mobilenetv3", 5626, 5523, 382, [0, 11.5, 0, 11.5]),
        ("mobilenetv3", "lstm", 5760, 5760, 155, [0, 15.0, 0, 15.0]),
    ])
    func pair(train: String, infer: String, solvable: Int, solved: Int, idle: Int, losses: [Double]) throws {
        let table = try PairTable(
            joining: EvaluationGrid.orinAGX441.applied(to: MeasuredData.inferenceTable(infer)),
            EvaluationGrid.orinAGX441.applied(to: MeasuredData.trainingTable(train)))
        let summary = try SyntheticTables.pair(
            StrategyOptions(.gmd).pair(on: table), power: "10..50/1", latency: "500..2000/100", rate: "30..120/10",
            on: table, threads: 2
        ).summary
        #expect(summary.configurations == 6_560 && summary.solvable == solvable && summary.solved == solved)
        #expect(summary.violated == 0 && summary.optimumIdle == idle)
        let (optimum, best) = (summary.throughputLossPercent, summary.lossToBestPercent)
        #expect([optimum?.median, optimum?.mean, best?.median, best?.mean].map { rounded($0, 1) } == losses)
        #expect(summary.profilesOfAll?.max == 25)
    }
}
