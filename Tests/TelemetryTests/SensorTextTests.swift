import Testing

@testable import Telemetry

/// The texts that sensors parse, hostile ones among them.
@Suite("Sensor text")
struct SensorTextTests {
    private static let header = "CLIENT                        PROCESS      PID        SIZE\n"

    private func row(_ client: String, _ process: String, _ pid: String, _ size: String) -> String {
        func padded(_ text: String, _ width: Int, left: Bool = false) -> String {
            let blanks = String(repeating: " ", count: max(0, width - text.utf8.count))
            return left ? text + blanks : blanks + text
        }
        return padded(client, 18, left: true) + " " + padded(process, 18) + " " + padded(pid, 8) + " "
            + padded(size, 11) + "\n"
    }

    private func parse(_ text: String, skipsIndented: Bool = false) -> NvmapClients {
        var table = NvmapClients()
        table.parse(Array(text.utf8).span, skipsIndented: skipsIndented)
        return table
    }

    @Test("Clients of one process are summed, the kernel's are apart, units are powers of 1,024")
    func clients() {
        let table = parse(
            Self.header + row("user", "python3", "4711", "1024K") + row("user", "gnome-shell", "812", "3M")
                + row("nvgpu", "kernel", "0", "64K") + row("user", "python3", "4711", "7K")
                + row("total", "", "", "4167K"))
        #expect(
            table.processes == [
                GPUMemoryUse(pid: 812, bytes: 3 << 20), GPUMemoryUse(pid: 4711, bytes: 1_031 << 10),
            ])
        #expect(table.kernelBytes == 64 << 10)
        #expect(table.totalBytes == 4_167 << 10)
        #expect(table.bytes(ofPID: 4711) == 1_031 << 10)
        #expect(table.bytes(ofPID: 4710) == 0)
        #expect(table.bytes(ofPID: 4712) == 0)
    }

    @Test(
        "A process name cannot make a row or the total of its own, nor hide its row",
        arguments: [
            "two words", "9 1M", "total 1K", "\nu p 812 9999M", "x\nu p 812 99M", "a\ntotal 9999M", "\n", " ", "",
        ])
    func hostileNames(name: String) {
        let table = parse(
            Self.header + row("user", name, "4711", "5K") + row("user", "victim", "812", "3K")
                + row("total", "", "", "8K"))
        #expect(
            table.processes == [GPUMemoryUse(pid: 812, bytes: 3 << 10), GPUMemoryUse(pid: 4711, bytes: 5 << 10)])
        #expect(table.totalBytes == 8 << 10)
    }

    @Test(
        "What is no row is passed over",
        arguments: [
            ("user", "p", "4711", "5G"), ("user", "p", "4711", "5"), ("user", "p", "4711", "K"),
            ("user", "p", "-4711", "5K"), ("user", "p", "4294967296", "5K"), ("user", "p", "0x12", "5K"),
            ("user", "p", "4711", "-5K"), ("user", "p", "4711", "99999999999999999999K"),
            ("user", "p", "4711", "999999999999999999M"),
        ])
    func noRows(row: (String, String, String, String)) {
        #expect(parse(self.row(row.0, row.1, row.2, row.3)).processes.isEmpty)
    }

    @Test("A torn last line, no text, and text without line ends give no rows")
    func torn() {
        let whole = row("user", "python3", "4711", "1024K")
        for length in 0..<whole.utf8.count {
            #expect(parse(String(whole.prefix(length))).processes.isEmpty)
        }
        #expect(parse(whole).processes.count == 1)
        #expect(parse(String(repeating: "\n", count: 100)) == NvmapClients())
        #expect(parse(String(repeating: "7K ", count: 10_000)) == NvmapClients())
    }

    @Test("maps: mappings that are indented under a client are no clients")
    func maps() {
        let text = row("user", "python3", "4711", "1024K") + "          0x10000 0x2000      99       12K\n"
        #expect(parse(text, skipsIndented: true).processes == [GPUMemoryUse(pid: 4711, bytes: 1 << 20)])
    }

    @Test("A thousand processes in any order come out sorted; more than can be kept is said, and parsing again forgets")
    func many() {
        var generator = SeededGenerator(seed: 1)
        let pids = (1...1_000).shuffled(using: &generator)
        let table = parse(pids.map { row("user", "w", "\($0)", "\($0)K") }.joined())
        #expect(table.processes.map(\.pid) == (1...1_000).map { Int32($0) })
        #expect((1...1_000).allSatisfy { table.bytes(ofPID: $0) == UInt64($0) << 10 })
        #expect(!table.isOverfull)
        var again = parse((1...5_000).map { row("user", "w", "\($0)", "1K") }.joined())
        #expect(again.isOverfull)
        #expect(again.processes.count == NvmapClients.maximumProcesses)
        again.parse([UInt8]().span)
        #expect(again == NvmapClients())
    }

    @Test("Any bytes are parsed without a trap, and sizes never exceed what was written")
    func noise() {
        var generator = SeededGenerator(seed: 7)
        let alphabet = Array("0123456789 KMG\n\ttotal\u{0}u-x".utf8) + [0xff, 0x80]
        for _ in 0..<2_000 {
            let bytes = (0..<Int.random(in: 0...400, using: &generator)).map { _ in
                alphabet.randomElement(using: &generator) ?? 0
            }
            var table = NvmapClients()
            table.parse(bytes.span)
            #expect(table.processes.map(\.pid) == Set(table.processes.map(\.pid)).sorted())
            #expect(table.processes.allSatisfy { $0.pid > 0 })
            _ = MemoryInfo.nvmapBytes(bytes.span)
        }
    }

    @Test(
        "NvMapMemUsed in kB, or nothing",
        arguments: [
            ("MemTotal:       64 kB\nNvMapMemUsed:      1234 kB\nNvMapMemFree: 1 kB\n", 1_234 * 1_024 as UInt64?),
            ("NvMapMemUsed:0 kB\n", 0), ("NvMapMemUsed:      1234\n", nil), ("NvMapMemUsed:      1234 kB", nil),
            ("NvMapMemUsed:      -1 kB\n", nil), ("NvMapMemUsed: kB\n", nil), (" NvMapMemUsed: 1 kB\n", nil),
            ("NvMapMemUsed: 999999999999999999 kB\n", nil), ("MemTotal: 1 kB\n", nil), ("", nil),
        ])
    func meminfo(text: String, bytes: UInt64?) {
        #expect(MemoryInfo.nvmapBytes(Array(text.utf8).span) == bytes)
    }

    @Test(
        "One name for a zone on all releases",
        arguments: [
            ("CPU-therm", "cpu"), ("cpu-thermal", "cpu"), ("GPU-therm", "gpu"), ("gpu-thermal", "gpu"),
            ("CV0-therm", "cv0"), ("soc2-thermal", "soc2"), ("Tj", "tj"), ("tj-thermal", "tj"), ("AO-therm", "ao"),
            ("PLL-therm", "pll"), ("-therm", "-therm"), ("thermal-fan-est", "thermal-fan-est"),
        ])
    func zoneNames(type: String, name: String) {
        #expect(ThermalSensors.name(ofType: type) == name)
    }
}
