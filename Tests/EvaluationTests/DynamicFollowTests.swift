import FoundationEssentials
import Policy
import SystemCalls
import Testing

@testable import Evaluation

@Suite struct DynamicQueueTests {
    private let mode = PowerMode(cores: 4, cpuKHz: 1, gpuHz: 1, emcHz: 1)

    /// 20 requests in 200 ms, so 100 per second, and up to 80 waiting in time; 40 ms background minibatches.
    private var point: PairObservation {
        PairObservation(
            point: InferencePoint(mode: mode, minibatch: 20), inferenceMilliseconds: 200, inferenceWatts: 10,
            backgroundMilliseconds: 40, backgroundWatts: 10)
    }

    private let problem = PairProblem(budgetWatts: 20, latencySeconds: 1, ratePerSecond: 0, objective: .throughput)

    @Test func aRateThatIsKeptUpWithLeavesNothingBehind() {
        var queue = DynamicQueue(problem)
        // 20/40 s per window: 300 ms for seven background minibatches, twice a second.
        let second = queue.serve(40, at: point, changeSeconds: 0)
        #expect(second.isKept && second.lateRequests == 0 && queue.backlog == 0 && second.background == 14)
        // 16 requests in the 0.8 s that the oldest can wait: 14 in 16/21 s - 0.2 s.
        let (slow, idle) = (queue.serve(21, at: point, changeSeconds: 0), queue.serve(0, at: point, changeSeconds: 0))
        #expect(slow.background == 18.375 && idle.background == 25)
    }

    @Test func whatIsTooMuchWaitsAndIsLateWhenTheWaitIsTooLong() {
        var queue = DynamicQueue(problem)
        // 50 too many, in good time; then up to 150 wait, above 80 from 0.3 s on; then 100 fewer.
        let first = queue.serve(150, at: point, changeSeconds: 0)
        #expect(!first.isKept && first.background == 0 && first.lateRequests == 0 && queue.backlog == 50)
        let second = queue.serve(200, at: point, changeSeconds: 0)
        #expect(!second.isKept && abs(second.lateRequests - 140) < 1e-9 && queue.backlog == 150)
        let third = queue.serve(0, at: point, changeSeconds: 0)
        #expect(third.isKept && third.lateRequests == 0 && queue.backlog == 50 && third.background == 0)
        // Half of the second for the backlog, half for the background.
        let fourth = queue.serve(0, at: point, changeSeconds: 0)
        #expect(queue.backlog == 0 && abs(fourth.background - 12.5) < 1e-9)
    }

    @Test func nothingRunsDuringAChangeNorWithoutAPoint() {
        var queue = DynamicQueue(problem)
        let changing = queue.serve(40, at: point, changeSeconds: 0.25)
        // 0.4 s for the requests and 0.35 s for the background.
        #expect(changing.isKept && abs(changing.background - 8.75) < 1e-9 && queue.backlog == 0)
        let without = queue.serve(40, at: nil, changeSeconds: 0)
        #expect(!without.isKept && without.background == 0 && without.lateRequests == 40 && queue.backlog == 40)
    }

    @Test func theShareAboveALimit() {
        #expect(DynamicQueue.share(above: 10, from: 0, slope: 20) == 0.5)
        #expect(DynamicQueue.share(above: 10, from: 20, slope: -20) == 0.5)
        #expect(DynamicQueue.share(above: 10, from: 20, slope: 0) == 1)
        #expect(DynamicQueue.share(above: 10, from: 10, slope: 0) == 0)
        #expect(DynamicQueue.share(above: -1, from: 0, slope: 0) == 1)
    }
}

@Suite struct DynamicFollowTests {
    /// Day and night with noise, some seconds with three times as many.
    private func series(_ seconds: Int, seed: UInt64 = 1) -> [Double] {
        var generator = SeededGenerator(seed: seed)
        return (0..<seconds).map { second in
            let base = (second / 400) % 2 == 0 ? 4.0 : 16
            return (base * (generator.fraction() < 0.005 ? 3 : 1) + 4 * generator.fraction()).rounded()
        }
    }

