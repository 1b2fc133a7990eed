import Glibc
import Policy
import SystemCalls
import Testing

@testable import Board

@Suite struct JournalTests {
    private let mode = PowerMode(cores: 4, cpuKHz: 576_000, gpuHz: 306_000_000, emcHz: 665_600_000)

    @Test func liesOnDiskBeforeTheFirstWrite() throws {
        let fake = try FakeBoard()
        let path = fake.journalPath
        let early = Early(path)
        fake.kernel.change { $0.observer = { early.look() } }
        _ = try fake.board().apply(mode, journal: try fake.journal())
        let text = String(decoding: try #require(early.content), as: UTF8.self)
        #expect(text.hasPrefix("fulcrum-journal 1\nboard AGX Orin 64GB\n"))
        #expect(
            text.contains("value cpu.policy8 max 2201600 /sys/devices/system/cpu/cpufreq/policy8/scaling_max_freq\n"))
        #expect(text.contains("value gpu control auto /sys/class/devfreq/17000000.gpu/device/power/control\n"))
        #expect(text.contains("value emc max 3199000000 /sys/kernel/nvpmodel_clk_cap/emc\n"))
        #expect(!text.contains("cpu0.online"))
        #expect(text.split(separator: "\n").count == 2 + 11 + 6 + 3 + 1 + 1)
    }

    /// Sees the journal as it is when the first knob is written.
    private final class Early: @unchecked Sendable {
        let path: String
        var content: [UInt8]?
        var looked = false
        init(_ path: String) { self.path = path }
        func look() {
            if looked { return }
            looked = true
            content = try? SmallFile.bytes(path)
        }
    }

    @Test func isNotOverwrittenByWhatWeSet() throws {
        let fake = try FakeBoard()
        _ = try fake.board().apply(mode, journal: try fake.journal())
        let first = try SmallFile.bytes(fake.journalPath)
        let board = try fake.board()
        _ = try board.apply(board.grid.midpoint, journal: try fake.journal())
        #expect(try SmallFile.bytes(fake.journalPath) == first)
    }

