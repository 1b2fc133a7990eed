import Testing

@testable import Policy

@Suite struct TrainingTableTests {
    private static let header = "cores,cpu,gpu,mem,observed_time,observed_power\n"

    private func parse(_ text: String) throws -> TrainingTable {
        try TrainingTable(parsing: [UInt8](text.utf8), file: "t.csv")
    }

    private func fault(_ text: String) throws -> TableError {
        try #require(throws: TableError.self) { try parse(text) }
    }

    @Test func findsRowsByMode() throws {
        let table = try parse(Self.header + "4,200,30,5,12.25,17.5\n2,100,30,5,99,8\n")
        let mode = PowerMode(cores: 4, cpuKHz: 200, gpuHz: 30, emcHz: 5)
        #expect(table[mode] == TrainingObservation(mode: mode, minibatchMilliseconds: 12.25, powerWatts: 17.5))
        #expect(table[PowerMode(cores: 4, cpuKHz: 100, gpuHz: 30, emcHz: 5)] == nil)
        #expect(table.rows.map(\.mode.cores) == [2, 4])
    }

    @Test func takesColumnsInAnyOrderAndIgnoresOthers() throws {
        let table = try parse("observed_power,note,mem,gpu,observed_time,cpu,cores\n17.5,hot!,5,30,12.25,200,4\n")
        let mode = PowerMode(cores: 4, cpuKHz: 200, gpuHz: 30, emcHz: 5)
        #expect(table[mode] == TrainingObservation(mode: mode, minibatchMilliseconds: 12.25, powerWatts: 17.5))
    }

    @Test func takesTheHabitsOfSpreadsheets() throws {
        let text =
            "\u{FEFF}cores, cpu ,gpu,mem,observed_time,observed_power\r\n\r\n4,200,30,5, 12.25 ,17.5\r\n\n2,200,30,5,1e1,2\r\n"
        #expect(try parse(text).rows.map(\.minibatchMilliseconds) == [10, 12.25])
    }

    @Test func aNumberThatWasCutIsNoNumber() throws {
        let whole = Self.header + "2,100,30,5,9,8\n4,100,30,5,9,16.953\n"
        #expect(try parse(whole).rows.count == 2)
        for cut in 1...6 {
            let error = try fault(String(whole.dropLast(cut)))
            #expect(error.line == 3, "\(error)")
        }
        #expect(try fault(Self.header + "4,100,30,5,9,16.\n").description.contains("\"16.\""))
    }

    @Test func absurdMeasurementsAreRefused() throws {
        #expect(try parse(Self.header + "4,100,30,5,1e9,1e9\n").rows.count == 1)
        #expect(try fault(Self.header + "4,100,30,5,1.1e9,8\n").description.contains("up to 10^9"))
        #expect(try fault(Self.header + "4,100,30,5,9,1e300\n").line == 2)
    }

    @Test func knowsItsAxesAndWhetherEachCombinationIsThere() throws {
        let rows = ["2,100,30,5,9,8", "4,200,30,5,9,8", "4,100,30,5,9,8"]
        let sparse = try parse(Self.header + rows.joined(separator: "\n") + "\n")
        #expect(sparse.grid == ModeGrid(cores: [2, 4], cpuKHz: [100, 200], gpuHz: [30], emcHz: [5]))
        #expect(!sparse.isComplete)
        #expect(try parse(Self.header + (rows + ["2,200,30,5,1,1"]).joined(separator: "\n") + "\n").isComplete)
    }

    @Test func restrictsToAGridThatItHas() throws {
        let table = try parse(Self.header + "2,100,30,5,9,8\n4,100,30,5,9,8\n6,200,30,5,7,9\n")
        let grid = try #require(ModeGrid(cores: [2, 4], cpuKHz: [100], gpuHz: [30], emcHz: [5]))
        let part = try table.restricted(to: grid)
        #expect(part.rows.map(\.mode.cores) == [2, 4])
        #expect(part.grid == grid)
        let error = #expect(throws: TableError.self) { try table.restricted(to: .orinAGX441) }
        #expect(error?.problem.contains("0 of the 441 modes") == true)
    }

    @Test func thePapersGridHas441Modes() {
        #expect(ModeGrid.orinAGX441.count == 441)
        #expect(ModeGrid.orinAGX441.midpoint.description == "8_1344000_726750000_2133000000")
        for dimension in Dimension.allCases {
            #expect(ModeGrid.orinAGX441[dimension] == ModeGrid.orinAGX441[dimension].sorted())
        }
    }

