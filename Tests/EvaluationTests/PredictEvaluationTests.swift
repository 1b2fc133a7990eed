import FoundationEssentials
import Glibc
import Policy
import SystemCalls
import Testing

@testable import Evaluation

@Suite struct PredictEvaluationTests {
    /// 225 modes whose time and power are smooth.
    private func table() throws -> TrainingTable { try SyntheticTables.manyPoints().background(minibatch: 4) }

    private func quick(steps: Int = 40) throws -> TrainingSchedule { try TrainingSchedule(.paper, steps: steps) }

    private func model(seed: UInt64 = 1) throws -> PowerTrainModel<PowerMode> {
        try ModelTraining.model(
            on: table().rows, schedule: quick(), origin: ModelOrigin(workload: "w", board: "b", source: "s", date: "d"),
            seed: seed)
    }

    @Test func drawsAreTheSameForAnyNumberOfThreads() throws {
        let evaluation = try PredictEvaluation(
            table: table(), method: .powertrain, references: [.model(model())], modeCounts: [5, 12], runs: 3, seed: 4,
            schedule: quick())
        let alone = try evaluation.run(threads: 1).runs
        #expect(alone.map(\.modes) == [5, 5, 5, 12, 12, 12] && alone.map(\.run) == [1, 2, 3, 1, 2, 3])
        #expect(Set(alone.map(\.seed)).count == 3 && alone.allSatisfy { $0.timePercent > 0 && $0.powerPercent > 0 })
        #expect(Set(alone.map(\.timePercent)).count == 6)
        for threads in [2, 5] { #expect(try evaluation.run(threads: threads).runs == alone) }
    }

    @Test func aTableAsReferenceIsTrainedOnFirst() throws {
        let other = try SyntheticTables.manyPoints().background(minibatch: 16)
        let reference = try ModelTraining.model(
            on: other.rows, schedule: quick(steps: 30),
            origin: ModelOrigin(workload: "", board: "", source: "", date: ""), seed: 4)
        func runs(_ reference: Reference) throws -> [PredictEvaluation.Run] {
            var evaluation = try PredictEvaluation(
                table: table(), method: .powertrain, references: [reference], modeCounts: [10], runs: 1, seed: 4,
                schedule: quick(steps: 20))
            #expect(try evaluation.referenceSchedule == TrainingSchedule(.paper, steps: nil))
            evaluation.referenceSchedule = try quick(steps: 30)
            return try evaluation.run().runs
        }
        #expect(try runs(.table(other)) == runs(.model(reference)))
        #expect(try runs(.model(reference)) != runs(.model(model())))
    }

    @Test func numbersOutOfRangeAreRefused() throws {
        let reference = Reference.model(try model())
        func message(_ method: PredictEvaluation.Method, _ reference: Reference?, _ modes: [Int], _ runs: Int) -> String
        {
            do {
                _ = try PredictEvaluation(
                    table: table(), method: method, references: reference.map { [$0] } ?? [], modeCounts: modes,
                    runs: runs, seed: 0,
                    schedule: quick())
                return ""
            } catch {
                return "\(error)"
            }
        }
        #expect(message(.scratch, nil, [3, 224], 1) == "")
        #expect(message(.scratch, nil, [225], 1).contains("--modes is 225; a number from 3 to 224"))
        #expect(message(.scratch, nil, [2], 1).contains("--modes is 2"))
        #expect(message(.scratch, nil, [5], 0).contains("--runs is 0"))
        #expect(message(.scratch, nil, [5], Int.max).contains("--runs is"))
        #expect(message(.scratch, reference, [5], 1).contains("--reference does not go with it"))
        #expect(message(.powertrain, nil, [5], 1).contains("needs --reference FILE"))
        #expect(throws: EvaluationError.self) { try TrainingSchedule(.paper, steps: 0) }
        #expect(throws: EvaluationError.self) { try TrainingSchedule(.paper, steps: Int.max) }
        #expect(throws: EvaluationError.self) { try PredictEvaluation.Method(named: "gp2") }
        #expect(throws: EvaluationError.self) { try LossName(named: "l1") }
        #expect(try PositiveNumber.list("10,20,50", name: "--modes") == [10, 20, 50])
        for text in ["", "10,", "0", "-1", "1e3", "10 20", "99999999999999999999"] {
            #expect(throws: EvaluationError.self) { try PositiveNumber.list(text, name: "--modes") }
        }
        #expect(try PositiveNumber.parse("2.5", name: "--power") == 2.5)
        for text in ["0", "1..2/1", "-1", "nan", "inf", ""] {
            #expect(throws: EvaluationError.self) { try PositiveNumber.parse(text, name: "--power") }
        }
    }

    @Test func jsonHasTheContractsKeys() throws {
        struct Decoded: Decodable {
            struct Entry: Decodable {
                let modes: Int
                let run: Int?
                let time_mape_percent, power_mape_percent: Double?
                let time_mape_percent_median, power_mape_percent_median: Double?
            }
            let problem, method, train: String
            let reference: String?
            let time_mape_percent_median, power_mape_percent_median, interval_coverage_percent: Double?
            let runs, by_modes: [Entry]
        }
        func decoded(_ counts: [Int]) throws -> Decoded {
            let evaluation = try PredictEvaluation(
                table: table(), method: .scratch, references: [], modeCounts: counts, runs: 1, seed: 0,
                schedule: quick())
            let runs = counts.flatMap { count in
                [(1, 4.0, 8.0), (2, 6.0, 2.0), (3, 20.0, 3.0)].map {
                    PredictEvaluation.Run(
                        modes: count, run: $0.0, seed: 1, timePercent: $0.1, powerPercent: $0.2, coveragePercent: nil)
                }
            }
            let summary = PredictSummary(of: evaluation, references: [], runs: runs, wallSeconds: 1)
            #expect(
                summary.csv.hasPrefix(
                    "modes,run,seed,time_mape_percent,power_mape_percent,time_coverage_percent,power_coverage_percent\n"
                        + "10,1,1,4,8,,\n"))
            #expect(!summary.text.contains("inside 90 %"))
            #expect(
                summary.text.contains("MAPE of time median 6.00 %, max 20.00 %, of power median 3.00 %, max 8.00 %"))
            return try JSONDecoder().decode(Decoded.self, from: Data(summary.json().utf8))
        }
        let one = try decoded([10])
        #expect(one.time_mape_percent_median == 6 && one.power_mape_percent_median == 3)
        #expect(one.interval_coverage_percent == nil && one.reference == nil && one.method == "scratch")
        #expect(one.runs.map(\.time_mape_percent) == [4, 6, 20] && one.by_modes.map(\.modes) == [10])
        let two = try decoded([10, 20])
        #expect(two.time_mape_percent_median == nil && two.by_modes.map(\.time_mape_percent_median) == [6, 6])
        #expect(two.runs.count == 6)
    }

    @Test func twoThreadsMakeTheModelThatOneMakes() throws {
        let rows = try table().rows
        let origin = ModelOrigin(workload: "w", board: "b", source: "s", date: "d")
        let schedule = try quick()
        let base = try PowerTrain.model(
            on: rows, schedule: schedule.reference(points: rows.count), origin: origin, seed: 3)
        #expect(try ModelTraining.model(on: rows, schedule: schedule, origin: origin, seed: 3, threads: 2) == base)
        let drawn = try ModelTraining.draw("20", of: table(), seed: 7)
        let transferred = try PowerTrain.model(
            on: drawn, from: base, schedule: schedule.ofFewProfiles(points: 20), origin: origin, seed: 7)
        #expect(
            try ModelTraining.model(on: drawn, from: base, schedule: schedule, origin: origin, seed: 7, threads: 2)
                == transferred)
    }

    @Test func modesAreDrawnOrAllTaken() throws {
        let table = try table()
        #expect(try ModelTraining.draw("all", of: table, seed: 1) == table.rows)
        #expect(Set(try ModelTraining.draw("9", of: table, seed: 1)).count == 9)
        #expect(try ModelTraining.draw("9", of: table, seed: 1) != ModelTraining.draw("9", of: table, seed: 2))
        for text in ["2", "226", "-1", "", "ten", "99999999999999999999"] {
            #expect(throws: EvaluationError.self) { try ModelTraining.draw(text, of: table, seed: 1) }
        }
    }

    @Test func modelFilesAreWrittenWholeAndReadBack() throws {
        let path = "/tmp/fulcrum-model-\(getpid())-\(UInt32.random(in: 0 ... .max))"
        defer { unlink(path) }
        let model = try model()
        try model.write(to: path)
        try model.write(to: path)
        #expect(try PowerTrainModel<PowerMode>(contentsOf: path) == model)
        guard case .model(let reference) = try Reference(contentsOf: path) else {
            Issue.record("A model file was not taken for one.")
            return
        }
        #expect(reference == model)
        #expect(access(path + ".new", F_OK) != 0)
        // Renaming over a device would remove it.
        #expect(throws: EvaluationError.self) { try model.write(to: "/dev/null") }
        #expect(throws: EvaluationError.self) { try model.write(to: "/nonexistent/model") }
        #expect(throws: EvaluationError.self) { try StoredModel(parsing: Array("FULCNETS".utf8), file: "short") }
        #expect(throws: EvaluationError.self) { try StoredModel(parsing: [], file: "empty") }
    }

    @Test func aModelIsDescribedWithItsPredictions() throws {
        struct Decoded: Decodable {
            struct Entry: Decodable {
                let point: String
                let minibatch_ms, power_w: Double
            }
            let kind, workload, board, made, provenance: String
            let base: String?
            let predictions: [Entry]
            let time, power: [String: Double]
        }
        let model = try model()
        let mode = "4_1_1_1"
        let description = try ModelDescription(of: .training(model), file: "f", modes: [mode], minibatch: nil)
        let decoded = try JSONDecoder().decode(Decoded.self, from: Data(JSONText.of(description).utf8))
        let expected = try #require(model.predict(PowerMode(cores: 4, cpuKHz: 1, gpuHz: 1, emcHz: 1)))
        #expect(decoded.kind == "training" && decoded.workload == "w" && decoded.base == nil && decoded.made == "d")
        #expect(decoded.predictions.map(\.point) == [mode])
        #expect(decoded.predictions.map(\.minibatch_ms) == [expected.minibatchMilliseconds])
        #expect(decoded.predictions.map(\.power_w) == [expected.powerWatts])
        #expect(decoded.time["validation_error_percent"] == model.time.validationErrorPercent)
        #expect(description.text.contains("(predicted)"))
        #expect(throws: EvaluationError.self) {
            try ModelDescription(of: .training(model), file: "f", modes: ["4_1_1"], minibatch: nil)
        }
        #expect(throws: EvaluationError.self) {
            try ModelDescription(of: .training(model), file: "f", modes: [], minibatch: 4)
        }
    }

    @Test func aReferenceThatIsTheTargetIsRefused() throws {
        let table = try table()
        func message(_ reference: TrainingTable, _ target: TrainingTable) -> String {
            do {
                _ = try PredictEvaluation(
                    table: target, method: .powertrain, references: [.table(reference)], modeCounts: [5], runs: 1,
                    seed: 0,
                    schedule: quick())
                return ""
            } catch {
                return "\(error)"
            }
        }
        #expect(message(table, table).contains("has the same measurements as"))
        let grid = try #require(ModeGrid(cores: [4, 8], cpuKHz: [1, 2], gpuHz: [1, 2, 3], emcHz: [1, 2, 3]))
        let part = try table.restricted(to: grid)
        #expect(message(table, part).contains("has the same measurements as"))
        #expect(message(part, table).contains("has the same measurements as"))
        #expect(try message(SyntheticTables.manyPoints().background(minibatch: 16), table) == "")
        let options = try StrategyOptions(.network, profiles: 5, references: [.table(table)])
        let error = #expect(throws: EvaluationError.self) { try options.train(on: table) }
        #expect(error?.description.contains("has the same measurements as") == true)
    }

    @Test func aSummarySaysWhatTheReferenceIs() throws {
        struct Decoded: Decodable { let reference, reference_workload: String? }
        let evaluation = try PredictEvaluation(
            table: table(), method: .powertrain, references: [.model(model())], modeCounts: [5], runs: 1, seed: 0,
            schedule: quick())
        let summary = PredictSummary(of: evaluation, references: ["m.model"], runs: [], wallSeconds: 1)
        #expect(summary.text.contains("powertrain from m.model, w on b\n"))
        let decoded = try JSONDecoder().decode(Decoded.self, from: Data(summary.json().utf8))
        #expect(decoded.reference == "m.model" && decoded.reference_workload == "w on b")
        let subject = Subject(
            problem: "train", strategy: "network", train: "t", references: ["m.model"], referenceWorkload: "w on b",
            modes: 1, points: 1, seed: 0)
        let train = Summary(of: [], subject: subject, wallSeconds: 1)
        #expect(train.text.contains("reference              m.model, w on b\n"))
        let keys = try JSONDecoder().decode(Decoded.self, from: Data(train.json().utf8))
        #expect(keys.reference == "m.model" && keys.reference_workload == "w on b")
    }

    @Test func aReferenceIsReadOnce() throws {
        // A pipe is empty the second time.
        for bytes in [
            try model().encoded(), Array("cores,cpu,gpu,mem,observed_time,observed_power\n4,1,1,1,5,6\n".utf8),
            Array("cores,cpu,gpu,mem,bs,observed_time,observed_power\n4,1,1,1,8,5,6\n".utf8),
        ] {
            var ends: [Int32] = [0, 0]
            try #require(pipe(&ends) == 0)
            let descriptor = ends[1]
            let writer = try SystemThread(name: "writer") {
                var rest = bytes[...]
                while !rest.isEmpty {
                    let count = rest.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
                    if count <= 0 { break }
                    rest = rest.dropFirst(count)
                }
                close(descriptor)
            }
            let reference = Result { try Reference(contentsOf: "/dev/fd/\(ends[0])") }
            close(ends[0])
            writer.join()
            switch try reference.get() {
            case .model(let read): #expect(try read == model())
            case .table(let read): #expect(read.rows.map(\.powerWatts) == [6])
            case .inference(let read): #expect(read.rows.map(\.point.minibatch) == [8])
            }
        }
    }

    @Test func theDayComesFromTheClock() throws {
        let parts = try CalendarDate.today(sourceDateEpoch: nil).split(separator: "-").compactMap { Int($0) }
        #expect(parts.count == 3 && parts[0] >= 2024 && (1...12).contains(parts[1]) && (1...31).contains(parts[2]))
        #expect(try CalendarDate.today(sourceDateEpoch: "0") == "1970-01-01")
        #expect(try CalendarDate.today(sourceDateEpoch: "1795478400") == "2026-11-24")
        #expect(try CalendarDate.today(sourceDateEpoch: "253402300799") == "9999-12-31")
        for text in ["", "yesterday", "-1", "1.5", "253402300800", "99999999999999999999"] {
            let error = #expect(throws: EvaluationError.self) { try CalendarDate.today(sourceDateEpoch: text) }
            #expect(error?.description.contains("SOURCE_DATE_EPOCH is") == true)
        }
    }
}
