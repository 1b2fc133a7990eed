import Policy
import Testing

@testable import Evaluation

/// Losses against the optimum of the rows that are not odd.
@Suite struct RobustLossTests {
    private let grid = SyntheticSurface.grid(cores: 3, cpu: 4, gpu: 4, emc: 3)

    private func run(
        _ strategy: Strategy<TrainProblem>?, on rows: [TrainingObservation], budgets: [Double]
    ) throws -> (summary: Summary, configurations: [Configuration]) {
        let table = try SyntheticSurface.table(rows)
        let evaluation = TableEvaluation(
            table: table, strategy: try strategy ?? StrategyOptions(.optimum).train(on: table),
            limits: budgets.map { Limits(budgetWatts: $0) }
        ) { TrainProblem(budgetWatts: $0.budgetWatts) }
        let configurations = try evaluation.run(threads: 1).configurations
        let subject = Subject(problem: "train", strategy: "x", train: "t", modes: 1, points: 1, seed: 0)
        let summary = Summary(
            of: configurations, subject: subject, wallSeconds: 0, rowsLeftOut: evaluation.robustRows.leftOutCount)
        return (summary, configurations)
    }

    private func answering(_ row: TrainingObservation?) -> Strategy<TrainProblem> {
        Strategy(name: "fixed", .search { _ in FixedAnswer(observation: row) })
    }

    @Test func anAnswerIsComparedWithBothOptima() throws {
        // The highest mode draws half of what it must, so that it is the optimum of budgets that it would not keep.
        let rows = SyntheticSurface.product(grid)
        let trueWatts = try #require(rows.last).powerWatts
        let changed = SyntheticSurface.changing(rows, [grid.highest], power: 0.5)
        let budgets = [trueWatts * 0.6, trueWatts * 2]
        let (summary, atOptimum) = try run(nil, on: changed, budgets: budgets)
        #expect(atOptimum.map(\.answer?.mode) == [grid.highest, grid.highest])
        let robust = try #require(atOptimum[0].robustOptimum)
        let expected = TrainProblem(budgetWatts: budgets[0]).optimum(over: changed.filter { $0.mode != grid.highest })
        #expect(robust.mode == expected?.mode)
        // The odd row is faster than the robust optimum, which is no gain.
        #expect(atOptimum.map(\.robustExcessPercent) == [0, 0] && atOptimum.map(\.excessPercent) == [0, 0])
        #expect(summary.robust?.oddAnswers == 2 && summary.robust?.rowsLeftOut == 1)
        #expect(summary.robust?.solvable == 2 && summary.robust?.solvedByOddRowsAlone == 0)

        let (other, atRobust) = try run(answering(expected), on: changed, budgets: [budgets[0]])
        #expect(atRobust[0].robustExcessPercent == 0 && (atRobust[0].excessPercent ?? 0) > 1)
        #expect(other.robust?.oddAnswers == 0 && other.robust?.excessPercent?.max == 0)
        #expect(other.text.contains("excess, robust         median 0.00 %"))
        #expect(other.text.contains("; 1 row is odd"))
    }

    @Test func anAnswerThatIsNotOddCanLoseAgainstBoth() throws {
        let rows = SyntheticSurface.changing(SyntheticSurface.product(grid), [grid.highest], time: 0.5)
        let (_, configurations) = try run(answering(rows.first), on: rows, budgets: [1000])
        let (excess, robust) = (configurations[0].excessPercent ?? 0, configurations[0].robustExcessPercent ?? 0)
        #expect(robust > 1 && excess > robust)
    }

    @Test func whatOddRowsAloneSolveIsCounted() throws {
        let rows = SyntheticSurface.product(grid)
        let least = try #require(rows.map(\.powerWatts).min())
        let changed = SyntheticSurface.changing(rows, [grid.lowest], power: 0.3)
        let (summary, configurations) = try run(nil, on: changed, budgets: [least / 2, least / 10])
        #expect(configurations.map(\.isSolvedByOddRowsAlone) == [true, false])
        #expect(configurations[0].robustExcessPercent == nil && configurations[0].excessPercent == 0)
        #expect(summary.solvable == 1 && summary.robust?.solvable == 0)
        #expect(summary.robust?.solvedByOddRowsAlone == 1 && summary.robust?.excessPercent == nil)
        #expect(summary.text.contains("1 row is odd, 1 answers solvable by them alone"))
    }

    @Test func aPairLosesThroughputAgainstBoth() throws {
        // The background work reads twice as fast in the highest mode as it can be.
        let rows = SyntheticSurface.product(grid)
        let training = SyntheticSurface.changing(rows, [grid.highest], time: 0.5)
        let inference = try SyntheticTables.inference(
            rows.map { "\($0.mode.cores),\($0.mode.cpuKHz),\($0.mode.gpuHz),\($0.mode.emcHz),1,10,5\n" }.joined())
        let table = try PairTable(joining: inference, SyntheticSurface.table(training))
        let next = PowerMode(
            cores: grid.highest.cores, cpuKHz: grid.highest.cpuKHz, gpuHz: grid.highest.gpuHz,
            emcHz: grid.emcHz[grid.emcHz.count - 2])
        func configuration(_ mode: PowerMode) throws -> Configuration {
            let answer = FixedAnswer<PairProblem>(observation: table[InferencePoint(mode: mode, minibatch: 1)])
            return try #require(
                try SyntheticTables.pair(
                    Strategy(name: "fixed", .search { _ in answer }), power: "1000", latency: "2000", rate: "1",
                    on: table
                ).configurations.first)
        }
        let odd = try configuration(grid.highest)
        #expect(odd.throughputLossPercent == 0 && odd.robustThroughputLossPercent == 0)
        #expect(odd.robustLossToBestPercent == 0 && odd.robustLossToFluidPercent ?? -1 >= 0)
        let sound = try configuration(next)
        let loss = try #require(sound.throughputLossPercent)
        let robustLoss = try #require(sound.robustThroughputLossPercent)
        #expect(loss > 40 && robustLoss >= 0 && robustLoss < 20)
        #expect(sound.robust?.optimum?.mode != grid.highest && !sound.isRobustOptimumIdle)
    }

    @Test func withoutOddRowsBothAreTheSame() throws {
        let (summary, configurations) = try SyntheticTables.train(StrategyOptions(.gmd), "5..20/5")
        #expect(configurations.map(\.robustOptimum) == configurations.map(\.optimum))
        #expect(configurations.map(\.robustExcessPercent) == configurations.map(\.excessPercent))
        #expect(summary.robust?.excessPercent == summary.excessPercent && summary.robust?.rowsLeftOut == 0)
        // 3 of 7 profiles, in three of four configurations.
        #expect(summary.overBudgetConfigurations == 3)
        #expect(summary.overBudgetSharePercent == 3.0 / 7 * 100)
    }
}
