import FoundationEssentials
import Policy
import SystemCalls
import Testing

@testable import Evaluation

@Suite struct SimulationEvaluationTests {
    /// One mode of 50 ms per 8 requests beside a training of 130 ms; two more that the budget refuses.
    private func run(
        _ arrivals: SimulatedArrivals, options: InterleavingOptions? = nil, latency: Double = 1_000, rate: Double = 16,
        _ change: (inout SimulationEvaluation.Settings) -> Void = { _ in }
    ) throws -> (outcome: SimulationEvaluation.Outcome, summary: SimulationSummary) {
        var settings = SimulationEvaluation.Settings()
        settings.seconds = 300
        settings.seed = 4
        change(&settings)
        let inference = try SyntheticTables.inference(
            "4,1,1,1,8,50,10\n4,1,2,1,8,30,15\n4,1,1,1,1,20,9\n4,1,2,1,1,12,14\n")
        let training = try SyntheticTables.training("4,1,1,1,130,12\n4,1,2,1,70,25\n")
        let options = try options ?? InterleavingOptions(interleaving: .slack, objective: .throughput)
        let limits = Limits(budgetWatts: 18, latencyMilliseconds: latency, ratePerSecond: rate)
        let outcome = try SimulationEvaluation(
            inference: inference, background: training, limits: limits, options: options, arrivals: arrivals,
            settings: settings
        ) { _ in Strategy(name: "optimum", .optimum) }.run()
        let subject = Subject(
            problem: "simulate", strategy: "optimum", train: "train.csv", infer: "infer.csv",
            objective: "throughput", interleaving: options.interleaving.rawValue, sliceModes: options.modes.rawValue,
            switchMilliseconds: options.switchMilliseconds, modes: 2, points: 4, seed: settings.seed)
        return (
            outcome,
            SimulationSummary(
                of: outcome, subject: subject, limits: limits, arrivals: arrivals.name, settings: settings)
        )
    }

    @Test func uniformArrivalsAreNeverLateAndThePlanIsReached() throws {
        let outcome = try run(.uniform).outcome
        let (chosen, floor) = (outcome.chosen, try #require(outcome.floor))
        #expect(chosen.result.lateRequests == 0 && chosen.result.requests == 4_800)
        #expect(abs(chosen.result.backgroundPerSecond / chosen.plannedThroughput - 1) < 0.01)
        // 450 of 500 ms hold three of 130 ms; with slack 450 / 130.
        #expect(abs(chosen.plannedThroughput - 0.9 / 0.13) < 1e-9 && floor.plannedThroughput == 6)
        #expect(abs(floor.result.backgroundPerSecond - 6) < 0.05)
        #expect(chosen.reserve == nil && chosen.toleratedBurst == nil && chosen.margin == (1, 1))
    }

    @Test func jitterIsPlannedFor() throws {
        let outcome = try run(.uniform, latency: 700) { $0.jitter = 0.1 }.outcome
        #expect(outcome.chosen.result.lateRequests == 0)
        // The 99.9 % bound of a log-normal with 10 %: a factor of about exp(0.31).
        #expect((1.25...1.5).contains(outcome.chosen.margin.inference))
        #expect(abs(outcome.chosen.plan.milliseconds - 50) < 1e-9)
        #expect((1...30).contains(outcome.chosen.result.minibatchesBeyondBound))
    }

    @Test func randomArrivalsKeepToTheShareAskedFor() throws {
        let outcome = try run(.poisson, latency: 560) {
            $0.jitter = 0.02
            $0.lateShare = 0.01
        }.outcome
        #expect(outcome.chosen.result.lateShare <= 0.01 && outcome.chosen.result.backgroundMinibatches > 500)
        let reserve = try #require(outcome.chosen.reserve)
        #expect(reserve.samples > 4_000 && reserve.requests >= 1)
    }

    @Test func aModePerSliceSwitchesAndIsNotLate() throws {
        let options = try InterleavingOptions(interleaving: .slack, modes: .perSlice, switchMilliseconds: 5)
        let outcome = try run(.uniform, options: options).outcome
        let chosen = outcome.chosen
        #expect(chosen.plan.backgroundMode?.gpuHz == 1 && chosen.plan.mode.gpuHz == 2)
        #expect(chosen.result.lateRequests == 0 && chosen.result.switches > 1_000)
        #expect(abs(chosen.plannedThroughput - (1 - 0.04 * 2) / 0.13) < 1e-9)
        #expect(chosen.result.backgroundPerSecond >= chosen.plannedThroughput * 0.99)
    }

    @Test func recordedSecondsAndTimesArePlayedFromTheirSecondPart() throws {
        let counts = Array(repeating: "16\n0\n32\n8\n", count: 60).joined()
        let seconds = try SimulatedArrivals.Recording(parsing: [UInt8](counts.utf8), file: "rates.txt", scale: nil)
        let played = try run(.recorded(seconds), rate: 20).outcome.chosen
        // 240 seconds, of which the second half is simulated.
        #expect(played.result.requests == 60 * 28 && played.result.seconds < 121)
        #expect(played.result.lateShare <= 0.01)
        var times = "TIMESTAMP,Tokens\r\n"
        for index in 0..<600 {
            times +=
                "2023-12-31 23:5\(5 + index / 120):\(index % 120 < 20 ? "0" : "")\(index % 120 / 2).\(index % 2 * 5)00,7\r\n"
        }
        let requests = try SimulatedArrivals.Recording(parsing: [UInt8](times.utf8), file: "times.csv", scale: nil)
        #expect(abs(requests.seconds - 299.5) < 1e-6)
        let recorded = try run(.recorded(requests), latency: 5_000, rate: 2).outcome.chosen
        #expect(recorded.result.requests == 302 || recorded.result.requests == 301)
        #expect(recorded.result.lateRequests == 0)
    }

    @Test func timesCrossDaysAndYears() throws {
        func seconds(_ lines: String) throws -> [Double] {
            try #require(try RequestTimes(parsing: [UInt8]("Id,TIMESTAMP\n\(lines)".utf8), file: "t")).seconds
        }
        let leap = try seconds("1,2024-02-28T23:59:59.5Z\n2,2024-03-01 00:00:00\n")
        #expect(leap == [0, 86_400.5])
        #expect(try seconds("1,2023-12-31 23:59:59\n2,2024-01-01 00:00:01\n3,2023-12-31 23:59:58\n") == [0, 1, 3])
        #expect(try RequestTimes(parsing: [UInt8]("12\n13\n".utf8), file: "t") == nil)
        #expect(try RequestTimes(parsing: [], file: "t") == nil)
    }

    @Test(arguments: [
        "2023-13-01 00:00:00", "2023-12-01 24:00:00", "2023-12-01", "", "2023-12-01 00:00:00.", "2023-12-01 00:00:00.x",
        "-023-12-01 00:00:00", "2023-12-01 00:00:0é", String(repeating: "9", count: 500),
    ]) func whatIsNoTimeIsRefusedWithItsLine(field: String) {
        let error = #expect(throws: EvaluationError.self) {
            _ = try RequestTimes(
                parsing: [UInt8]("TIMESTAMP\n2023-12-01 00:00:00\n\(field),\n".utf8), file: "arrivals.csv")
        }
        #expect(error.map { "\($0)".contains("arrivals.csv, line 3") } == true)
    }

