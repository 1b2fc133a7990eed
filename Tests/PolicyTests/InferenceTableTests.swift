import Testing

@testable import Policy

@Suite struct InferenceTableTests {
    private static let header = "cores,cpu,gpu,mem,observed_time,bs,observed_power\n"

    private func parse(_ text: String) throws -> InferenceTable {
        try InferenceTable(parsing: [UInt8](text.utf8), file: "i.csv")
    }

    private func fault(_ text: String) throws -> TableError {
        try #require(throws: TableError.self) { try parse(text) }
    }

    private func point(_ cores: Int, _ minibatch: Int) -> InferencePoint {
        InferencePoint(mode: PowerMode(cores: cores, cpuKHz: 2, gpuHz: 3, emcHz: 5), minibatch: minibatch)
    }

    @Test func findsRowsByModeAndMinibatch() throws {
        let table = try parse(Self.header + "4,2,3,5,40.5,16.0,20\n4,2,3,5,12.25,1.0,17.5\n2,2,3,5,9,1,8\n")
        #expect(
            table[point(4, 1)]
                == InferenceObservation(point: point(4, 1), minibatchMilliseconds: 12.25, powerWatts: 17.5))
        #expect(table[point(4, 16)]?.powerWatts == 20 && table[point(2, 16)] == nil && table[point(4, 4)] == nil)
        #expect(table.minibatches == [1, 16] && table.grid.cores == [2, 4])
        #expect(table.rows.map(\.point) == [point(2, 1), point(4, 1), point(4, 16)])
    }

    @Test func takesOtherNamesAndMilliwatts() throws {
        let table = try parse(
            "bs,power_mw_median_steady,mb_ms_median,emc_hz,gpu_hz,cpu_khz,cores\n32,17500,12.25,5,3,2,4\n")
        #expect(
            table.rows == [InferenceObservation(point: point(4, 32), minibatchMilliseconds: 12.25, powerWatts: 17.5)])
        // The first name wins where a table has both.
        let both = try parse(
            "cores,cpu,gpu,mem,bs,observed_time,observed_power,power_mw_median_steady\n4,2,3,5,1,9,8,1\n")
        #expect(both.rows.map(\.powerWatts) == [8])
    }

    @Test func knowsItsKindByTheHeader() {
        #expect(InferenceTable.isNamed(inHeaderOf: [UInt8](Self.header.utf8)))
        #expect(InferenceTable.isNamed(inHeaderOf: [UInt8]("\n\r\n bs ,cores\n".utf8)))
        #expect(!InferenceTable.isNamed(inHeaderOf: [UInt8]("cores,bss\nbs,1\n".utf8)))
        #expect(!InferenceTable.isNamed(inHeaderOf: []))
        #expect(!InferenceTable.isNamed(inHeaderOf: [UInt8]((String(repeating: ",", count: 1_000) + "bs\n").utf8)))
    }

    @Test(arguments: [
        ("", 1, "empty"),
        ("cores,cpu,gpu,mem,observed_time,observed_power\n4,2,3,5,1,1\n", 1, "no column bs"),
        ("cores,cpu,gpu,mem,bs,observed_time,bs,observed_power\n", 1, "column bs 2 times"),
        (header + "4,2,3,5,9,0,8\n", 2, "bs is \"0\""),
        (header + "4,2,3,5,9,1.5,8\n", 2, "bs is \"1.5\""),
        (header + "4,2,3,5,9,-1,8\n", 2, "bs is \"-1\""),
        (header + "4,2,3,5,9,,8\n", 2, "bs is \"\""),
        (header + "4,2,3,5,9,nan,8\n", 2, "bs is \"nan\""),
        (header + "4,2,3,5,9,1e400,8\n", 2, "bs is \"1e400\""),
        (header + "4,2,3,5,9,1048577,8\n", 2, "bs is \"1048577\""),
        (header + "4,2,3,5,9,99999999999999999999999,8\n", 2, "bs is \"999"),
        (header + "4,2,3,5,9,1,8\n4,2,3,5,9,4,8\n\n4,2,3,5,7,1.0,8\n", 5, "with bs 1 is already on line 2"),
        (header + "4,2,3,5,9,1\n", 2, "6 fields"),
        (header + "4,2,3,5,0,1,8\n", 2, "observed_time is \"0\""),
    ])
    func everyFaultNamesItsLine(text: String, line: Int, part: String) throws {
        let error = try fault(text)
        #expect(error.line == line)
        #expect(error.problem.contains(part), "\(error)")
    }

    @Test func theLargestMinibatchIsTaken() throws {
        #expect(try parse(Self.header + "4,2,3,5,9,1048576,8\n").minibatches == [1 << 20])
        #expect(try fault(Self.header).problem.contains("no row"))
        let sizes = (1...(TrainingTable.axisLimit + 1)).map { "4,2,3,5,9,\($0),8\n" }.joined()
        #expect(try fault(Self.header + sizes).problem.contains("column bs has 4097"))
    }

    @Test func aPowerThatVanishesInWattsIsRefused() throws {
        // Above 0 in milliwatts, 0 in watts.
        let tiny = "cores,cpu,gpu,mem,bs,observed_time,power_mw_median_steady\n4,2,3,5,1,9,4.9e-324\n"
        #expect(try fault(tiny).problem.contains("power_mw_median_steady"))
    }

    @Test func restrictsToAGridThatItHasWithEachSize() throws {
        let table = try parse(
            Self.header + "4,2,3,5,9,1,8\n4,2,3,5,19,4,8\n2,2,3,5,9,1,8\n2,2,3,5,19,4,8\n6,2,3,5,9,1,8\n")
        let grid = try #require(ModeGrid(cores: [2, 4], cpuKHz: [2], gpuHz: [3], emcHz: [5]))
        let part = try table.restricted(to: grid)
        #expect(part.rows.count == 4 && part.grid == grid)
        let error = #expect(throws: TableError.self) { try table.restricted(to: table.grid) }
        #expect(error?.problem.contains("5 of the 6 rows (3 modes, 2 minibatch sizes)") == true)
    }

    @Test func oneSizeIsATraining() throws {
        let table = try parse(Self.header + "4,2,3,5,9,1,8\n4,2,3,5,19,4,8.5\n2,2,3,5,29,4,7\n")
        let training = try #require(table.training(minibatch: 4))
        #expect(training.rows.map(\.minibatchMilliseconds) == [29, 19] && training.grid.cores == [2, 4])
        // The grid is that of the rows which are there.
        #expect(table.training(minibatch: 1)?.grid.cores == [4])
        #expect(table.training(minibatch: 2) == nil)
    }

    /// A damaged table is refused with a sentence or read as what it then says, and never traps.
    @Test func survivesMutations() throws {
        var rows = Self.header
        for cores in 1...3 {
            for size in [1, 4, 16] {
                rows += "\(cores),100,114750000,665600000,\(cores * size).06707763671,\(size).0,17.5\n"
            }
        }
        let valid = [UInt8](rows.utf8)
        let interesting = [UInt8]("0123456789.,-+eE\n\r \"b\0".utf8) + [0x80, 0xEF, 0xFF]
        var generator = SeededGenerator(seed: 8)
        var (refused, accepted) = (0, 0)
        for _ in 0..<3_000 {
            var bytes = valid
            for _ in 0..<Int.random(in: 1...4, using: &generator) where !bytes.isEmpty {
                let position = Int.random(in: 0..<bytes.count, using: &generator)
                switch Int.random(in: 0..<5, using: &generator) {
                case 0: bytes[position] = interesting.randomElement(using: &generator) ?? 0
                case 1: bytes.insert(interesting.randomElement(using: &generator) ?? 0, at: position)
                case 2: bytes.remove(at: position)
                case 3: bytes.removeSubrange(position...)
                default:
                    let end = min(bytes.count, position + 30)
                    bytes.insert(contentsOf: bytes[position..<end], at: position)
                }
            }
            _ = InferenceTable.isNamed(inHeaderOf: bytes)
            do {
                let table = try InferenceTable(parsing: bytes, file: "i.csv")
                accepted += 1
                #expect(table.minibatches.allSatisfy { (1...InferenceTable.minibatchLimit).contains($0) })
                for row in table.rows {
                    #expect(row.minibatchMilliseconds > 0 && row.minibatchMilliseconds.isFinite)
                    #expect(row.powerWatts > 0 && row.powerWatts.isFinite)
                    #expect(table.grid.contains(row.mode) && table[row.point] == row)
                }
            } catch {
                refused += 1
                #expect(error.description.hasPrefix("i.csv"))
            }
        }
        // Both ways must occur, or the mutations test nothing.
        #expect(refused > 100 && accepted > 100)
    }
}

