import Policy
import Testing

@testable import Evaluation

@Suite struct StrategyOptionsTests {
    private func message(_ body: () throws -> some Any) -> String {
        do {
            _ = try body()
            return ""
        } catch {
            return "\(error)"
        }
    }

    @Test func unknownNamesListTheKnownOnes() {
        #expect(
            message { try StrategyName(named: "mgd") }
                == "There is no strategy \"mgd\". Choose one of: \(StrategyName.names).")
        #expect(
            message { try EvaluationGrid(named: "442") } == "There is no grid \"442\". Choose one of: 441, all.")
        #expect(
            message { try PairProblem.Objective(named: "speed") }
                == "There is no objective \"speed\". Choose one of: window, throughput.")
    }

    @Test func anOptionThatAStrategyHasNoUseForIsRefused() {
        let mode = PowerMode(cores: 4, cpuKHz: 1, gpuHz: 1, emcHz: 1)
        #expect(
            message { try StrategyOptions(.gmd, profiles: 9) }.contains("--profiles does not go with --strategy gmd"))
        #expect(message { try StrategyOptions(.maxn, modes: [mode]) }.contains("--modes-file does not go with"))
        #expect(message { try StrategyOptions(.random, profiles: 1, modes: [mode]) }.contains("are all profiled"))
        #expect(message { try StrategyOptions(.gmd, presets: [mode]) }.contains("--nvpmodel-conf does not go with"))
        #expect(message { try StrategyOptions(.presets) }.contains("needs --nvpmodel-conf FILE"))
        #expect(message { try StrategyOptions(.gmd, schedule: .standard) }.contains("it trains no networks"))
        #expect(message { try StrategyOptions(.maxn, profiles: 3) }.contains("--profiles does not go with"))
        for count in [0, -1, Int.min, Int.max] {
            #expect(message { try StrategyOptions(.random, profiles: count) }.contains("from 1 to"))
        }
    }

    @Test func randomNeedsANumberOrAFile() throws {
        let table = try SyntheticTables.twoModes()
        #expect(message { try StrategyOptions(.random).train(on: table) }.contains("needs --profiles N"))
        #expect(message { try StrategyOptions(.random, profiles: 3).train(on: table) }.contains("only 2 modes"))
        let stranger = PowerMode(cores: 5, cpuKHz: 1, gpuHz: 1, emcHz: 1)
        #expect(
            message { try StrategyOptions(.random, modes: [stranger]).train(on: table) }.contains("The mode 5_1_1_1"))
    }

    /// 1,000 modes with values of their own: the grid of their values has 10^12.
    private func diagonal() throws -> TrainingTable {
        try SyntheticTables.training(
            (1...1000).map { "\($0),\($0),\($0),\($0),\(2000 / $0),\($0)\n" }.joined(), file: "diagonal.csv")
    }

    @Test func aSearchOnATableWithHolesIsRefused() throws {
        for name in [StrategyName.gmd, .als, .binary, .fulcrum] {
            let message = message { try StrategyOptions(name).train(on: diagonal()) }
            #expect(
                message.hasPrefix(
                    "diagonal.csv: 999999999000 of the 1000000000000 combinations of the table's values have no row"))
            #expect(message.contains("--strategy \(name.rawValue)") && message.contains("Choose random"))
        }
        // One minibatch size of one mode.
        let inference = try SyntheticTables.inference("4,1,1,1,1,40,8\n4,1,1,1,4,100,9\n4,1,2,1,1,20,15\n")
        let pair = try PairTable(joining: inference, SyntheticTables.twoModes())
        for name in [StrategyName.gmd, .als] {
            #expect(
                message { try StrategyOptions(name).infer(on: inference) }
                    .hasPrefix("infer.csv: 1 of the 4 combinations"))
            #expect(message { try StrategyOptions(name).pair(on: pair) }.contains("1 of the 4 combinations"))
        }
        #expect(message { try StrategyOptions(.binary).infer(on: inference) }.contains("for train only"))
    }

    @Test func drawsAreFromTheModesThatATableHas() throws {
        let table = try diagonal()
        let (summary, configurations) = try SyntheticTables.train(
            StrategyOptions(.random, profiles: 20, seed: 3), "100..1000/300", on: table)
        #expect(configurations.allSatisfy { $0.profiles == 20 } && summary.solved > 0)
        #expect(
            message { try StrategyOptions(.random, profiles: 1001).train(on: table) }.contains("only 1000 modes"))
        let network = try StrategyOptions(.network, profiles: 20, schedule: TrainingSchedule(.standard, steps: 20))
        #expect(try SyntheticTables.train(network, "500", on: table).configurations.map(\.profiles) == [20])
        #expect(try SyntheticTables.train(StrategyOptions(.maxn), "1000", on: table).summary.solved == 1)
        #expect(try SyntheticTables.train(StrategyOptions(.optimum), "10", on: table).summary.solved == 1)
        // Of an inference the modes with all sizes.
        let inference = try SyntheticTables.inference("4,1,1,1,1,40,8\n4,1,1,1,4,100,9\n4,1,2,1,1,20,15\n")
        let random = try StrategyOptions(.random, profiles: 1)
        let drawn = try SyntheticTables.infer(random, power: "20", latency: "500", rate: "10", on: inference)
        #expect(drawn.configurations.map(\.profiles) == [2] && drawn.configurations[0].answer?.mode.gpuHz == 1)
        #expect(
            message { try StrategyOptions(.random, profiles: 2).infer(on: inference) }.contains("only 1 modes"))
    }

    @Test func binarySearchIsForTrainOnly() throws {
        let options = try StrategyOptions(.binary)
        #expect(message { try options.infer(on: SyntheticTables.twoModesOfInference()) }.contains("for train only"))
        #expect(message { try options.pair(on: SyntheticTables.pair()) }.contains("for train only"))
        #expect(try SyntheticTables.train(options, "20").summary.solved == 1)
    }

    @Test func presetsKeepTheLimitsAndMaxnDoesNotCare() throws {
        let low = PowerMode(cores: 4, cpuKHz: 1, gpuHz: 1, emcHz: 1)
        let (_, presets) = try SyntheticTables.train(StrategyOptions(.presets, presets: [low, low]), "5..20/15")
        #expect(presets.map(\.answer?.milliseconds) == [nil, 1000] && presets.map(\.profiles) == [1, 1])
        let (_, highest) = try SyntheticTables.train(StrategyOptions(.maxn), "10..20/10")
        #expect(highest.map(\.answer?.milliseconds) == [500, 500])
        #expect(highest.map(\.violations.power) == [true, false])
        let maxn = try StrategyOptions(.maxn).pair(on: SyntheticTables.pair())
        // 12 W are less than the highest mode draws at either size; it still answers in time.
        let pair = try SyntheticTables.pair(maxn, power: "12", latency: "450", rate: "10").configurations
        #expect(pair.map(\.answer?.mode.gpuHz) == [2] && pair.allSatisfy { $0.violations.names == ["power"] })
        #expect(message { try StrategyOptions(.als, profiles: 1_001) }.contains("als takes up to 1000"))
    }

    @Test func networksAnswerFromPredictionsThatCanBreakLimits() throws {
        let table = try SyntheticTables.manyPoints().background(minibatch: 4)
        let schedule = try TrainingSchedule(.standard, steps: 60)
        let options = try StrategyOptions(.network, profiles: 10, seed: 2, schedule: schedule)
        let (summary, configurations) = try SyntheticTables.train(options, "10..40/1", on: table)
        #expect(configurations.allSatisfy { $0.profiles == 10 })
        #expect(summary.powerViolations > 0 && summary.powerViolations == summary.violated)
        #expect(
            configurations.allSatisfy { $0.violations.power == (($0.answer?.powerWatts ?? 0) > $0.limits.budgetWatts) })
        #expect(configurations.allSatisfy { $0.answer == nil || table[$0.answer?.mode ?? table.grid.lowest] != nil })

        let model = try ModelTraining.model(
            on: table.rows, schedule: schedule, origin: ModelOrigin(workload: "", board: "", source: "", date: ""),
            seed: 1)
        let transferred = try StrategyOptions(
            .network, profiles: 10, seed: 2, schedule: schedule, references: [.model(model)])
        #expect(try SyntheticTables.train(transferred, "10..40/1", on: table).configurations != configurations)
        #expect(
            message { try transferred.infer(on: SyntheticTables.twoModesOfInference()) }.contains("with train only"))
        #expect(message { try transferred.pair(on: SyntheticTables.pair()) }.contains("with train only"))
    }

    @Test func aPairHasANetworkForEachWorkload() throws {
        let inference = try SyntheticTables.manyPoints()
        let table = try PairTable(joining: inference, inference.background(minibatch: 4))
        let options = try StrategyOptions(
            .network, profiles: 6, seed: 1, schedule: TrainingSchedule(.standard, steps: 60))
        let (summary, configurations) = try SyntheticTables.pair(
            options.pair(on: table), power: "20..40/5", latency: "900", rate: "20", on: table)
        #expect(configurations.allSatisfy { $0.profiles == 18 } && summary.solved > 0)
    }

    @Test func theSeedDecidesTheDraw() throws {
        let table = try SyntheticTables.manyPoints()
        func draw(_ seed: UInt64) throws -> [Configuration] {
            try SyntheticTables.infer(
                StrategyOptions(.random, profiles: 5, seed: seed), power: "12..30/3", latency: "400", rate: "20",
                on: table
            ).configurations
        }
        #expect(try draw(1) == draw(1))
        #expect(try draw(1) != draw(2))
    }

    @Test func backgroundWorkIsATrainingOrAnInferenceWithItsGoals() {
        func work(_ train: String?, _ other: String?, _ size: Int?, _ rate: Double?, _ latency: Double?) -> String {
            message {
                try BackgroundWork(
                    train: train, nonUrgent: other, minibatch: size, ratePerSecond: rate, latencyMilliseconds: latency)
            }
        }
        #expect(work("t", nil, nil, nil, nil) == "" && work(nil, "i", 4, 30, 500) == "")
        #expect(work(nil, nil, nil, nil, nil).contains("Say what runs beside the inference"))
        #expect(work("t", "i", 4, 30, 500).contains("exclude each other"))
        #expect(work("t", nil, 4, nil, nil).contains("do not go with --train"))
        #expect(work(nil, "i", 4, 30, nil).contains("needs --non-urgent-minibatch"))
        for (size, rate, latency) in [
            (0, 30.0, 500.0), (4, 0, 500), (4, 30, 0), (4, .nan, 500), (4, 30, .infinity), (-1, 30, 500), (4, -1, 500),
        ] {
            #expect(work(nil, "i", size, rate, latency).contains("above 0"), "\(size) \(rate) \(latency)")
        }
    }

    @Test func hostileAxesAreRefusedWithASentence() throws {
        let one = try SyntheticTables.axis("1")
        let zero = try SyntheticTables.axis("0..10/1")
        let wide = try SyntheticTables.axis("1..100000/1")
        #expect(
            message { try SweptAxes.limits(power: one, latencyMilliseconds: zero, ratePerSecond: one) }
                == "--latency-ms has the value 0: 0 ms can never be met. Start above 0.")
        #expect(
            message { try SweptAxes.limits(power: one, latencyMilliseconds: one, ratePerSecond: zero) }
                .hasPrefix("--rate has the value 0"))
        #expect(
            message { try SweptAxes.limits(power: wide, latencyMilliseconds: wide, ratePerSecond: wide) }
                .contains("have 1000000000000000 combinations; 500000 are the most allowed"))
        #expect(try SweptAxes.limits(power: wide, latencyMilliseconds: one, ratePerSecond: one).count == 100_000)
    }
}
