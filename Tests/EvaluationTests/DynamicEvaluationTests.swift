import FoundationEssentials
import Policy
import Testing

@testable import Evaluation

@Suite struct RateSeriesTests {
    fileprivate func series(_ text: String) throws -> RateSeries {
        try RateSeries(parsing: [UInt8](text.utf8), file: "rates.txt")
    }

    @Test func numbersAreReadWhateverIsBetweenThem() throws {
        #expect(try series(" 1 2\t3\r\n4\n\n5.5").perSecond == [1, 2, 3, 4, 5.5])
        let long = try series(String(repeating: "7 ", count: 200_000))
        #expect(long.perSecond.count == 200_000 && long.perSecond.allSatisfy { $0 == 7 })
    }

    @Test(arguments: [
        ("", "has no numbers"), (" \n", "has no numbers"), ("1 x", "Value 2, \"x\""), ("-1", "Value 1"),
        ("nan", "Value 1"),
        ("1e9", "Value 1"), ("inf", "Value 1"), ("1,2", "Value 1"), (".", "Value 1"), ("1..2", "Value 1"),
        ("123456789012345678901", "Value 1"),
    ])
    func otherContentIsRefused(text: String, part: String) {
        let error = #expect(throws: EvaluationError.self) { try series(text) }
        #expect(error?.description.hasPrefix("rates.txt: ") == true && error?.description.contains(part) == true)
    }

    @Test func aWindowHasTheMeanOfItsSeconds() throws {
        let rates = try series("1 2 3 5 0 0 9")
        #expect(try rates.windows(seconds: 2, count: nil) == [1.5, 4, 0])
        #expect(try rates.windows(seconds: 2, count: 2) == [1.5, 4])
        #expect(try rates.windows(seconds: 7, count: 9) == [20.0 / 7])
        for (seconds, count, part) in [
            (0, nil, "--window-seconds is 0"), (-1, nil, "--window-seconds is -1"), (8, nil, "do not fill"),
            (Int.max, nil, "do not fill"), (1, 0, "--windows is 0"), (1, -3, "--windows is -3"),
        ] as [(Int, Int?, String)] {
            let error = #expect(throws: EvaluationError.self) { try rates.windows(seconds: seconds, count: count) }
            #expect(error?.description.contains(part) == true)
        }
        let many = try series(String(repeating: "1 ", count: RateSeries.windowLimit + 1))
        #expect(throws: EvaluationError.self) { try many.windows(seconds: 1, count: nil) }
        #expect(try many.windows(seconds: 1, count: RateSeries.windowLimit).count == RateSeries.windowLimit)
    }
}

extension RateSeriesTests {
    @Test func scalingMapsTheLeastAndTheLargestNumber() throws {
        #expect(try series("0 5 10").scaled(from: 30, to: 120).perSecond == [30, 75, 120])
        #expect(try series("7 7").scaled(from: 30, to: 120).perSecond == [30, 30])
        #expect(try series("0 1").scaled(from: 5, to: 5).perSecond == [5, 5])
    }

    @Test func windowsCanBeLeftOutAtTheStart() throws {
        let rates = try series("1 2 3 4 5 6 7")
        #expect(try rates.secondsByWindow(seconds: 2, count: nil, skipping: 1).map(Array.init) == [[3, 4], [5, 6]])
        #expect(try rates.secondsByWindow(seconds: 2, count: 1, skipping: 2).map(Array.init) == [[5, 6]])
        for skipped in [-1, 3, Int.max] {
            #expect(throws: EvaluationError.self) {
                try rates.secondsByWindow(seconds: 2, count: nil, skipping: skipped)
            }
        }
    }
}

@Suite struct DynamicEvaluationTests {
    private func limits(_ rates: [Double], watts: Double = 15, milliseconds: Double = 150) -> [Limits] {
        rates.map { Limits(budgetWatts: watts, latencyMilliseconds: milliseconds, ratePerSecond: $0) }
    }

    private func run(
        _ options: StrategyOptions, _ limits: [Limits], threads: Int = 1
    ) throws -> DynamicEvaluation<InferProblem, InferenceTable>.Run {
        let table = try SyntheticTables.twoModesOfInference()
        return try DynamicEvaluation(
            table: table, strategy: options.infer(on: table), limits: limits, problem: InferProblem.init
        ).run(threads: threads)
    }

    @Test func laterWindowsAreAnsweredFromWhatWasProfiled() throws {
        // GMD profiles both modes x 1 for the first window and has what the others need; at 60/s none will do at x 1.
        let run = try run(StrategyOptions(.gmd), limits([20, 0, 30, 10, 20]))
        #expect(run.idle == 1 && run.profiles == 2 && run.answeredWithoutProfiling == 3)
        #expect(run.configurations.map(\.profiles) == [2, 0, 0, 0])
        #expect(run.configurations.map(\.answer?.milliseconds) == [20, 20, 20, 20])
        #expect(run.configurations.map(\.limits.ratePerSecond) == [20, 30, 10, 20])
        #expect(run.configurations.allSatisfy { $0.excessPercent == 0 })
    }

    @Test func aWindowThatTheFrontDoesNotCoverIsSearchedFor() throws {
        // At 60/s x 1 falls behind; GMD goes on to x 4 (50 ms, 18 W; 4/60 s + 50 ms = 117 ms).
        let run = try run(StrategyOptions(.gmd), limits([20, 60, 60], watts: 18))
        #expect(run.configurations.map(\.answer?.minibatch) == [1, 4, 4])
        #expect(run.configurations.map(\.profiles) == [2, 1, 0] && run.answeredWithoutProfiling == 1)
        // Nothing keeps 10 ms: no answer, and not counted as answered.
        let hopeless = try self.run(StrategyOptions(.gmd), limits([20, 20], milliseconds: 10))
        #expect(hopeless.answeredWithoutProfiling == 0 && hopeless.configurations.allSatisfy { $0.answer == nil })
    }