    private func windows(_ series: [Double], _ seconds: Int = 100) -> [ArraySlice<Double>] {
        stride(from: 0, to: series.count, by: seconds).map { series[$0..<min($0 + seconds, series.count)] }
    }

    private func follow(
        _ name: StrategyName = .optimum, watts: Double = 18, latency: Double = 0.6, reach: Double = .infinity,
        interleaving: Interleaving = .floor, settings: DynamicFollow.Settings = .init()
    ) throws -> DynamicFollow {
        let table = try SyntheticTables.pair()
        return try DynamicFollow(
            table: table, strategy: StrategyOptions(name, profiles: name == .random ? 2 : nil).pair(on: table),
            problem: PairProblem(
                budgetWatts: watts, latencySeconds: latency, ratePerSecond: 0, objective: .throughput,
                interleaving: interleaving), settings: settings, reach: reach)
    }

    @Test(arguments: [Interleaving.floor, .slack])
    func noPlanBeatsTheOracleAndTheBestSinglePlanNeverFallsBehind(interleaving: Interleaving) throws {
        let windows = windows(series(3_000))
        let run = try follow(interleaving: interleaving).run(windows)
        #expect(run.hours.count == 30)
        for hour in run.hours {
            #expect(hour.background <= hour.oracleBackground * (1 + 1e-9) && hour.background > 0)
            #expect(try #require(hour.fixedBackground) <= hour.oracleBackground * (1 + 1e-9))
        }
        #expect(run.hours.reduce(0) { $0 + $1.requests } == windows.joined().reduce(0, +))
        let fixed = try #require(run.fixed)
        for rate in windows.joined() where rate > 0 {
            var posed = PairProblem(
                budgetWatts: 18, latencySeconds: 0.6, ratePerSecond: rate, interleaving: interleaving)
            posed.objective = .throughput
            #expect(posed.dispatched(fixed) != nil)
        }
        let late = run.hours.reduce(0) { $0 + $1.lateRequests }
        // Those of the first second, which has no plan.
        #expect(late == windows[0][0] && run.hours.reduce(0) { $0 + $1.violatedSeconds } <= 3)
        let share = run.hours.reduce(0) { $0 + $1.background } / run.hours.reduce(0) { $0 + $1.oracleBackground }
        #expect(share > 0.9, "\(share)")
    }

