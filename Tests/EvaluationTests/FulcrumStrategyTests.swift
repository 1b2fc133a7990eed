import MeasuredData
import Policy
import Testing

@testable import Evaluation

/// The strategy fulcrum on tables: what it may be told, and what it reaches.
@Suite struct FulcrumStrategyTests {
    private func message(_ body: () throws -> some Any) -> String {
        do {
            _ = try body()
            return ""
        } catch {
            return "\(error)"
        }
    }

    // MARK: Options

    @Test func riskIsAShareOrOff() throws {
        #expect(try ProfileRisk(parsing: "off") == .off && ProfileRisk(parsing: "0.05") == .standard)
        #expect(try ProfileRisk(parsing: "0.999") == .bounded(0.999))
        for text in ["", "0", "1", "1.5", "-0.1", "nan", "inf", "Off", "5%", "0.05 ", "0,05", "1e-2"] {
            #expect(
                message { try ProfileRisk(parsing: text) }.hasPrefix("--risk is \"\(text)\"; a share"), "\(text)")
        }
        let long = message { try ProfileRisk(parsing: String(repeating: "x", count: 10_000)) }
        #expect(long.utf8.count < 300)
    }

    @Test func whoTakesReferencesAndRisk() throws {
        let table = try SyntheticTables.manyPoints()
        let inference = Reference.inference(table)
        let training = try Reference.table(table.background(minibatch: 1))
        for name in StrategyName.allCases where name != .fulcrum {
            let presets: [PowerMode]? = name == .presets ? [table.grid.lowest] : nil
            let risk = message { try StrategyOptions(name, presets: presets, risk: .off) }
            #expect(risk.hasPrefix("--risk does not go with --strategy \(name.rawValue)"))
            let one = message { try StrategyOptions(name, presets: presets, references: [training]) }
            let two = message { try StrategyOptions(name, presets: presets, references: [training, inference]) }
            if name == .network {
                #expect(one == "" && two.contains("networks are transferred from one of them"))
            } else {
                #expect(one.hasPrefix("--reference does not go with --strategy \(name.rawValue)") && two == one)
            }
        }
        let options = try StrategyOptions(.fulcrum, profiles: 7, references: [training, inference, training])
        #expect(options.references.count == 3 && options.risk == .standard)
        #expect(try StrategyOptions(.fulcrum, risk: .bounded(0.2)).risk == .bounded(0.2))
        #expect(message { try StrategyOptions(.fulcrum, modes: []) }.contains("--modes-file does not go with"))
        #expect(message { try StrategyOptions(.fulcrum, schedule: .standard) }.contains("it trains no networks"))
        #expect(
            message {
                try StrategyOptions(.network, profiles: 5, references: [inference]).train(
                    on: table.background(minibatch: 4))
            }
                != "")
    }

    @Test func theWorkloadItselfIsNoReference() throws {
        let inference = try SyntheticTables.manyPoints()
        let training = try inference.background(minibatch: 4)
        let grid = try #require(ModeGrid(cores: [4, 8], cpuKHz: [1, 2], gpuHz: [1, 2, 3], emcHz: [1, 2, 3]))
        let other = try SyntheticTables.training(
            training.rows.map { row in
                let mode = row.mode
                return "\(mode.cores),\(mode.cpuKHz),\(mode.gpuHz),\(mode.emcHz),\(row.minibatchMilliseconds),33\n"
            }.joined(), file: "other.csv")
        func fulcrum(_ reference: Reference) throws -> StrategyOptions {
            // Beside one that is nothing to object to.
            try StrategyOptions(.fulcrum, references: [.table(other), reference])
        }
        func isRefused(_ body: () throws -> some Any) -> Bool {
            message(body).contains("has the same measurements as")
        }
        // A training: itself, a part of it, more of it, and the inference that it is a part of.
        #expect(isRefused { try fulcrum(.table(training)).train(on: training) })
        #expect(isRefused { try fulcrum(.table(training.restricted(to: grid))).train(on: training) })
        #expect(isRefused { try fulcrum(.table(training)).train(on: training.restricted(to: grid)) })
        #expect(isRefused { try fulcrum(.inference(inference)).train(on: training) })
        #expect(message { try fulcrum(.table(other)).train(on: training) } == "")
        // An inference.
        #expect(isRefused { try fulcrum(.inference(inference)).infer(on: inference) })
        #expect(isRefused { try fulcrum(.inference(inference.restricted(to: grid))).infer(on: inference) })
        #expect(message { try fulcrum(.table(other)).infer(on: inference) } == "")
        // Both of a pair.
        let pair = try PairTable(joining: inference, other)
        #expect(isRefused { try StrategyOptions(.fulcrum, references: [.inference(inference)]).pair(on: pair) })
        #expect(isRefused { try StrategyOptions(.fulcrum, references: [.table(other)]).pair(on: pair) })
        #expect(message { try StrategyOptions(.fulcrum, references: [.table(training)]).pair(on: pair) } == "")
        // An inference that is not urgent is the background at one of its sizes.
        let urgent = try SyntheticTables.inference(
            inference.rows.map { row in
                let mode = row.mode
                return "\(mode.cores),\(mode.cpuKHz),\(mode.gpuHz),\(mode.emcHz),\(row.point.minibatch),"
                    + "\(row.minibatchMilliseconds / 2),\(row.powerWatts)\n"
            }.joined())
        let two = try PairTable(joining: urgent, inference.background(minibatch: 16))
        #expect(isRefused { try StrategyOptions(.fulcrum, references: [.inference(inference)]).pair(on: two) })
    }

    @Test func aTableWithHolesIsRefused() throws {
        let inference = try SyntheticTables.inference("4,1,1,1,1,40,8\n4,1,1,1,4,100,9\n4,1,2,1,1,20,15\n")
        let training = try SyntheticTables.training("4,1,1,1,40,8\n8,1,2,1,20,15\n")
        let options = try StrategyOptions(.fulcrum)
        #expect(message { try options.infer(on: inference) }.hasPrefix("infer.csv: 1 of the 4 combinations"))
        #expect(message { try options.train(on: training) }.contains("--strategy fulcrum may ask for any of them"))
        let pair = try PairTable(joining: inference, SyntheticTables.twoModes())
        #expect(message { try options.pair(on: pair) }.contains("1 of the 4 combinations"))
    }

    // MARK: Runs

    private func references() throws -> [Reference] {
        [
            .inference(try SyntheticTables.manyPoints()), .table(try SyntheticTables.twoModes()),
        ]
    }

    /// `manyPoints` with another time and power for each mode.
    private func inference() throws -> InferenceTable {
        try SyntheticTables.inference(
            SyntheticTables.manyPoints().rows.map { row in
                let mode = row.mode
                let speed = Double(mode.gpuHz * mode.gpuHz) / 25
                return "\(mode.cores),\(mode.cpuKHz),\(mode.gpuHz),\(mode.emcHz),\(row.point.minibatch),"
                    + "\(row.minibatchMilliseconds * (1.5 - 0.4 * speed)),\(row.powerWatts * (0.9 + 0.2 * speed))\n"
            }.joined(), file: "new.csv")
    }

    @Test func trainings() throws {
        let table = try inference().background(minibatch: 4)
        for references in [[], try references()] {
            for (risk, most) in [(ProfileRisk.off, 10.0), (.standard, 30)] {
                let options = try StrategyOptions(.fulcrum, references: references, risk: risk)
                let (summary, configurations) = try SyntheticTables.train(options, "8..30/2", on: table)
                #expect(summary.solved == summary.solvable && summary.violated == 0 && summary.solved > 8)
                #expect(configurations.allSatisfy { $0.profiles <= 10 })
                #expect(try #require(summary.excessPercent).mean < most, "\(references.count) \(risk)")
                let again = try SyntheticTables.train(options, "8..30/2", on: table, threads: 2).configurations
                #expect(again == configurations)
            }
        }
        let few = try StrategyOptions(.fulcrum, profiles: 3, references: references(), risk: .off)
        #expect(try SyntheticTables.train(few, "8..30/2", on: table).configurations.allSatisfy { $0.profiles <= 3 })
    }

    @Test func inferencesAndPairs() throws {
        let table = try inference()
        let background = try SyntheticTables.training(
            SyntheticTables.manyPoints().background(minibatch: 16).rows.map { row in
                let mode = row.mode
                return "\(mode.cores),\(mode.cpuKHz),\(mode.gpuHz),\(mode.emcHz),\(row.minibatchMilliseconds / 2),"
                    + "\(row.powerWatts + 1)\n"
            }.joined())
        let options = try StrategyOptions(.fulcrum, references: references())
        let inferred = try SyntheticTables.infer(
            options, power: "12..30/6", latency: "400..1000/300", rate: "10..50/20", on: table)
        #expect(inferred.summary.solvable > 20 && inferred.summary.violated == 0)
        #expect(inferred.summary.solved == inferred.summary.solvable)
        #expect(inferred.configurations.allSatisfy { $0.profiles <= 10 })
        #expect(try #require(inferred.summary.excessPercent).mean < 15)

        let joined = try PairTable(joining: table, background)
        let strategy = try options.pair(on: joined)
        func pairs(_ threads: Int) throws -> (summary: Summary, configurations: [Configuration]) {
            try SyntheticTables.pair(
                strategy, power: "14..30/8", latency: "500..1000/500", rate: "10..50/20", objective: .throughput,
                on: joined, threads: threads)
        }
        let paired = try pairs(1)
        #expect(paired.summary.solvable > 10 && paired.summary.violated == 0)
        #expect(paired.summary.solved == paired.summary.solvable)
        #expect(paired.configurations.allSatisfy { $0.profiles <= 15 })
        #expect(try #require(paired.summary.throughputLossPercent).mean < 15)
        #expect(try pairs(2).configurations == paired.configurations)
    }
}