    @Test func aSurveyIsMadeOnceBeforeTheFirstWindow() throws {
        let run = try run(StrategyOptions(.random, profiles: 2), limits([0, 20, 60], watts: 12))
        #expect(run.profiles == 4 && run.configurations.map(\.profiles) == [4, 0])
        // Both points of the fast mode draw more than 12 W: 3 W x 40 x 20 ms and 6 W x 40 x 50 ms.
        #expect(run.configurations.map(\.overBudgetProfiles) == [2, 0])
        #expect(run.configurations.map { ($0.overBudgetWattSeconds * 1e6).rounded() / 1e6 } == [14.4, 0])
    }

    @Test func aSecondInferenceRunsBesideTheWindowsWithGoalsOfItsOwn() throws {
        // At 10/s fast x 4 alone has room for 30 requests per second of the other inference, and its latency is 0.509 s.
        let table = try SyntheticTables.pair()
        for (rate, isSolved) in [(30.0, true), (36, false)] {
            let background = PairProblem.Background.inference(
                NonUrgentGoal(minibatch: 1, ratePerSecond: rate, latencySeconds: 0.6))
            let run = try DynamicEvaluation(
                table: table, strategy: StrategyOptions(.random, profiles: 2).pair(on: table),
                limits: limits([10, 10], watts: 18, milliseconds: 460)
            ) { PairProblem($0, objective: .throughput, background: background) }.run()
            #expect(run.configurations.map(\.answer?.minibatch) == (isSolved ? [4, 4] : [nil, nil]))
            #expect(run.configurations.allSatisfy { $0.violations.isEmpty && $0.optimum == $0.answer })
        }
    }

    @Test func theRowsHaveTheNumbersOfAllWindows() throws {
        let run = try run(StrategyOptions(.gmd), limits([20, 0, 30]))
        let lines = DynamicWindowCSV.text(run.windows, first: 4).split(separator: "\n").map(String.init)
        #expect(lines.count == 4 && lines[0] == DynamicWindowCSV.header && lines[0].hasSuffix(",window"))
        #expect(lines[1].hasPrefix("15,150,20,") && lines[1].hasSuffix(",4"))
        #expect(lines[2].hasPrefix("15,150,0,,") && lines[2].hasSuffix(",5"))
        #expect(lines[3].hasSuffix(",6"))
    }

    @Test func reachGoesWithASearch() throws {
        let table = try SyntheticTables.twoModesOfInference()
        func evaluation(_ name: StrategyName, _ reach: Double) throws -> DynamicEvaluation<InferProblem, InferenceTable>
        {
            try DynamicEvaluation(
                table: table, strategy: StrategyOptions(name).infer(on: table), limits: limits([20, 40, 20]),
                reach: reach,
                problem: InferProblem.init)
        }
        // 40/s is further than a factor 1.5 from 20/s: searched again, which finds all points known.
        let run = try evaluation(.gmd, 1.5).run()
        #expect(run.profiles == 2 && run.answeredWithoutProfiling == 2)
        #expect(throws: EvaluationError.self) { try evaluation(.gmd, 0.5) }
        #expect(throws: EvaluationError.self) { try evaluation(.gmd, .nan) }
        #expect(throws: EvaluationError.self) { try evaluation(.maxn, 1.5) }
    }

    @Test func theSameForAnyNumberOfThreads() throws {
        let limits = limits((0..<50).map { Double($0 % 7) * 11 })
        let options = try StrategyOptions(.gmd)
        let alone = try run(options, limits).configurations
        for threads in [2, 5] { #expect(try run(options, limits, threads: threads).configurations == alone) }
    }

    @Test func aStrategyThatDoesNotProfileIsRefused() throws {
        let error = #expect(throws: EvaluationError.self) { try run(StrategyOptions(.optimum), limits([20])) }
        #expect(error?.description.contains("Choose a strategy that profiles") == true)
        let network = #expect(throws: EvaluationError.self) {
            try run(StrategyOptions(.network, profiles: 2), limits([20]))
        }
        #expect(network?.description.contains("answers by prediction") == true)
    }

    @Test func jsonHasTheKeysOfASummaryAndThoseOfTheSeries() throws {
        struct Decoded: Decodable {
            let problem: String
            let configurations, solved, windows, window_seconds, idle_windows, windows_without_profiling: Int
            let profiles_in_all: Int
            let excess_percent: [String: Double]?
        }
        let run = try run(StrategyOptions(.gmd), limits([20, 0, 30]))
        let summary = DynamicSummary(
            of: run,
            subject: Subject(
                problem: "dynamic", strategy: "gmd", infer: "infer.csv", modes: 2, points: 4, seed: 0),
            windowSeconds: 60)
        let decoded = try JSONDecoder().decode(Decoded.self, from: Data(summary.json().utf8))
        #expect(decoded.problem == "dynamic" && decoded.configurations == 2 && decoded.solved == 2)
        #expect(decoded.windows == 3 && decoded.idle_windows == 1 && decoded.window_seconds == 60)
        #expect(decoded.windows_without_profiling == 1 && decoded.profiles_in_all == 2)
        #expect(decoded.excess_percent?["max"] == 0)
        #expect(summary.text.hasPrefix("windows            3 of 60 s, 1 without requests\n"))
    }
}