    @Test(arguments: [
        ("", 1, "empty"),
        ("\n\n", 1, "empty"),
        ("cores,cpu,gpu,observed_time,observed_power\n", 1, "no column mem"),
        ("cores,cores,cpu,gpu,mem,observed_time,observed_power\n", 1, "column cores 2 times"),
        (header + "4,1,1,1,5,5\n4,2,1,1,5\n", 3, "5 fields"),
        (header + "4,1,1,1,5,5\n4,2,1,1,5,5,5\n", 3, "7 fields"),
        (header + "4,1,1,1,5,5\n4,2,1", 3, "3 fields"),
        (header + "4,1,1,1,nan,5\n", 2, "observed_time is \"nan\""),
        (header + "4,1,1,1,inf,5\n", 2, "observed_time is \"inf\""),
        (header + "4,1,1,1,1e999,5\n", 2, "observed_time is \"1e999\""),
        (header + "4,1,1,1,-5,5\n", 2, "observed_time is \"-5\""),
        (header + "4,1,1,1,0,5\n", 2, "observed_time is \"0\""),
        (header + "4,1,1,1,5,\n", 2, "observed_power is \"\""),
        (header + "4,1,1,1,5,-0.0\n", 2, "observed_power is \"-0.0\""),
        (header + "4.5,1,1,1,5,5\n", 2, "cores is \"4.5\""),
        (header + "4,1e6,1,1,5,5\n", 2, "cpu is \"1e6\""),
        (header + "4,1,0,1,5,5\n", 2, "gpu is \"0\""),
        (header + "4,1,1,99999999999999999999,5,5\n", 2, "mem is \"99999999999999999999\""),
        (header + "4,1,1,1,5,5\n\n4,2,1,1,5,5\n4,1,1,1,6,6\n", 5, "already on line 2"),
    ])
    func everyFaultNamesItsLine(text: String, line: Int, part: String) throws {
        let error = try fault(text)
        #expect(error.line == line)
        #expect(error.problem.contains(part), "\(error)")
        #expect(error.description.hasPrefix("t.csv, line \(line): "))
    }

    @Test func aHeaderAloneIsNoTable() throws {
        #expect(try fault(Self.header).problem.contains("no row"))
    }

    @Test func aFieldInAMessageIsBoundedAndEscaped() throws {
        let error = try fault(Self.header + "4,1,1,1,\u{1B}[31m" + String(repeating: "x", count: 500) + ",5\n")
        #expect(error.description.utf8.count < 250)
        #expect(!error.description.utf8.contains(0x1B))
    }

    @Test func boundsBytesRowsColumnsAndAxes() throws {
        let text = [UInt8]((Self.header + "1,1,1,1,5,5\n2,1,1,1,5,5\n3,1,1,1,5,5\n").utf8)
        func parse(byteLimit: Int, rowLimit: Int) throws -> TrainingTable {
            try TrainingTable(parsing: text, file: "t.csv", byteLimit: byteLimit, rowLimit: rowLimit)
        }
        #expect(try parse(byteLimit: text.count, rowLimit: 3).rows.count == 3)
        #expect(throws: TableError.self) { try parse(byteLimit: text.count - 1, rowLimit: 3) }
        let rows = #expect(throws: TableError.self) { try parse(byteLimit: text.count, rowLimit: 2) }
        #expect(rows?.line == 4)

        let commas = try fault(String(repeating: ",", count: 100_000) + "\n")
        #expect(commas.problem.contains("more than 256 columns"))

        let values = (1...(TrainingTable.axisLimit + 1)).map { "\($0),1,1,1,5,5\n" }.joined()
        #expect(try fault(Self.header + values).problem.contains("column cores has 4097"))
    }

    /// A damaged table is refused with a sentence or read as what it then says, and never traps.
    @Test func survivesMutations() throws {
        var rows = Self.header
        for cores in 1...3 {
            for cpu in 1...3 { rows += "\(cores),\(cpu)00,114750000,665600000,\(cores * 7).0670776367188,17.\(cpu)\n" }
        }
        let valid = [UInt8](rows.utf8)
        let interesting = [UInt8]("0123456789.,-+eE\n\r \"n\0".utf8) + [0x80, 0xEF, 0xFF]
        var generator = SeededGenerator(seed: 7)
        var refused = 0
        var accepted = 0
        for _ in 0..<4_000 {
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
            do {
                let table = try TrainingTable(parsing: bytes, file: "t.csv")
                accepted += 1
                for row in table.rows {
                    #expect(row.minibatchMilliseconds > 0 && row.minibatchMilliseconds.isFinite)
                    #expect(row.powerWatts > 0 && row.powerWatts.isFinite)
                    #expect(table.grid.contains(row.mode) && table[row.mode] == row)
                }
            } catch {
                refused += 1
                #expect(error.description.hasPrefix("t.csv"))
            }
        }
        // Both ways must occur, or the mutations test nothing.
        #expect(refused > 100 && accepted > 100)
    }
}