/// Coarse runs on the measured tables.
@Suite(.enabled(if: MeasuredData.folder != nil, Comment(rawValue: MeasuredData.absence)))
struct FulcrumMeasuredTests {
    @Test(arguments: [("resnet18", "mobilenetv3"), ("mobilenetv3", "resnet18")])
    func trainingsFromTheOtherTables(workload: String, other: String) throws {
        let table = try EvaluationGrid.orinAGX441.applied(to: MeasuredData.trainingTable(workload))
        var references = [Reference.table(try EvaluationGrid.orinAGX441.applied(to: MeasuredData.trainingTable(other)))]
        for inference in ["resnet50", "mobilenetv3", "lstm"] {
            references.append(
                .inference(try EvaluationGrid.orinAGX441.applied(to: MeasuredData.inferenceTable(inference))))
        }
        let options = try StrategyOptions(.fulcrum, profiles: 10, references: references, risk: .off)
        let (summary, configurations) = try SyntheticTables.train(options, "15..45/10", on: table, threads: 2)
        #expect(summary.configurations == 4 && summary.solved == 4 && summary.violated == 0)
        #expect(configurations.allSatisfy { $0.profiles <= 10 && ($0.excessPercent ?? .infinity) < 25 })
    }

    @Test func predictionsWithAGaussianProcess() throws {
        let evaluation = try PredictEvaluation(
            table: MeasuredData.trainingTable("mobilenetv3"), method: .gp,
            references: [.table(MeasuredData.trainingTable("resnet18"))], modeCounts: [20], runs: 3, seed: 1,
            schedule: TrainingSchedule(.paper, steps: nil))
        let runs = try evaluation.run(threads: 2).runs
        #expect(try #require(Distribution(runs.map(\.timePercent))).median < 8)
        #expect(try #require(Distribution(runs.map(\.powerPercent))).median < 4)
        #expect(runs.allSatisfy { ($0.coveragePercent?.time ?? 0) > 75 && ($0.coveragePercent?.power ?? 0) > 75 })
    }
}