@Suite struct PairTableTests {
    private func inference(_ text: String) throws -> InferenceTable {
        try InferenceTable(
            parsing: [UInt8]("cores,cpu,gpu,mem,bs,observed_time,observed_power\n\(text)".utf8), file: "i.csv")
    }

    private func training(_ text: String) throws -> TrainingTable {
        try TrainingTable(
            parsing: [UInt8]("cores,cpu,gpu,mem,observed_time,observed_power\n\(text)".utf8), file: "t.csv")
    }

    @Test func joinsTheModesThatBothHave() throws {
        let table = try PairTable(
            inference: inference("4,2,3,5,1,10,11\n4,2,3,5,4,20,12\n6,2,3,5,1,30,13\n"),
            background: training("4,2,3,5,100,21\n8,2,3,5,200,22\n"))
        let mode = PowerMode(cores: 4, cpuKHz: 2, gpuHz: 3, emcHz: 5)
        #expect(
            table.rows == [
                PairObservation(
                    point: InferencePoint(mode: mode, minibatch: 1), inferenceMilliseconds: 10, inferenceWatts: 11,
                    backgroundMilliseconds: 100, backgroundWatts: 21),
                PairObservation(
                    point: InferencePoint(mode: mode, minibatch: 4), inferenceMilliseconds: 20, inferenceWatts: 12,
                    backgroundMilliseconds: 100, backgroundWatts: 21),
            ])
        #expect(table.grid.cores == [4] && table.minibatches == [1, 4])
        #expect(table[table.rows[1].point] == table.rows[1])
        #expect(table[InferencePoint(mode: mode, minibatch: 2)] == nil)
        #expect(table.file == "i.csv with t.csv")
    }

    @Test func sizesThatNoCommonModeHasAreNotThere() throws {
        let table = try PairTable(
            inference: inference("4,2,3,5,1,10,11\n6,2,3,5,8,30,13\n"), background: training("4,2,3,5,100,21\n"))
        #expect(table.minibatches == [1])
    }

    @Test func anotherInferenceCanBeTheBackground() throws {
        let other = try inference("4,2,3,5,1,10,11\n4,2,3,5,4,20,12\n")
        let table = try PairTable(
            inference: inference("4,2,3,5,1,10,11\n"), background: #require(other.training(minibatch: 4)))
        #expect(table.rows.map(\.backgroundMilliseconds) == [20])
    }

    @Test func nothingInCommonIsAFault() throws {
        let error = #expect(throws: TableError.self) {
            try PairTable(inference: inference("4,2,3,5,1,10,11\n"), background: training("6,2,3,5,100,21\n"))
        }
        #expect(error?.description == "i.csv with t.csv: The two tables have no power mode in common.")
    }
}
