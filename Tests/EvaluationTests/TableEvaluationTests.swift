import Policy
import Testing

@testable import Evaluation

/// The three problems on tables whose answers are worked out by hand.
@Suite struct TableEvaluationTests {
    @Test func countsWhatProfilingDrawsOverTheBudget() throws {
        let (summary, configurations) = try SyntheticTables.train(StrategyOptions(.gmd), "5..20/5")
        #expect(configurations.map(\.answer?.milliseconds) == [nil, 1000, 1000, 500])
        #expect(configurations.map(\.profiles) == [1, 2, 2, 2])
        #expect(configurations.map(\.overBudgetProfiles) == [1, 1, 1, 0])
        // 40 minibatches: 5 W x 40 s; 10 W x 20 s; 5 W x 20 s.
        #expect(configurations.map(\.overBudgetWattSeconds) == [200, 200, 100, 0])
        #expect(summary.overBudgetProfiles == 3 && summary.overBudgetWattSeconds == 500)
        #expect(summary.solvable == 3 && summary.solved == 3)
        #expect(summary.profiles?.mean == 2 && summary.profilesOfAll?.mean == 1.75)
    }

    @Test func theOptimumOfAnInferenceKeepsPowerLatencyAndRate() throws {
        // At 20/s a request of a minibatch of 1 waits 50 ms, of 4 200 ms. 90 ms: slow x 1 (40 ms) and fast x 1 (20 ms).
        let (summary, configurations) = try SyntheticTables.infer(
            StrategyOptions(.optimum), power: "7..15/4", latency: "60..90/10", rate: "20")
        #expect(configurations.count == 12)
        #expect(
            configurations.map(\.answer?.milliseconds) == [
                nil, nil, nil, nil, nil, nil, nil, 40, nil, 20, 20, 20,
            ])
        #expect(configurations.map(\.limits.latencyMilliseconds).prefix(4) == [60, 70, 80, 90])
        #expect(configurations.allSatisfy { $0.answer == $0.optimum && $0.profiles == 0 })
        #expect(configurations[9].answer?.minibatch == 1 && configurations[9].answer?.throughput == nil)
        #expect(summary.solvable == 4 && summary.violated == 0 && summary.latencyViolations == 0)
        #expect(summary.excessPercent?.max == 0 && summary.throughputLossPercent == nil)

