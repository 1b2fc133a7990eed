import Glibc
import Policy
import SystemCalls
import Testing

@testable import Evaluation

@Suite struct FilesTests {
    private let path = "/tmp/fulcrum-evaluation-\(getpid())-\(UInt32.random(in: 0 ... .max)).csv"
    private let header = "cores,cpu,gpu,mem,observed_time,observed_power\n"

    @Test func filesAreReadAndWrittenOrTheErrorNamesThem() throws {
        defer { unlink(path) }
        try OutputFile(opening: path).write(header + String(repeating: "x", count: 1_000))
        try OutputFile(opening: path).write(header + "4,1,1,1,5,6\n")
        #expect(try TrainingTable(contentsOf: path).rows.map(\.powerWatts) == [6])
        // A device stays a device.
        try OutputFile(opening: "/dev/null").write("rows")
        #expect(throws: EvaluationError.self) { try OutputFile(opening: "/dev/full").write("rows") }

        let missing = #expect(throws: EvaluationError.self) { try TrainingTable(contentsOf: "/nonexistent/t.csv") }
        #expect(missing?.description.contains("/nonexistent/t.csv") == true)
        try OutputFile(opening: path).write(header + "4,1,1,1,5,oops\n")
        let damaged = #expect(throws: EvaluationError.self) { try TrainingTable(contentsOf: path) }
        #expect(damaged?.description.hasPrefix("\(path), line 2: ") == true)
    }

    @Test func aFileIsOpenedBeforeAndChangedOnlyByWriting() throws {
        defer { unlink(path) }
        #expect(throws: EvaluationError.self) { _ = try OutputFile(opening: "/nonexistent/rows.csv") }
        try OutputFile(opening: path).write("old rows")
        let file = try OutputFile(opening: path)
        #expect(try SmallFile.text(path) == "old rows")
        try file.write("new")
        #expect(try SmallFile.text(path) == "new")
        var ends: [Int32] = [0, 0]
        try #require(pipe(&ends) == 0)
        try OutputFile(opening: "/dev/fd/\(ends[1])").write("rows")
        close(ends[1])
        var bytes = [UInt8](repeating: 0, count: 8)
        #expect(read(ends[0], &bytes, 8) == 4)
        close(ends[0])
    }

    @Test func tablesOfTheOtherKindAreNamedAsSuch() throws {
        defer { unlink(path) }
        try OutputFile(opening: path).write("cores,cpu,gpu,mem,bs,observed_time,observed_power\n4,1,1,1,1,5,6\n")
        let training = #expect(throws: EvaluationError.self) { try TrainingTable(contentsOf: path) }
        #expect(training?.description.contains("the table of an inference") == true)
        #expect(try InferenceTable(contentsOf: path).minibatches == [1])
        let size = #expect(throws: EvaluationError.self) {
            try InferenceTable(contentsOf: path).background(minibatch: 2)
        }
        #expect(size?.description.contains("No row has the minibatch size 2. Choose one of: 1.") == true)
        try OutputFile(opening: path).write(header + "4,1,1,1,5,6\n")
        let inference = #expect(throws: EvaluationError.self) { try InferenceTable(contentsOf: path) }
        #expect(inference?.description.contains("bs") == true)
    }

    @Test func aTableWithoutThe441ModesSaysHowToGoOn() throws {
        let table = try SyntheticTables.twoModes()
        let error = #expect(throws: EvaluationError.self) { try EvaluationGrid.orinAGX441.applied(to: table) }
        #expect(error?.description.contains("--grid all") == true)
        #expect(try EvaluationGrid.all.applied(to: table).rows == table.rows)
        let inference = try SyntheticTables.twoModesOfInference()
        #expect(throws: EvaluationError.self) { try EvaluationGrid.orinAGX441.applied(to: inference) }
        #expect(try EvaluationGrid.all.applied(to: inference).rows == inference.rows)
        #expect(inference.modeCount == 2)
    }

    private func modes(_ text: String) throws -> [PowerMode] {
        try ModesFile.modes(parsing: [UInt8](text.utf8), file: "draw.csv")
    }

    @Test func listsOfModesAreReadInTheirOrder() throws {
        let expected = [(8, 2), (4, 1)].map { PowerMode(cores: $0, cpuKHz: $1, gpuHz: 3, emcHz: 5) }
        #expect(try modes("powermode\r\n8_2_3_5\r\n\r\n4_1_3_5") == expected)
        #expect(try modes("8_2_3_5\n4_1_3_5\n") == expected)
    }

    @Test(arguments: [
        ("", "names no power mode"), ("powermode\n", "names no power mode"), ("8_2_3\n", "line 1: \"8_2_3\""),
        ("8_2_3_5\n8_2_3_5\n", "line 2: The mode 8_2_3_5 is already on line 1"), ("8_2_3_0\n", "not a power mode"),
        ("8_2_3_-5\n", "not a power mode"), ("8_2_3_99999999999999999999\n", "not a power mode"),
        ("8_2_3_5_6\n", "not a power mode"), ("8_2_3_5\npowermode\n", "line 2"), ("__ _\n", "not a power mode"),
    ])
    func otherLinesAreRefused(text: String, part: String) {
        let error = #expect(throws: EvaluationError.self) { try modes(text) }
        #expect(error?.description.contains(part) == true, "\(String(describing: error))")
        #expect(error?.description.hasPrefix("draw.csv") == true)
    }

    @Test func whatIsReadIsNotWrittenOver() throws {
        let path = "/tmp/fulcrum-input-\(getpid())-\(UInt32.random(in: 0 ... .max)).csv"
        let table = "cores,cpu,gpu,mem,observed_time,observed_power\n4,1,1,1,5,6\n"
        defer { unlink(path) }
        try OutputFile(opening: path).write(table)
        let error = #expect(throws: EvaluationError.self) {
            try OutputFile(opening: path, reading: ["/dev/null", path]).write("x")
        }
        #expect(error?.description.contains("results are not written over it") == true)
        #expect(try SmallFile.bytes(path, limit: 1 << 20) == Array(table.utf8))

        let model = try ModelTraining.model(
            on: SyntheticTables.manyPoints().background(minibatch: 4).rows,
            schedule: TrainingSchedule(.standard, steps: 5),
            origin: ModelOrigin(workload: "", board: "", source: "", date: ""), seed: 1)
        let refused = #expect(throws: EvaluationError.self) { try model.write(to: path) }
        #expect(refused?.description.contains("not a model file") == true)
        #expect(try SmallFile.bytes(path, limit: 1 << 20) == Array(table.utf8))
        unlink(path)
        try model.write(to: path)
        try model.write(to: path)
        #expect(try PowerTrainModel<PowerMode>(contentsOf: path) == model)
    }
}
