import Policy
import SystemCalls
import Testing

@testable import Board

@Suite struct ApplyTests {
    private let low = PowerMode(cores: 4, cpuKHz: 576_000, gpuHz: 306_000_000, emcHz: 2_133_000_000)

    @Test func goingDownLowersMinBeforeMaxAndSwitchesCoresOffLast() throws {
        let fake = try FakeBoard()
        let board = try fake.board()
        let applied = try board.apply(low, journal: try fake.journal())
        #expect(
            fake.kernel.writes == [
                "policy0/scaling_min_freq=576000", "policy0/scaling_max_freq=576000",
                "power/control=on", "17000000.gpu/max_freq=306000000", "power/control=auto",
                "nvpmodel_clk_cap/emc=2133000000",
                "cpu11/online=0", "cpu10/online=0", "cpu9/online=0", "cpu8/online=0",
                "cpu7/online=0", "cpu6/online=0", "cpu5/online=0", "cpu4/online=0",
            ])
        #expect(applied == AppliedMode(requested: low, effective: low, adjustments: [], writes: 14))
        #expect(try board.effectiveMode() == low)
        #expect(fake.kernel.violations.isEmpty)
    }

    @Test func goingUpSwitchesCoresOnFirstAndRaisesMaxBeforeMin() throws {
        let fake = try FakeBoard()
        let board = try fake.board()
        let journal = try fake.journal()
        _ = try board.apply(low, journal: journal)
        fake.kernel.change { $0.writes = [] }
        let up = PowerMode(cores: 8, cpuKHz: 1_728_000, gpuHz: 612_000_000, emcHz: 3_199_000_000)
        #expect(try board.apply(up, journal: journal).effective == up)
        #expect(
            fake.kernel.writes == [
                "cpu4/online=1", "cpu5/online=1", "cpu6/online=1", "cpu7/online=1",
                "policy0/scaling_max_freq=1728000", "policy0/scaling_min_freq=729600",
                "policy4/scaling_max_freq=1728000",
                "power/control=on", "17000000.gpu/max_freq=612000000", "power/control=auto",
                "nvpmodel_clk_cap/emc=3199000000",
            ])
        #expect(fake.kernel.violations.isEmpty)
    }

    @Test func whatIsInForceIsNotWritten() throws {
        let fake = try FakeBoard()
        let board = try fake.board()
        let journal = try fake.journal()
        #expect(try board.apply(board.grid.highest, journal: journal).writes == 0)
        _ = try board.apply(low, journal: journal)
        #expect(try board.apply(low, journal: journal).writes == 0)
        var next = low
        next.emcHz = 665_600_000
        #expect(try board.apply(next, journal: journal).writes == 1)
    }

    @Test func aThrottleIsNotTakenForOurOwnCap() throws {
        let fake = try FakeBoard()
        let board = try fake.board()
        let journal = try fake.journal()
        var mode = board.grid.highest
        mode.gpuHz = 1_224_000_000
        _ = try board.apply(mode, journal: journal)
        fake.kernel.change { $0.gpuLimit = 612_000_000 }
        try fake.put("/sys/class/thermal/cooling_device3/type", "devfreq-17000000.gpu\n")
        try fake.put("/sys/class/thermal/cooling_device3/cur_state", "4\n")
        try fake.kernel.settle()
        mode.gpuHz = 612_000_000
        fake.kernel.change { $0.writes = [] }
        #expect(try board.apply(mode, journal: journal).adjustments.isEmpty)
        #expect(
            fake.kernel.writes.contains("17000000.gpu/max_freq=612000000"),
            "the read-back equals the target, our request does not")
        mode.gpuHz = 918_000_000
        let applied = try board.apply(mode, journal: journal)
        #expect(applied.effective.gpuHz == 612_000_000)
        #expect(applied.adjustments.map(\.cause) == [.limited("cooling device devfreq-17000000.gpu in state 4")])

        // Known as throttled while it lasts, and nobody's write when it ends.
        #expect(board.limitations().map(\.knob) == ["gpu"])
        #expect(board.limitations().map(\.effective) == [612_000_000])
        #expect(board.foreignWrites().isEmpty)
        fake.kernel.change { $0.gpuLimit = Int.max }
        try fake.put("/sys/class/thermal/cooling_device3/cur_state", "0\n")
        try fake.kernel.settle()
        #expect(board.limitations().isEmpty)
        #expect(board.foreignWrites().isEmpty, "our own request is in force again")
    }

    @Test func aKnobThatSomebodyElseSetIsKeptAtARestore() throws {
        let fake = try FakeBoard()
        let board = try fake.board()
        let journal = try fake.journal()
        let stock = try board.effectiveMode()
        _ = try board.apply(board.grid.lowest, journal: journal)
        let report = try board.restore(journal, keeping: ["gpu"])
        #expect(report.isComplete && journal.isEmpty)
        #expect(report.notes == ["gpu stays as it is, since somebody else has set it."])
        var expected = stock
        expected.gpuHz = board.grid.lowest.gpuHz
        #expect(try board.effectiveMode() == expected)
    }

    @Test func betweenOperatingPointsTheLowerIsTakenAndTold() throws {
        let fake = try FakeBoard()
        let board = try fake.board()
        let asked = PowerMode(cores: 12, cpuKHz: 1_200_000, gpuHz: 520_000_000, emcHz: Int.max)
        let applied = try board.apply(asked, journal: try fake.journal())
        #expect(applied.effective == PowerMode(cores: 12, cpuKHz: 1_190_400, gpuHz: 510_000_000, emcHz: 3_199_000_000))
        #expect(applied.requested == asked)
        #expect(applied.adjustments.map(\.knob) == ["gpu", "emc", "cpu.policy0", "cpu.policy4", "cpu.policy8"])
        #expect(applied.adjustments.allSatisfy { $0.cause == .roundedDown })
    }

    @Test func effectiveBelowRequestedIsReported() throws {
        let fake = try FakeBoard()
        let board = try fake.board()
        fake.kernel.change { $0.emcLimit = 2_133_000_000 }
        var mode = low
        mode.emcHz = 204_000_000
        let journal = try fake.journal()
        _ = try board.apply(mode, journal: journal)
        mode.emcHz = 3_199_000_000
        let applied = try board.apply(mode, journal: journal)
        #expect(applied.effective.emcHz == 2_133_000_000)
        #expect(
            applied.adjustments == [
                Adjustment(knob: "emc", requested: 3_199_000_000, effective: 2_133_000_000, cause: .unexplained)
            ])
    }

    @Test func waitsForTheWorkItemOfCpufreq() throws {
        let fake = try FakeBoard()
        let board = try fake.board()
        fake.kernel.change { $0.lag = 3 }
        let applied = try board.apply(low, journal: try fake.journal())
        #expect(applied.adjustments.isEmpty)
        #expect(fake.kernel.state.withLock { $0.pauses } == 3)
    }

    @Test func clusterThatWasHiddenIsFoundWhenItComesOn() throws {
        var stock = FakeBoard.Stock()
        stock.cores = 4
        stock.policiesVanish = true
        let fake = try FakeBoard(stock)
        let board = try fake.board()
        #expect(board.missingKnobs.map(\.name) == ["cpu.policy4"])
        let mode = PowerMode(cores: 12, cpuKHz: 729_600, gpuHz: 306_000_000, emcHz: 3_199_000_000)
        let applied = try board.apply(mode, journal: try fake.journal())
        #expect(applied.adjustments.isEmpty)
        #expect(fake.kernel.writes.contains("policy8/scaling_max_freq=729600"))
        #expect(board.missingKnobs.isEmpty)
    }

    @Test(arguments: [
        PowerMode(cores: 0, cpuKHz: 729_600, gpuHz: 306_000_000, emcHz: 204_000_000),
        PowerMode(cores: 4, cpuKHz: 115_199, gpuHz: 306_000_000, emcHz: 204_000_000),
        PowerMode(cores: 4, cpuKHz: 729_600, gpuHz: 1, emcHz: 204_000_000),
        PowerMode(cores: 4, cpuKHz: 729_600, gpuHz: 306_000_000, emcHz: Int.min),
    ])
    func impossibleModesTouchNothing(mode: PowerMode) throws {
        let fake = try FakeBoard()
        let board = try fake.board()
        let journal = try fake.journal()
        let error = #expect(throws: BoardError.self) { try board.apply(mode, journal: journal) }
        #expect(error?.kind == .invalidMode)
        #expect(fake.kernel.writes.isEmpty)
        #expect(journal.isEmpty)
    }

    @Test func moreCoresThanThereAreBecomeAll() throws {
        let fake = try FakeBoard()
        let board = try fake.board()
        var mode = board.grid.highest
        mode.cores = 64
        let applied = try board.apply(mode, journal: try fake.journal())
        #expect(applied.effective.cores == 12)
        #expect(applied.adjustments.map(\.knob) == ["cores"])
    }

    @Test func refusedWriteIsRolledBackAtEveryPosition() throws {
        let counts = try FakeBoard()
        let warm = PowerMode(cores: 8, cpuKHz: 1_728_000, gpuHz: 612_000_000, emcHz: 665_600_000)
        let board = try counts.board()
        let journal = try counts.journal()
        _ = try board.apply(low, journal: journal)
        let positions = try board.apply(warm, journal: journal).writes + board.apply(low, journal: journal).writes
        #expect(positions > 20)
        var failures = 0
        for takesEffect in [false, true] {
            for start in [low, warm] {
                let end = start == low ? warm : low
                for position in 0..<positions {
                    let fake = try FakeBoard()
                    let board = try fake.board()
                    let journal = try fake.journal()
                    _ = try board.apply(start, journal: journal)
                    let before = fake.kernel.snapshot
                    fake.kernel.change {
                        $0.failing = $0.attempts + position
                        $0.failingTakesEffect = takesEffect
                    }
                    do {
                        _ = try board.apply(end, journal: journal)
                    } catch {
                        failures += 1
                        #expect(error.kind == .writeFailed)
                        #expect(error.description.contains("Setting knob "))
                        #expect(error.description.contains("\(fake.root)/sys/"))
                        #expect(error.description.contains("(errno 5)"))
                        #expect(fake.kernel.snapshot == before, "after a refusal of write \(position): \(error)")
                        #expect(try board.effectiveMode() == start)
                        fake.kernel.change { $0.failing = nil }
                        #expect(try board.apply(end, journal: journal).effective == end)
                    }
                    #expect(fake.kernel.violations.isEmpty)
                }
            }
        }
        #expect(failures == 2 * positions)
    }

    @Test func aKnobThatRefusesEverythingLeavesTheOthersAsTheyWere() throws {
        let fake = try FakeBoard()
        let board = try fake.board()
        let before = fake.kernel.snapshot
        fake.kernel.change { $0.broken = "/sys/kernel/nvpmodel_clk_cap/emc" }
        let journal = try fake.journal()
        let error = #expect(throws: BoardError.self) { try board.apply(low, journal: journal) }
        #expect(error?.description.hasSuffix("The 5 writes before it were put back.") == true)
        #expect(fake.kernel.snapshot == before)
    }

    @Test func aFailedRollBackIsTold() throws {
        let fake = try FakeBoard()
        let board = try fake.board()
        let journal = try fake.journal()
        fake.kernel.change { $0.deadFrom = 3 }
        let error = #expect(throws: BoardError.self) { try board.apply(low, journal: journal) }
        let text = try #require(error).description
        #expect(text.contains("Putting knob gpu back to auto failed as well."))
        #expect(text.contains("Putting knob cpu.policy0 back to 2201600 failed as well."))
        #expect(Directory.exists(fake.journalPath), "the journal still holds what is to be restored")
    }

    @Test func foreignWritesAreTold() throws {
        let fake = try FakeBoard()
        let board = try fake.board()
        #expect(board.foreignWrites().isEmpty)
        _ = try board.apply(low, journal: try fake.journal())
        #expect(board.foreignWrites().isEmpty)
        fake.kernel.change { $0.requests["\(FakeBoard.gpu)/max_freq"] = 918_000_000 }
        try fake.kernel.settle()
        let found = board.foreignWrites()
        #expect(found.map(\.knob) == ["gpu"])
        #expect(found.first?.ours == "306000000")
        #expect(found.first?.now == "918000000")
        #expect(found.first?.limiter == nil)
        #expect(
            try board.apply(low, journal: try fake.journal()).effective == low, "the read-back shows that it must write"
        )
    }
}
