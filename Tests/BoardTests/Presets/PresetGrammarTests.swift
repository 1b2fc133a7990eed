import Glibc
import SystemCalls
import Testing

@testable import Board

/// Each liberty that shipped files take, and each fault with its line.
@Suite struct PresetGrammarTests {
    private static let complete = """
        < PARAM TYPE=FILE NAME=CPU_ONLINE >
        CORE_0 /sys/devices/system/cpu/cpu0/online
        CORE_1 /sys/devices/system/cpu/cpu1/online
        < PARAM TYPE=CLOCK NAME=GPU >
        MAX_FREQ /sys/class/devfreq/17000000.gpu/max_freq
        < POWER_MODEL ID=7 NAME=ONE >
        CPU_ONLINE CORE_1 0
        GPU MAX_FREQ 306000000
        < PM_CONFIG DEFAULT=7 >
        """

    private func parse(_ text: String) throws -> PresetFile {
        try PresetFile(parsing: Array(text.utf8), file: "test.conf")
    }

    /// `complete` with one line in place of another.
    private func replacing(_ number: Int, with line: String) -> String {
        var lines = Self.complete.split(separator: "\n").map(String.init)
        lines[number - 1] = line
        return lines.joined(separator: "\n")
    }

    @Test(arguments: [
        "<POWER_MODEL ID=7 NAME=ONE>", "<   POWER_MODEL\tID=7   NAME=ONE\t>", "< POWER_MODEL NAME=ONE ID=7 >",
        "  < POWER_MODEL ID=7 NAME=ONE >  ", "< POWER_MODEL ID=007 NAME=ONE >", "< POWER_MODEL ID = 7 NAME= ONE >",
        "< POWER_MODEL ID=7 NAME=ONE > # note", "#\n\n \t\n< POWER_MODEL ID=7 NAME=ONE >\r",
        "< POWER_MODEL ID=7 NAME=ONE >\n# <",
    ])
    func acceptsHeaders(line: String) throws {
        let file = try parse(replacing(6, with: line))
        #expect(file.presets.map(\.id) == [7])
        #expect(file.presets[0].name == "ONE")
        #expect(file.presets[0].settings.count == 2)
        #expect(file.remarks.isEmpty)
    }

    @Test(arguments: [
        "GPU  MAX_FREQ   306000000", "\tGPU\tMAX_FREQ\t306000000", "GPU MAX_FREQ 306000000 # why",
        "GPU MAX_FREQ 306000000\t \r",
        "GPU MAX_FREQ 0306000000",
    ])
    func acceptsBlanksBetweenFields(line: String) throws {
        #expect(try parse(replacing(8, with: line)).presets[0].limits.gpuHz == 306_000_000)
    }

    @Test func acceptsWindowsLineEndsAndAByteOrderMark() throws {
        let windows = "\u{FEFF}" + Self.complete.split(separator: "\n").joined(separator: "\r\n") + "\r\n"
        let (file, plain) = (try parse(windows), try parse(Self.complete))
        #expect(file == plain)
    }

    @Test func acceptsAnyBytesInComments() throws {
        var bytes = Array("# Copyright ".utf8) + [0xA9, 0x00, 0xFF]
        bytes += [UInt8](repeating: 0x80, count: 5_000)
        bytes += Array(("\n" + replacing(8, with: "GPU MAX_FREQ 1 # ")).utf8)
        let end = try #require(bytes.firstIndex(of: UInt8(ascii: "G")))
        #expect(end > 5_000)
        #expect(try PresetFile(parsing: bytes, file: "test.conf").presets[0].settings[1].line == 9)
    }

    @Test func keepsAHashInsideAName() throws {
        let file = try parse(replacing(6, with: "< POWER_MODEL ID=7 NAME=ONE#2 >"))
        #expect(file.presets[0].name == "ONE#2")
    }

    /// The typing error of NVIDIA's files: right inside one file.
    @Test func matchesMisspeltNamesInsideTheFile() throws {
        let text = """
            < POWER_MODEL ID=3 NAME=A >
            NALL_PVA_VPS MAX_FREQ 100
            < PM_CONFIG DEFAULT=3 >
            < PARAM TYPE=CLOCK NAME=NALL_PVA_VPS >
            MAX_FREQ /sys/devices/platform/13e10000.host1x/16000000.pva0/acm/clk_cap/nafll_pva_vps
            """
        #expect(try parse(text).presets[0].settings.map(\.knob) == [.other])
        #expect(throws: PresetFileError.self) { try parse(text.replacing("NAME=NALL_", with: "NAME=NAFLL_")) }
    }