    @Test func settingsThatMakeNoSenseAreRefused() throws {
        #expect(throws: EvaluationError.self) { try run(.uniform) { $0.jitter = -1 } }
        #expect(throws: EvaluationError.self) { try run(.uniform) { $0.jitter = .nan } }
        #expect(throws: EvaluationError.self) { try run(.uniform) { $0.lateShare = 1 } }
        #expect(throws: EvaluationError.self) { try run(.uniform) { $0.seconds = 1e9 } }
        #expect(throws: EvaluationError.self) { try run(.uniform, latency: 1) }
        #expect(throws: EvaluationError.self) { try SimulatedArrivals(named: "poisson") { $0 } }
        #expect(throws: EvaluationError.self) { try SimulatedArrivals(named: "/no/such/file") }
        #expect(throws: EvaluationError.self) {
            try SimulatedArrivals.Recording(parsing: [UInt8]("5\n".utf8), file: "one.txt", scale: nil)
        }
        let many = try SimulatedArrivals.Recording(
            parsing: [UInt8]("99999999\n99999999\n99999999\n".utf8), file: "many.txt", scale: nil)
        #expect(throws: EvaluationError.self) { try run(.recorded(many)) }
    }

    @Test func theDocumentNamesEveryKey() throws {
        struct AnyKey: CodingKey {
            var stringValue: String
            var intValue: Int? { nil }
            init(stringValue: String) { self.stringValue = stringValue }
            init?(intValue: Int) { nil }
        }
        struct Keys: Decodable {
            var names: Set<String> = []
            init(from decoder: any Decoder) throws {
                let outer = try decoder.container(keyedBy: AnyKey.self)
                names = Set(outer.allKeys.map(\.stringValue))
                let inner = try outer.nestedContainer(keyedBy: AnyKey.self, forKey: AnyKey(stringValue: "chosen"))
                names.formUnion(inner.allKeys.map { "chosen.\($0.stringValue)" })
            }
        }
        let summary = try run(.poisson).summary
        #expect(summary.text.contains("papers' rule"))
        let written = try JSONDecoder().decode(Keys.self, from: Data(try summary.json().utf8)).names
        var root = #filePath
        for _ in 0..<3 { root = root.lastIndex(of: "/").map { String(root[..<$0]) } ?? "" }
        let text = try SmallFile.text(root + "/docs/abi/evaluate.md")
        let section = try #require(text.split(separator: "\n## ").first { $0.hasPrefix("`evaluate simulate`") })
        var documented: Set<String> = []
        for line in section.split(separator: "\n") where line.hasPrefix("| `") {
            let names = line.split(separator: "|")[0].split(separator: "`", omittingEmptySubsequences: false)
            for (place, name) in names.enumerated() where place % 2 == 1 {
                documented.insert(name.hasPrefix(".") ? "chosen\(name)" : String(name))
            }
        }
        #expect(written.symmetricDifference(documented).sorted() == [])
    }
}
