import Policy
import SystemCalls
import Testing

@testable import Board

@Suite struct RestoreTests {
    private let low = PowerMode(cores: 2, cpuKHz: 576_000, gpuHz: 306_000_000, emcHz: 665_600_000)
    private let high = PowerMode(cores: 12, cpuKHz: 1_497_600, gpuHz: 816_000_000, emcHz: 3_199_000_000)

    /// The 30 W preset: a cluster is off, and its clock is only seen once a mode needs it.
    private func thirtyWatts(vanish: Bool) -> FakeBoard.Stock {
        FakeBoard.Stock(
            cores: 8, cpuMin: 729_600, cpuMax: 1_728_000, gpuMax: 612_000_000, emc: 3_199_000_000,
            policiesVanish: vanish)
    }

    @Test(arguments: [false, true]) func bringsTheFirstStateBack(vanish: Bool) throws {
        let fake = try FakeBoard(thirtyWatts(vanish: vanish))
        let first = fake.kernel.snapshot
        let board = try fake.board()
        let journal = try fake.journal()
        for mode in [low, high, low] { _ = try board.apply(mode, journal: journal) }
        let report = try board.restore(journal)
        #expect(report.isComplete, "\(report.failures)")
        #expect(report.vanished.isEmpty)
        #expect(fake.kernel.snapshot == first)
        #expect(journal.isEmpty)
        #expect(!Directory.exists(fake.journalPath))
        #expect(fake.kernel.violations.isEmpty)
        #expect(try board.restore(journal) == RestoreReport(), "a second restore has nothing to do")
    }

    @Test(arguments: [false, true]) func afterAKillAtAnyWriteTheFirstStateComesBack(vanish: Bool) throws {
        var kills = 0
        while true {
            let fake = try FakeBoard(thirtyWatts(vanish: vanish))
            let first = fake.kernel.snapshot
            fake.kernel.change { $0.deadFrom = kills }
            let board = try fake.board()
            var completed = true
            do {
                let journal = try fake.journal()
                for mode in [low, high, low, high] { _ = try board.apply(mode, journal: journal) }
            } catch {
                completed = false
            }
            fake.kernel.change { $0.deadFrom = nil }
            let report = try fake.board().restore(try fake.journal())
            #expect(report.isComplete, "killed at write \(kills): \(report.failures)")
            #expect(fake.kernel.snapshot == first, "killed at write \(kills)")
            #expect(fake.kernel.violations.isEmpty, "killed at write \(kills)")
            #expect(!Directory.exists(fake.journalPath))
            if completed { break }
            kills += 1
        }
        #expect(kills > 50)
    }

    @Test func aKillDuringTheRestoreIsRestoredByTheNext() throws {
        var kills = 0
        while true {
            let fake = try FakeBoard(thirtyWatts(vanish: false))
            let first = fake.kernel.snapshot
            let board = try fake.board()
            let journal = try fake.journal()
            for mode in [low, high, low] { _ = try board.apply(mode, journal: journal) }
            fake.kernel.change { $0.deadFrom = $0.attempts + kills }
            let killed = try board.restore(journal)
            fake.kernel.change { $0.deadFrom = nil }
            if !killed.isComplete { #expect(Directory.exists(fake.journalPath), "failures keep the journal") }
            #expect(try fake.board().restore(try fake.journal()).isComplete)
            #expect(fake.kernel.snapshot == first, "killed at write \(kills)")
            if killed.isComplete { break }
            kills += 1
        }
        #expect(kills > 10)
    }

    @Test func goesOnAfterAFailureAndKeepsTheJournal() throws {
        let fake = try FakeBoard()
        let board = try fake.board()
        let journal = try fake.journal()
        _ = try board.apply(low, journal: journal)
        fake.kernel.change { $0.failing = $0.attempts }
        let report = try board.restore(journal)
        #expect(!report.isComplete)
        #expect(
            report.failures.contains { $0.contains("cpu2.online could not be switched on") && $0.contains("errno 5") })
        #expect(!journal.isEmpty)
        let mode = try board.effectiveMode()
        #expect(mode.cores == 11)
        #expect(mode.gpuHz == 1_300_500_000)
        #expect(try board.restore(journal).isComplete)
        #expect(try board.effectiveMode() == board.grid.highest)
    }

    @Test func aVanishedKnobIsTold() throws {
        let fake = try FakeBoard()
        let board = try fake.board()
        let journal = try fake.journal()
        _ = try board.apply(low, journal: journal)
        fake.remove("/sys/kernel/nvpmodel_clk_cap")
        let report = try board.restore(journal)
        #expect(report.isComplete)
        #expect(report.vanished.count == 1)
        #expect(report.vanished.first?.contains("/sys/kernel/nvpmodel_clk_cap/emc") == true)
        #expect(!Directory.exists(fake.journalPath))
    }

    @Test func aPathThatIsNoKnobIsNeverWritten() throws {
        let fake = try FakeBoard()
        let mask = "/sys/devices/platform/bus@0/17000000.gpu/tpc_pg_mask"
        let entries = [JournalEntry(knob: "gpu", role: .max, value: "240", path: mask, assumed: false)]
        try fake.put(
            "/run/fulcrumd/state/journal",
            String(decoding: JournalText.encode(board: "AGX Orin 64GB", entries), as: UTF8.self))
        let board = try fake.board()
        let journal = try fake.journal()
        let error = #expect(throws: BoardError.self) { try board.restore(journal) }
        #expect(error?.kind == .journalRefused)
        #expect(error?.description.contains(mask) == true)
        #expect(fake.kernel.writes.isEmpty)
        #expect(Directory.exists(fake.journalPath + ".corrupt-1"))
        #expect(journal.isEmpty)
    }

    @Test func anotherBoardsJournalIsNotUsed() throws {
        let fake = try FakeBoard()
        let entries = [
            JournalEntry(knob: "gpu", role: .max, value: "306000000", path: "\(FakeBoard.gpu)/max_freq", assumed: false)
        ]
        try fake.put(
            "/run/fulcrumd/state/journal",
            String(decoding: JournalText.encode(board: "AGX Orin 32GB", entries), as: UTF8.self))
        let board = try fake.board()
        let journal = try fake.journal()
        #expect(throws: BoardError.self) { try board.restore(journal) }
        #expect(throws: BoardError.self) { try board.apply(low, journal: journal) }
        #expect(fake.kernel.writes.isEmpty)
        #expect(Directory.exists(fake.journalPath))
    }

    @Test func valuesAboveTheHardwareAreNotWritten() throws {
        let fake = try FakeBoard()
        let entries = [
            JournalEntry(
                knob: "gpu", role: .max, value: "9000000000", path: "\(FakeBoard.gpu)/max_freq", assumed: false),
            JournalEntry(
                knob: "gpu", role: .control, value: "auto", path: "\(FakeBoard.gpu)/device/power/control",
                assumed: false),
        ]
        try fake.put(
            "/run/fulcrumd/state/journal",
            String(decoding: JournalText.encode(board: "AGX Orin 64GB", entries), as: UTF8.self))
        #expect(try fake.board().restore(try fake.journal()).isComplete)
        #expect(fake.kernel.writes.contains("17000000.gpu/max_freq=1300500000"))
        #expect(fake.kernel.violations.isEmpty)
    }
}