    @Test func passesOverWhatItDoesNotKnow() throws {
        let file = try parse(
            Self.complete + """

                < FAN_CONFIG DEFAULT=quiet >
                one two three four five
                < PARAM TYPE=CLUSTER NAME=CPUS >
                LEFT /sys/left
                RIGHT /sys/right name
                < POWER_MODEL ID=9 NAME=TWO COLOUR=red >
                CPUS RIGHT 5
                """)
        #expect(file.remarks.map(\.line) == [10, 12, 15])
        #expect(file.remarks[0].text.contains("FAN_CONFIG"))
        #expect(file.remarks[1].text.contains("CLUSTER"))
        #expect(file.remarks[2].text.contains("COLOUR"))
        #expect(file.parameter(named: "CPUS")?.kind == .other("CLUSTER"))
        #expect(file.preset(id: 9)?.settings.first?.value == .text("5"))
        #expect(file.preset(id: 8) == nil)
    }

    @Test func joinsAParameterThatIsDefinedInTwoPlaces() throws {
        let file = try parse(
            Self.complete + """

                <PARAM TYPE=CLOCK NAME=GPU>
                MAX_FREQ /sys/class/devfreq/17000000.gpu/max_freq
                MIN_FREQ_KNEXT /sys/class/devfreq/17000000.gpu/min_freq
                """)
        #expect(file.parameters.count == 2)
        let minimum = try #require(file.parameter(named: "GPU")?[argument: "MIN_FREQ"])
        #expect(minimum.path == nil)
        #expect(minimum.nextKernelPath != nil)
    }

    @Test(arguments: [
        (1, "CORE_0 /sys", "before the first section"), (1, "< PARAM TYPE=FILE NAME=CPU_ONLINE", "no closing \">\""),
        (1, "< PARAM TYPE=FILE NAME=CPU_ONLINE > x", "\"x\" follows"), (1, "< >", "PARAM, POWER_MODEL or PM_CONFIG"),
        (1, "< PARAM NAME=CPU_ONLINE >", "no TYPE"), (1, "< PARAM TYPE= NAME=CPU_ONLINE >", "KEY=VALUE"),
        (1, "< PARAM TYPE=FILE TYPE=FILE NAME=CPU_ONLINE >", "TYPE twice"), (1, "< PARAM TYPE NAME >", "KEY=VALUE"),
        (1, "< PARAM = FILE NAME=A >", "KEY=VALUE"), (4, "< PARAM TYPE=CLOCK NAME=CPU_ONLINE >", "on line 1"),
        (2, "CORE_0", "1 fields; ARG_NAME PATH"), (2, "CORE_0 /sys/a b", "3 fields"),
        (2, "CORE_0 sys/a", "starts with"),
        (2, "CORE_0 /sys/../etc/passwd", "no \"..\""), (2, "CORE_0 /", "starts with"),
        (3, "CORE_0 /sys/other", "in this PARAM already"), (6, "< POWER_MODEL ID=-1 NAME=ONE >", "from 0 to 65535"),
        (6, "< POWER_MODEL ID=99999999999999999999 NAME=ONE >", "from 0 to 65535"),
        (6, "< POWER_MODEL ID=7 >", "no NAME"),
        (7, "CPU_ONLINE CORE_1", "2 fields; PARAM_NAME ARG_NAME VALUE"), (7, "CPU_ONLINE CORE_1 0 1", "4 fields"),
        (7, "CPU_ONLINE CORE_1 2", "0 (off) or 1 (on)"), (7, "CPU_OFFLINE CORE_1 0", "CPU_ONLINE, GPU"),
        (7, "CPU_ONLINE CORE_2 0", "CORE_0, CORE_1"), (8, "GPU MAX_FREQ 306MHz", "-1 (no cap) or a whole number"),
        (8, "GPU MAX_FREQ -2", "-1 (no cap)"), (8, "GPU MAX_FREQ +1", "-1 (no cap)"),
        (8, "GPU MAX_FREQ 9223372036854775808", "9223372036854775807"), (8, "GPU MAX_FREQ 1\u{1B}[31m", "0x1B"),
        (8, "GPU MÀX_FREQ 1", "0xC3"), (9, "< PM_CONFIG DEFAULT=8 >", "expected: 7"),
        (9, "< PM_CONFIG DEFAULT=7 >\nGPU MAX_FREQ 1", "below PM_CONFIG"), (9, "< PM_CONFIG >", "no DEFAULT"),
        (9, "< PM_CONFIG DEFAULT=7 >\n< PM_CONFIG DEFAULT=7 >", "on line 9"),
        (9, "< PM_CONFIG DEFAULT=7 >\n< POWER_MODEL ID=7 NAME=TWO >", "on line 6"),
    ])
    func namesFileAndLine(line: Int, text: String, expected: String) throws {
        let error = #expect(throws: PresetFileError.self) { try parse(replacing(line, with: text)) }
        let found = try #require(error)
        #expect(found.line == line + text.count { $0 == "\n" })
        #expect(found.description.hasPrefix("test.conf, line \(found.line ?? 0): "))
        #expect(found.problem.contains(expected), "\(found)")
        #expect(found.problem.hasSuffix("."))
        #expect(found.description.utf8.allSatisfy { (0x20...0x7E).contains($0) }, "\(found)")
    }