    @Test func theSameForAnyNumberOfThreadsAndAsAWhole() throws {
        let series = series(1_500)
        let first = try follow().run(windows(series), threads: 1).hours
        for threads in [2, 5] { #expect(try follow().run(windows(series), threads: threads).hours == first) }
        let whole = try follow().run([series[...]]).hours[0]
        let sum = first.reduce(0) { $0 + $1.background }
        #expect(abs(whole.background - sum) < 1e-6 * sum)
        #expect(whole.modeChanges == first.reduce(0) { $0 + $1.modeChanges })
    }

    @Test func aSearchProfilesNoPointTwiceAndASurveyOnlyBeforehand() throws {
        let windows = windows(series(2_000))
        for (name, reach) in [(StrategyName.gmd, Double.infinity), (.gmd, 1.2), (.random, .infinity)] {
            let run = try follow(name, reach: reach).run(windows)
            let profiles = run.hours.map(\.profiles)
            #expect(profiles.reduce(0, +) <= 4 && profiles.reduce(0, +) > 0)
            if name == .random { #expect(profiles.dropFirst().allSatisfy { $0 == 0 } && profiles[0] == 4) }
            #expect(run.hours.allSatisfy { $0.background <= $0.oracleBackground * (1 + 1e-9) })
        }
    }

    @Test func hostileSeriesAreFollowed() throws {
        let zeros = [Double](repeating: 0, count: 3_000)
        let idle = try follow().run(windows(zeros))
        #expect(idle.hours.allSatisfy { $0.violatedSeconds == 0 && $0.lateRequests == 0 })
        // All the time is the background's: 25 ms at 16 W.
        #expect(idle.hours.dropFirst().allSatisfy { abs($0.background - $0.oracleBackground) < 1e-6 })
        var burst = [Double](repeating: 4, count: 3_000)
        burst[1_000] = 1e6
        let run = try follow().run(windows(burst))
        let unservable = run.hours.reduce(0) { $0 + $1.unservableSeconds }
        #expect(unservable == 1 && run.fixed == nil)
        // They are all late, and so is what comes after them: 80 requests per second can be served.
        #expect(run.hours.reduce(0) { $0 + $1.lateRequests } > 9.9e5)
        #expect(run.hours[29].background == 0)
        #expect(try follow().run([]).hours.isEmpty)
        // No point is within 5 W.
        let none = try follow(watts: 5).run(windows(burst))
        #expect(none.fixed == nil && none.hours.allSatisfy { $0.background == 0 && $0.oracleBackground == 0 })
    }

    @Test func whatCannotBeFollowedIsRefused() throws {
        #expect(throws: EvaluationError.self) { try follow(.network) }
        #expect(throws: EvaluationError.self) { try follow(reach: 0.5) }
        for change: (inout DynamicFollow.Settings) -> Void in [
            { $0.missShare = 0.7 }, { $0.memorySeconds = 0 }, { $0.slack = 1 }, { $0.holdSeconds = -1 },
            { $0.changeSeconds = .nan },
        ] {
            var settings = DynamicFollow.Settings()
            change(&settings)
            #expect(throws: EvaluationError.self) { try follow(settings: settings) }
        }
    }

    @Test func theSummaryHasItsKeysAndTheRowsTheirColumns() throws {
        struct Decoded: Decodable {
            let problem, strategy, interleaving: String
            let windows, window_seconds, seconds, violated_seconds, replans, mode_changes, minibatch_changes,
                profiles: Int
            let share_of_oracle, window_share_of_oracle_min, fixed_share_of_oracle, late_percent: Double
            let full_fixed_share_of_oracle: Double?
        }
        let run = try follow().run(windows(series(1_000)), first: 7)
        let summary = DynamicFollowSummary(
            of: run,
            subject: Subject(
                problem: "dynamic", strategy: "optimum", train: "t.csv", infer: "i.csv", objective: "throughput",
                interleaving: "floor", modes: 2, points: 4, seed: 0), settings: .init(), windowSeconds: 100)
        let decoded = try JSONDecoder().decode(Decoded.self, from: Data(summary.json().utf8))
        #expect(decoded.windows == 10 && decoded.seconds == 1_000 && decoded.share_of_oracle <= 1)
        #expect(decoded.share_of_oracle > 0.8 && decoded.window_share_of_oracle_min > 0.5)
        #expect(summary.text.contains("% of the oracle"))
        let lines = DynamicHourCSV.text(run.hours).split(separator: "\n")
        #expect(lines.count == 11 && lines[1].hasPrefix("7,700,"))
        let columns = lines.map { $0.split(separator: ",", omittingEmptySubsequences: false).count }
        #expect(Set(columns) == [DynamicHourCSV.header.split(separator: ",").count])
    }

    /// docs/abi/evaluate.md against the names here.
    @Test func theABIDocumentHasTheNames() throws {
        var root = #filePath
        for _ in 0..<3 { root = root.lastIndex(of: "/").map { String(root[..<$0]) } ?? "" }
        let text = try SmallFile.text(root + "/docs/abi/evaluate.md")
        let section = try #require(text.split(separator: "\n## ").first { $0.hasPrefix("`evaluate dynamic --follow`") })
        let run = try follow().run(windows(series(200)))
        let summary = DynamicFollowSummary(
            of: run, subject: Subject(problem: "dynamic", strategy: "optimum", modes: 2, points: 4, seed: 0),
            settings: .init(), windowSeconds: 100)
        struct AnyKey: Decodable {}
        let keys = try JSONDecoder().decode([String: AnyKey?].self, from: Data(summary.json().utf8)).keys
        let names = DynamicHourCSV.header.split(separator: ",").map(String.init) + keys.sorted()
        #expect(names.filter { !section.contains("`\($0)`") } == [])
        #expect(text.contains("`window`"))
    }
}