        // At 60/s a minibatch of 1 at 20 ms falls behind (1.2 > 1), one of 4 at 50 ms does not; 4/60 s + 50 ms = 116.7 ms.
        let (_, busy) = try SyntheticTables.infer(
            StrategyOptions(.optimum), power: "20", latency: "110..120/10", rate: "60")
        #expect(busy.map(\.answer?.minibatch) == [nil, 4])
    }

    @Test func theOptimumOfAPairFillsTheWindow() throws {
        // At 10/s: x 1 is a window of 100 ms, x 4 of 400 ms.
        // slow x 1: (100 - 40) / 60 = 1 -> 10/s; slow x 4: 300 / 60 = 5 -> 12.5/s; latency 500 ms.
        // fast x 1: 80 / 25 = 3 -> 30/s; fast x 4: 350 / 25 = 14 -> 35/s; fluid 0.875 / 25 ms = 35/s; latency 450 ms.
        let optimum = try StrategyOptions(.optimum).pair(on: SyntheticTables.pair())
        let (summary, configurations) = try SyntheticTables.pair(
            optimum, power: "9..18/9", latency: "150..500/350", rate: "10")
        #expect(configurations.map(\.answer?.tau) == [1, 5, 3, 14])
        #expect(configurations.map(\.answer?.throughput) == [10, 12.5, 30, 35])
        #expect(configurations.map(\.bestThroughput) == [10, 12.5, 30, 35])
        // (1 - 40 / 100) / 60 ms; (1 - 100 / 400) / 60 ms; (1 - 20 / 100) / 25 ms; (1 - 50 / 400) / 25 ms.
        let fluid = configurations.compactMap { $0.fluidThroughput.map { ($0 * 1000).rounded() / 1000 } }
        #expect(fluid == [10, 12.5, 32, 35])
        #expect(configurations.map(\.answer?.milliseconds) == [40, 100, 20, 50])
        #expect(configurations.map(\.answer?.backgroundMilliseconds) == [60, 60, 25, 25])
        #expect(configurations.map(\.answer?.powerWatts) == [8, 9, 16, 18])
        #expect(summary.throughputLossPercent?.max == 0 && summary.excessPercent == nil && summary.optimumIdle == 0)
        #expect((summary.lossToFluidPercent?.max ?? 0).rounded() == 6)
    }

    @Test func lossIsAgainstTheObjectivesOptimumAndAgainstTheBestPoint() throws {
        // Two points at 10/s: x 1 with tau = 1 (10/s), x 4 with tau = 2 (5/s), which wins the window and loses the second.
        let table = try PairTable(
            joining: SyntheticTables.inference("4,1,1,1,1,40,8\n4,1,2,1,4,100,8\n"),
            SyntheticTables.training("4,1,1,1,60,7\n4,1,2,1,150,7\n"))
        let optimum = try StrategyOptions(.optimum).pair(on: table)
        let (window, byWindow) = try SyntheticTables.pair(
            optimum, power: "10", latency: "600", rate: "10", on: table)
        #expect(byWindow.map(\.answer?.tau) == [2] && byWindow.map(\.bestThroughput) == [10])
        #expect(window.throughputLossPercent?.mean == 0 && window.lossToBestPercent?.mean == 50)
        let (_, byRate) = try SyntheticTables.pair(
            optimum, power: "10", latency: "600", rate: "10", objective: .throughput, on: table)
        #expect(byRate.map(\.answer?.tau) == [1] && byRate.map(\.throughputLossPercent) == [0])
        // An answer with more throughput than the window's optimum has a negative loss.
        let better = FixedAnswer<PairProblem>(observation: table[InferencePoint(mode: table.grid.lowest, minibatch: 1)])
        let (negative, _) = try SyntheticTables.pair(
            Strategy(name: "fixed", .search { _ in better }), power: "10", latency: "600", rate: "10", on: table)
        #expect(negative.throughputLossPercent?.mean == -100)
    }

    @Test func anOptimumThatRunsNothingIsLeftOutAndCounted() throws {
        // At 20/s a window of 50 ms leaves 10 ms beside the slow inference: no training of 60 ms.
        let optimum = try StrategyOptions(.optimum).pair(on: SyntheticTables.pair())
        let (summary, configurations) = try SyntheticTables.pair(optimum, power: "8", latency: "100", rate: "20")
        #expect(configurations.map(\.answer?.tau) == [0])
        #expect(summary.solved == 1 && summary.optimumIdle == 1 && summary.throughputLossPercent == nil)
    }

    @Test func anOptimumOfLessThanNothingIsIdleToo() throws {
        func choice(_ tau: Double) -> Choice {
            Choice(
                mode: PowerMode(cores: 4, cpuKHz: 1, gpuHz: 1, emcHz: 1), minibatch: 1, milliseconds: 1, powerWatts: 1,
                backgroundMilliseconds: 1, tau: tau, throughput: tau)
        }
        for (tau, isIdle) in [(-1.0, true), (0, true), (1, false)] {
            let configuration = Configuration(
                limits: Limits(budgetWatts: 1), answer: choice(1), violations: Violations(), optimum: choice(tau),
                bestThroughput: nil, fluidThroughput: nil, profiles: 0, overBudgetProfiles: 0, overBudgetWattSeconds: 0)
            #expect(configuration.isOptimumIdle == isIdle)
            #expect((configuration.throughputLossPercent == nil) == isIdle)
        }
    }

    @Test func anAnswerThatBreaksALimitIsNoSolutionAndIsCounted() throws {
        let table = try SyntheticTables.pair()
        let fast = table[InferencePoint(mode: table.grid.highest, minibatch: 4)]
        // Measured values count, not those that the strategy believes.
        var believed = try #require(fast)
        believed.inferenceWatts = 1
        believed.backgroundWatts = 1
        believed.inferenceMilliseconds = 1
        let strategy = Strategy<PairProblem>(
            name: "fixed", .search { [believed] _ in FixedAnswer(observation: believed) })
        // 18 W of 17; 400 + 50 ms of 440; 100/s: 50 ms for 40 ms of arrivals.
        for (power, latency, rate, expected) in [
            ("17", "500", "10", ["power"]), ("18", "440", "10", ["latency"]), ("18", "500", "100", ["rate"]),
            ("17", "440", "10", ["power", "latency"]), ("18", "500", "10", []),
        ] {
            let (summary, configurations) = try SyntheticTables.pair(
                strategy, power: power, latency: latency, rate: rate)
            #expect(configurations.map(\.violations.names) == [expected])
            #expect(summary.solved == 1 && summary.violated == (expected.isEmpty ? 0 : 1))
            #expect(summary.powerViolations == (expected.contains("power") ? 1 : 0))
            #expect(summary.latencyViolations == (expected.contains("latency") ? 1 : 0))
            #expect(summary.rateViolations == (expected.contains("rate") ? 1 : 0))
            #expect((configurations[0].throughputLossPercent == nil) == !expected.isEmpty)
        }
        let training = Strategy<TrainProblem>(
            name: "fixed",
            .search { _ in
                FixedAnswer(
                    observation: TrainingObservation(
                        mode: PowerMode(cores: 4, cpuKHz: 1, gpuHz: 2, emcHz: 1), minibatchMilliseconds: 1,
                        powerWatts: 1))
            })
        let evaluation = TableEvaluation(
            table: try SyntheticTables.twoModes(), strategy: training, limits: [Limits(budgetWatts: 19)]
        ) { TrainProblem(budgetWatts: $0.budgetWatts) }
        let configuration = try #require(try evaluation.run(threads: 1).configurations.first)
        #expect(configuration.violations.power && configuration.excessPercent == nil)
        #expect(configuration.answer?.powerWatts == 20 && configuration.optimum?.powerWatts == 10)
    }

    @Test func aPairProfileDrawsWhatBothWorkloadsDraw() throws {
        let options = try StrategyOptions(.maxn)
        let (_, configurations) = try SyntheticTables.pair(
            options.pair(on: SyntheticTables.pair()), power: "16", latency: "500", rate: "10")
        // MAXN at both sizes: the inference draws 15 and 18 W, the training 16 W. Only x 4 is over: 2 W x 40 x 50 ms.
        #expect(configurations.map(\.profiles) == [2])
        #expect(configurations.map(\.overBudgetProfiles) == [1])
        #expect(configurations.map(\.overBudgetWattSeconds) == [4])
        let (_, low) = try SyntheticTables.pair(
            options.pair(on: SyntheticTables.pair()), power: "15", latency: "500", rate: "10")
        // x 1: the training alone, 1 W x 1 s; x 4: 3 W x 2 s and again 1 W x 1 s.
        #expect(low.map(\.overBudgetProfiles) == [2] && low.map(\.overBudgetWattSeconds) == [8])
    }

    @Test func theOtherInferenceHasGoalsOfItsOwn() throws {
        let table = try SyntheticTables.pair()
        // At 10/s fast x 4 has 14 places in 400 ms. 30 requests per second in minibatches of 1 need 12 places; its requests
        // wait 33.3 ms for their minibatch, then at most 400 + 50 + 25 ms.
        for (rate, latency, tau) in [(30.0, 0.509, 14), (30, 0.508, nil), (36, 0.6, nil)] {
            let background = PairProblem.Background.inference(
                NonUrgentGoal(minibatch: 1, ratePerSecond: rate, latencySeconds: latency))
            let fast = table[InferencePoint(mode: table.grid.highest, minibatch: 4)]
            let strategy = Strategy<PairProblem>(name: "fixed", .search { _ in FixedAnswer(observation: fast) })
            let (summary, configurations) = try SyntheticTables.pair(
                strategy, power: "18", latency: "460", rate: "10", background: background)
            #expect(configurations.map(\.violations.nonUrgent) == [tau == nil])
            #expect(summary.nonUrgentViolations == (tau == nil ? 1 : 0) && summary.latencyViolations == 0)
        }
    }

    @Test func aModeThatTheTableLacksIsAnErrorThatNamesIt() throws {
        let table = try SyntheticTables.training("4,1,2,1,9,8\n4,2,1,1,9,8\n", file: "sparse.csv")
        let error = #expect(throws: EvaluationError.self) {
            try SyntheticTables.train(StrategyOptions(.maxn), "20", on: table)
        }
        #expect(error?.description.contains("sparse.csv: The table has no row for 4_2_2_1") == true)
    }

    @Test func aSearchThatAsksTwiceIsStopped() throws {
        struct Insistent: Search {
            typealias Problem = TrainProblem
            let mode: PowerMode
            func next(observed: ObservedModes) -> SearchStep<TrainingObservation> { .profile(mode) }
        }
        let table = try SyntheticTables.twoModes()
        let mode = table.grid.lowest
        let evaluation = TableEvaluation(
            table: table, strategy: Strategy(name: "insistent", .search { _ in Insistent(mode: mode) }),
            limits: [Limits(budgetWatts: 10)]
        ) { TrainProblem(budgetWatts: $0.budgetWatts) }
        let error = #expect(throws: EvaluationError.self) { try evaluation.run() }
        #expect(error?.description == "Strategy insistent asked for 4_1_1_1 twice. Report this fault.")
    }

    @Test func aSurveyIsCountedInEachConfiguration() throws {
        let (summary, configurations) = try SyntheticTables.infer(
            StrategyOptions(.random, profiles: 2), power: "8..15/7", latency: "100", rate: "20")
        #expect(configurations.map(\.profiles) == [4, 4])
        #expect(configurations.map(\.answer?.milliseconds) == [40, 20])
        #expect(summary.profiles?.max == 4 && summary.excessPercent?.max == 0)
    }
}