    @Test func isExtendedByAClusterThatComesOn() throws {
        var stock = FakeBoard.Stock()
        stock.cores = 4
        stock.cpuMax = 1_113_600
        let fake = try FakeBoard(stock)
        let board = try fake.board()
        let journal = try fake.journal()
        _ = try board.apply(mode, journal: journal)
        let first = journal.entries
        #expect(!first.contains { $0.knob == "cpu.policy4" })
        var more = mode
        more.cores = 8
        _ = try board.apply(more, journal: journal)
        #expect(Array(journal.entries.prefix(first.count)) == first)
        #expect(
            journal.entries.dropFirst(first.count).map { "\($0.knob) \($0.role) \($0.value)" } == [
                "cpu.policy4 min 729600", "cpu.policy4 max 1113600",
            ])
        #expect(try fake.journal().entries == journal.entries)
    }

    @Test func journalsTheTopPointOfAThrottledClock() throws {
        let fake = try FakeBoard()
        try fake.put("/sys/class/thermal/cooling_device0/type", "pwm-fan\n")
        try fake.put("/sys/class/thermal/cooling_device0/cur_state", "2\n")
        try fake.put("/sys/class/thermal/cooling_device1/type", "cpufreq-cpu0\n")
        try fake.put("/sys/class/thermal/cooling_device1/cur_state", "5\n")
        fake.kernel.change {
            $0.cpuLimit = 1_113_600
            $0.gpuLimit = 918_000_000
        }
        try fake.kernel.settle()
        let board = try fake.board()
        let journal = try fake.journal()
        _ = try board.apply(mode, journal: journal)
        let cpu = try #require(journal.entries.first { $0.knob == "cpu.policy0" && $0.role == .max })
        #expect(cpu.assumed && cpu.value == "2201600")
        let gpu = try #require(journal.entries.first { $0.knob == "gpu" && $0.role == .max })
        #expect(!gpu.assumed && gpu.value == "918000000", "no cooling device explains the GPU's cap")
        let report = try board.restore(journal)
        #expect(report.isComplete)
        #expect(report.notes.count == 3, "three clusters are throttled still: \(report.notes)")
        #expect(fake.kernel.snapshot.requests["/sys/devices/system/cpu/cpufreq/policy0/scaling_max_freq"] == 2_201_600)
    }

    @Test func cannotBeStoredMeansNoKnobIsTouched() throws {
        let fake = try FakeBoard()
        try fake.put("/run/fulcrumd", "a file where a directory should be")
        let board = try fake.board()
        let journal = try Journal.load("\(fake.root)/run/elsewhere/journal")
        try fake.put("/run/elsewhere/journal.new/x", "")
        let error = #expect(throws: BoardError.self) { try board.apply(mode, journal: journal) }
        #expect(error?.kind == .journalNotStored)
        #expect(fake.kernel.writes.isEmpty)
    }

    /// A journal short enough to try every way of damaging it.
    private var short: [UInt8] {
        let entries = [
            JournalEntry(knob: "cpu1.online", role: .online, value: "1", path: "/sys/a/online", assumed: false),
            JournalEntry(knob: "cpu.policy0", role: .max, value: "2201600", path: "/sys/a/max", assumed: true),
            JournalEntry(knob: "gpu", role: .control, value: "auto", path: "/sys/b/control", assumed: false),
            JournalEntry(knob: "emc", role: .max, value: "-1", path: "/sys/c", assumed: false),
        ]
        return JournalText.encode(board: "AGX Orin 64GB", entries)
    }

    @Test func cutAtAnyByteItIsRefused() throws {
        _ = try JournalText.decode(short)
        for length in 0..<short.count {
            #expect(throws: JournalText.Refusal.self, "cut to \(length) bytes") {
                try JournalText.decode(Array(short[..<length]))
            }
        }
    }

    @Test func anyFlippedBitIsFound() throws {
        for index in short.indices {
            for bit in 0..<8 {
                var altered = short
                altered[index] ^= 1 << UInt8(bit)
                #expect(throws: JournalText.Refusal.self, "bit \(bit) of byte \(index)") {
                    try JournalText.decode(altered)
                }
            }
        }
    }

    @Test func damagedFilesAreKeptAsideAndNothingIsWritten() throws {
        let fake = try FakeBoard()
        _ = try fake.board().apply(mode, journal: try fake.journal())
        fake.kernel.change { $0.writes = [] }
        let whole = String(decoding: try SmallFile.bytes(fake.journalPath), as: UTF8.self)
        let damaged = [String(whole.prefix(whole.count / 2)), "", String(repeating: "x", count: 70_000)]
        for (number, text) in damaged.enumerated() {
            try fake.put("/run/fulcrumd/state/journal", text)
            let error = #expect(throws: BoardError.self) { try fake.journal() }
            #expect(error?.kind == .journalRefused)
            #expect(error?.description.contains(fake.journalPath) == true)
            #expect(Directory.exists(fake.journalPath + ".corrupt-\(number + 1)"))
            #expect(try fake.journal().isEmpty)
        }
        #expect(fake.kernel.writes.isEmpty)
    }

    @Test(arguments: [
        ("value gpu max 1 /etc/passwd", 3), ("value cpu1.online online 2 /sys/x", 3), ("value gpu max 1e9 /sys/x", 3),
        ("value gpu control off /sys/x", 3), ("value gpu pg_mask 240 /sys/x", 3), ("value gpu max +5 /sys/x", 3),
        ("value gpu max 99999999999999999999 /sys/x", 3), ("value gpu max 5 /sys/x extra", 3), ("", 3),
        ("value gpu max 5 /sys/x\nvalue gpu max 6 /sys/x", 4), ("value gpu max 5 /sys/\u{e9}", 3),
    ])
    func hostileLinesAreRefusedWithTheirNumber(lines: String, number: Int) {
        let body = Array("fulcrum-journal 1\nboard AGX Orin 64GB\n\(lines)\n".utf8)
        let sum = String(CRC32.checksum(body), radix: 16)
        let padded = String(repeating: "0", count: 8 - sum.count) + sum
        let error = #expect(throws: JournalText.Refusal.self) {
            try JournalText.decode(body + Array("checksum \(padded)\n".utf8))
        }
        #expect(error?.line == number)
    }

    /// Journals that are on boards already must be read after an update.
    @Test func theBytesAreThoseOfTheFormat() throws {
        let entry = JournalEntry(
            knob: "gpu", role: .max, value: "1300500000", path: "/sys/class/devfreq/17000000.gpu/max_freq",
            assumed: false)
        let text = String(decoding: JournalText.encode(board: "AGX Orin 64GB", [entry]), as: UTF8.self)
        #expect(
            text == """
                fulcrum-journal 1
                board AGX Orin 64GB
                value gpu max 1300500000 /sys/class/devfreq/17000000.gpu/max_freq
                checksum 85340bdb

                """)
    }

    @Test func textSurvivesARoundTrip() throws {
        let entries = [
            JournalEntry(knob: "gpu", role: .max, value: "-1", path: "/sys/a", assumed: false),
            JournalEntry(knob: "emc", role: .max, value: "9223372036854775807", path: "/sys/b", assumed: true),
        ]
        let decoded = try JournalText.decode(JournalText.encode(board: "AGX Orin 64GB", entries))
        #expect(decoded.board == "AGX Orin 64GB")
        #expect(decoded.entries == entries)
    }
}