    @Test(arguments: [
        ("", "no mode"), ("# nothing\n", "no mode"),
        ("< POWER_MODEL ID=0 NAME=A >", "DEFAULT=... >, which is mandatory"),
    ])
    func namesTheFileWhereNoLineIsMeant(text: String, expected: String) throws {
        let error = try #require(#expect(throws: PresetFileError.self) { try parse(text) })
        #expect(error.line == nil)
        #expect(error.description.hasPrefix("test.conf: The file"))
        #expect(error.problem.contains(expected))
    }

    @Test func aCurrentLimitNeedsDirectoryAndFile() throws {
        for fields in ["/sys/a", "/sys/a b c", "/sys/a ../b", "/sys/a .."] {
            let error = try #require(
                #expect(throws: PresetFileError.self) { try parse("< PARAM TYPE=HWMON NAME=LIMIT >\nWARN \(fields)") })
            #expect(error.line == 2)
        }
    }

    @Test func boundsWhatItTakes() throws {
        #expect(throws: PresetFileError.self) {
            try parse(replacing(8, with: "GPU MAX_FREQ " + String(repeating: "1", count: 2_000)))
        }
        #expect(throws: PresetFileError.self) {
            try parse(replacing(1, with: "< PARAM" + String(repeating: " =", count: 100) + ">"))
        }
        let many: [(String, String)] = [
            ((0...512).map { "<PARAM TYPE=FILE NAME=P\($0)>\n" }.joined(), "512 PARAM"),
            ("<PARAM TYPE=FILE NAME=P>\n" + (0...256).map { "A\($0) /a\n" }.joined(), "256 arguments"),
            ((0...256).map { "<POWER_MODEL ID=\($0) NAME=P>\n" }.joined(), "256 POWER_MODEL"),
            ("<POWER_MODEL ID=0 NAME=P>\n" + String(repeating: "A B C\n", count: 4_097), "4096 lines"),
        ]
        for (text, expected) in many {
            let error = try #require(#expect(throws: PresetFileError.self) { try parse(text) })
            #expect(error.line == text.split(separator: "\n").count, "\(error)")
            #expect(error.problem.contains(expected), "\(error)")
        }
        let bytes = [UInt8](repeating: UInt8(ascii: "\n"), count: PresetFile.byteLimit + 1)
        let error = #expect(throws: PresetFileError.self) { try PresetFile(parsing: bytes, file: "test.conf") }
        #expect(error?.line == nil)
        #expect(error?.problem.contains("262144") == true)
    }

    @Test func readsAFile() throws {
        let path = "/tmp/nvpmodel-\(getpid()).conf"
        defer { _ = unlink(path) }
        try SmallFile.replaceAtomically(path, with: Array(Self.complete.utf8))
        let file = try PresetFile(contentsOf: path)
        #expect(file.file == path)
        #expect(file.presets == (try parse(Self.complete)).presets)
    }

    @Test func saysWhichFileCouldNotBeRead() throws {
        let error = try #require(
            #expect(throws: PresetFileError.self) { try PresetFile(contentsOf: "/nonexistent/nvpmodel.conf") })
        #expect(error.line == nil)
        #expect(error.description.contains("/nonexistent/nvpmodel.conf"))
        #expect(error.description.contains("No such file"))
    }
}
