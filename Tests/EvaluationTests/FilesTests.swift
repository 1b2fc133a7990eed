import Glibc
import Policy
import Testing

@testable import Evaluation

@Suite struct FilesTests {
    private let path = "/tmp/fulcrum-evaluation-\(getpid())-\(UInt32.random(in: 0 ... .max)).csv"
    private let header = "cores,cpu,gpu,mem,observed_time,observed_power\n"

    @Test func filesAreReadAndWrittenOrTheErrorNamesThem() throws {
        defer { unlink(path) }
        try OutputFile.write(header + String(repeating: "x", count: 1_000), to: path)
        try OutputFile.write(header + "4,1,1,1,5,6\n", to: path)
        #expect(try TrainingTable(contentsOf: path).rows.map(\.powerWatts) == [6])
        // A device stays a device.
        try OutputFile.write("rows", to: "/dev/null")
        #expect(throws: EvaluationError.self) { try OutputFile.write("rows", to: "/dev/full") }

        let missing = #expect(throws: EvaluationError.self) { try TrainingTable(contentsOf: "/nonexistent/t.csv") }
        #expect(missing?.description.contains("/nonexistent/t.csv") == true)
        try OutputFile.write(header + "4,1,1,1,5,oops\n", to: path)
        let damaged = #expect(throws: EvaluationError.self) { try TrainingTable(contentsOf: path) }
        #expect(damaged?.description.hasPrefix("\(path), line 2: ") == true)
    }

    @Test func tablesOfTheOtherKindAreNamedAsSuch() throws {
        defer { unlink(path) }
        try OutputFile.write("cores,cpu,gpu,mem,bs,observed_time,observed_power\n4,1,1,1,1,5,6\n", to: path)
        let training = #expect(throws: EvaluationError.self) { try TrainingTable(contentsOf: path) }
        #expect(training?.description.contains("the table of an inference") == true)
        #expect(try InferenceTable(contentsOf: path).minibatches == [1])
        let size = #expect(throws: EvaluationError.self) {
            try InferenceTable(contentsOf: path).background(minibatch: 2)
        }
        #expect(size?.description.contains("No row has the minibatch size 2. Choose one of: 1.") == true)
        try OutputFile.write(header + "4,1,1,1,5,6\n", to: path)
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
}
