import Policy
import Testing
import VirtualFiles

@testable import VirtualJetson

@Suite("Knobs") struct KnobTests {
    @Test("Limits aggregate over requesters, and a maximum below the minimum wins")
    func aggregation() {
        var limits = FrequencyLimits(table: [100, 200, 300, 400], liftsMaximum: true)
        limits.setMinimum(200, by: .user)
        limits.setMaximum(350, by: .user)
        #expect((limits.effectiveMinimum, limits.effectiveMaximum) == (200, 350))
        #expect((limits.lowestAllowed, limits.highestAllowed) == (200, 300))
        limits.setMaximum(150, by: .thermal)
        #expect((limits.effectiveMinimum, limits.effectiveMaximum) == (150, 150))
        #expect((limits.lowestAllowed, limits.highestAllowed) == (100, 100))
        limits.setMaximum(nil, by: .thermal)
        #expect((limits.effectiveMinimum, limits.effectiveMaximum) == (200, 350))
        limits.setMaximum(1, by: .user)
        #expect(limits.effectiveMaximum == 100)
    }

    @Test("Presets boot into their clocks; 30 W is the default")
    func presets() {
        let board = BoardDescription.agxOrin64GB
        let modes = board.presets.map { Knobs(board, preset: $0).clocks.working.description }
        #expect(
            modes == [
                "12_2201600_1300500000_3199000000", "4_1113600_408000000_2133000000", "8_1728000_612000000_3199000000",
                "12_1497600_816000000_3199000000",
            ])
        #expect(board.defaultPreset == "30w")
    }

    @Test("The kernel's two ways to read a number")
    func numbers() throws {
        #expect(try KernelNumber.leadingUnsigned(" 42kHz") == 42)
        #expect(try KernelNumber.leadingUnsigned("99999999999999999999999") == Int.max)
        for text in ["", "-1", "x1"] { #expect(throws: Rejection.self) { try KernelNumber.leadingUnsigned(text) } }
        for text in ["", "-1", "1x", "99999999999999999999999"] {
            #expect(throws: Rejection.self) { try KernelNumber.whole(text) }
        }
        #expect(KernelNumber.list([0, 1, 2, 5, 7, 8]) == "0-2,5,7-8")
    }

    @Test("A board has 29 CPU, 11 GPU and 4 memory clocks")
    func tables() {
        let board = BoardDescription.agxOrin64GB
        #expect((board.cpuKHz.count, board.gpuHz.count, board.emcHz.count) == (29, 11, 4))
        #expect(board.cpuKHz[27] == 2_188_800)
    }
}
