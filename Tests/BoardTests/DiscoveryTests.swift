import Policy
import Testing

@testable import Board

@Suite struct DiscoveryTests {
    @Test func findsTheBoardAndItsKnobs() throws {
        let fake = try FakeBoard()
        let board = try fake.board()
        #expect(board.identity.model == "NVIDIA Jetson AGX Orin Developer Kit")
        #expect(board.identity.compatible.first == "nvidia,p3737-0000+p3701-0005")
        #expect(board.identity.table.name == "AGX Orin 64GB")
        #expect(board.identity.release?.description == "R36.4.0")
        #expect(board.identity.totalPowerLabels == ["VDD_GPU_SOC", "VDD_CPU_CV", "VIN_SYS_5V0"])
        #expect(board.missingKnobs.isEmpty)
        let cores = (0..<12).map { "cpu\($0).online" }
        #expect(board.knobs.map(\.name) == cores + ["cpu.policy0", "cpu.policy4", "cpu.policy8", "gpu", "emc"])
        let gpu = try #require(board.knobs.first { $0.name == "gpu" })
        #expect(gpu.available == FakeBoard.gpuHz)
        #expect(try gpu.min() == 306_000_000)
        #expect(try gpu.max() == 1_300_500_000)
        #expect(try gpu.current() == 306_000_000)
        #expect(board.gpuDevicePath?.hasSuffix("/17000000.gpu/device") == true)
        #expect(board.knobs.first?.available == [1], "cpu0 can only be on")
        #expect(fake.kernel.writes.isEmpty)
    }

    @Test func gridIsWhatTheBoardOffers() throws {
        let fake = try FakeBoard()
        let board = try fake.board()
        #expect(board.grid.cores == Array(1...12))
        #expect(board.grid.cpuKHz == FakeBoard.cpuKHz)
        #expect(board.grid.gpuHz == FakeBoard.gpuHz)
        #expect(board.grid.emcHz == FakeBoard.emcHz)
        #expect(try board.effectiveMode() == board.grid.highest)
    }

    @Test func readsTheDeviceTreeOfSysfsToo() throws {
        let fake = try FakeBoard()
        fake.remove("/proc")
        try fake.put("/sys/firmware/devicetree/base/compatible", "nvidia,p3701-0000\0nvidia,tegra234\0")
        try fake.put("/sys/firmware/devicetree/base/model", "Jetson AGX Orin\0")
        #expect(try fake.board().identity.table.name == "AGX Orin 64GB")
    }

    @Test(arguments: [
        ("p3737-0000+p3701-0005", "AGX Orin 64GB"), ("custom-carrier+p3701-0005", "AGX Orin 64GB"),
        ("p3701-0000", "AGX Orin 64GB"), ("p3701-0004", "AGX Orin 32GB"), ("p3701-00055", nil), ("p2822-0000", nil),
        ("p3768-0000+p3767-0000", "Orin NX 16GB"), ("p3768-0000+p3767-0001", "Orin NX 8GB"),
        ("p3768-0000+p3767-0005", "Orin Nano 8GB"), ("p3767-0004", "Orin Nano 4GB"), ("p3767-0002", nil),
        ("p2822-0000+p2888-0001", "AGX Xavier"), ("p3509-0000+p3668-0001", "Xavier NX"),
        ("p2597-0000+p3310-1000", "TX2"), ("p3450-0000+p3448-0000", "Nano"), ("p3971-0089+p3834-0008", "AGX Thor"),
    ])
    func matchesByModule(compatible: String, name: String?) {
        #expect(BoardTable.matching(["nvidia,\(compatible)"])?.name == name)
    }

    @Test(arguments: [
        ("AGX Orin 64GB", ["VDD_GPU_SOC", "VDD_CPU_CV", "VIN_SYS_5V0"]), ("Orin NX 8GB", ["VDD_IN"]),
        ("Orin Nano 4GB", ["VDD_IN"]), ("AGX Xavier", ["GPU", "CPU", "SOC", "CV", "VDDRQ", "SYS5V"]),
        ("Xavier NX", ["VDD_IN"]), ("TX2", ["VDD_IN"]), ("Nano", ["POM_5V_IN"]), ("AGX Thor", ["VIN"]),
    ])
    func totalPowerIsWhatNoOtherRailMeasuresAgain(name: String, labels: [String]) {
        #expect(BoardTable.all.first { $0.name == name }?.totalPowerLabels == labels)
    }

    @Test func railsOfATableFormATree() {
        for table in BoardTable.all {
            let labels = table.rails.map(\.label)
            #expect(Set(labels).count == labels.count)
            for rail in table.rails where rail.upstream != nil {
                #expect(rail.upstream.map(table.totalPowerLabels.contains) == true, "\(table.name) \(rail.label)")
            }
        }
    }

    @Test func memoryOfABoardWithoutOperatingPointsIsLeftAlone() throws {
        var stock = FakeBoard.Stock()
        stock.compatible = ["nvidia,p3768-0000+p3767-0000"]
        let fake = try FakeBoard(stock)
        let board = try fake.board()
        #expect(board.missingKnobs.map(\.name) == ["emc"])
        #expect(board.missingKnobs.first?.reason.contains("Orin NX 16GB") == true)
        #expect(board.grid.emcHz == [Board.unknownFrequency])
        #expect(try board.effectiveMode().emcHz == Board.unknownFrequency)
        let mode = PowerMode(cores: 4, cpuKHz: 729_600, gpuHz: 612_000_000, emcHz: Board.unknownFrequency)
        #expect(try board.apply(mode, journal: try fake.journal()).adjustments.isEmpty)
        #expect(!fake.kernel.writes.contains { $0.contains("emc") })
        #expect(try board.restore(try fake.journal()).isComplete)
    }

    @Test(arguments: ["p3971-0089+p3834-0008", "p2822-0000+p2888-0001", "p3450-0000+p3448-0000"])
    func aBoardThatIsOnlyRecognisedIsRefusedByName(compatible: String) throws {
        var stock = FakeBoard.Stock()
        stock.compatible = ["nvidia,\(compatible)"]
        let fake = try FakeBoard(stock)
        let error = try #require(#expect(throws: BoardError.self) { try fake.board() })
        let name = try #require(BoardTable.matching(stock.compatible)?.name)
        #expect(error.description.contains(name) && error.description.contains("not governed yet"))
        #expect(fake.kernel.writes.isEmpty)
    }

    @Test func unknownBoardIsNamedWithARemedy() throws {
        var stock = FakeBoard.Stock()
        stock.compatible = ["acme,robot-7", "acme,soc"]
        let fake = try FakeBoard(stock)
        let error = #expect(throws: BoardError.self) { try fake.board() }
        let text = try #require(error).description
        #expect(error?.kind == .unknownBoard)
        for part in ["NVIDIA Jetson AGX Orin Developer Kit", "acme,robot-7, acme,soc", "AGX Orin 64GB", "To add it"] {
            #expect(text.contains(part), "\(part) is not in: \(text)")
        }
    }

    @Test func noDeviceTreeIsAnUnknownBoard() throws {
        let error = #expect(throws: BoardError.self) { try Board.discover(root: "/nonexistent") }
        #expect(error?.kind == .unknownBoard)
        #expect(error?.description.contains("/nonexistent/proc/device-tree/compatible") == true)
    }

    @Test func missingMemoryCapLeavesOneValueAndAReason() throws {
        var stock = FakeBoard.Stock()
        stock.hasEMC = false
        let fake = try FakeBoard(stock)
        let board = try fake.board()
        #expect(board.missingKnobs.map(\.name) == ["emc"])
        #expect(board.missingKnobs.first?.reason.contains("nvpmodel_clk_cap/emc") == true)
        #expect(board.grid.emcHz == [3_199_000_000])
        let mode = PowerMode(cores: 4, cpuKHz: 729_600, gpuHz: 612_000_000, emcHz: 2_133_000_000)
        let applied = try board.apply(mode, journal: try fake.journal())
        #expect(applied.effective.emcHz == 3_199_000_000)
        #expect(applied.adjustments.map(\.knob) == ["emc"])
        #expect(try board.restore(try fake.journal()).isComplete)
        #expect(fake.kernel.violations.isEmpty)
    }

    @Test func r35MemoryCapIsFoundAndMarked() throws {
        var stock = FakeBoard.Stock()
        stock.hasEMC = false
        let fake = try FakeBoard(stock)
        try fake.put("/sys/kernel/nvpmodel_emc_cap/emc_iso_cap", "0\n")
        let emc = try #require(try fake.board().knobs.first { $0.name == "emc" })
        #expect(!emc.readBackIsEffective)
        #expect(try emc.max() == 3_199_000_000, "0 is no cap")
    }

    @Test func lateGPUDriverIsFoundByTheNextDiscovery() throws {
        var stock = FakeBoard.Stock()
        stock.hasGPU = false
        let fake = try FakeBoard(stock)
        let early = try fake.board()
        #expect(early.missingKnobs.map(\.name) == ["gpu"])
        #expect(early.missingKnobs.first?.reason.contains("not loaded yet") == true)
        #expect(early.grid.gpuHz == [Board.unknownFrequency])
        let journal = try fake.journal()
        let mode = PowerMode(cores: 8, cpuKHz: 729_600, gpuHz: 1, emcHz: 3_199_000_000)
        #expect(try early.apply(mode, journal: journal).adjustments.isEmpty)
        try fake.addGPU()
        let late = try fake.board()
        #expect(late.missingKnobs.isEmpty)
        _ = try late.apply(late.grid.lowest, journal: journal)
        #expect(try late.restore(journal).isComplete)
        #expect(try late.effectiveMode() == late.grid.highest)
    }

    @Test func memoryIsBoundedByWhatBPMPTells() throws {
        let fake = try FakeBoard()
        try fake.put("/sys/kernel/debug/bpmp/debug/clk/emc/max_rate", "2133000000\n")
        #expect(try fake.board().grid.emcHz == [204_000_000, 665_600_000, 2_133_000_000])
    }

    @Test func displayKeepsMemoryFast() throws {
        let fake = try FakeBoard()
        let board = try fake.board()
        try fake.put("/sys/class/drm/card0-DP-1/status", "connected\n")
        #expect(try fake.board().grid.emcHz == [2_133_000_000, 3_199_000_000])
        let applied = try board.apply(board.grid.lowest, journal: try fake.journal())
        #expect(applied.effective.emcHz == 2_133_000_000)
        #expect(applied.adjustments.map(\.cause) == [.display])
    }

    @Test(arguments: ["", "garbage", "1 2 x", "99999999999999999999", "-5 7", "\u{0}\u{0}"])
    func hostileTablesTakeOnlyTheirKnobAway(text: String) throws {
        let fake = try FakeBoard()
        try fake.put("\(FakeBoard.gpu)/available_frequencies", text)
        try fake.put("/sys/devices/system/cpu/cpufreq/policy4/related_cpus", text)
        let board = try fake.board()
        #expect(board.missingKnobs.map(\.name) == ["cpu.policy4", "gpu"])
        #expect(board.missingKnobs.allSatisfy { $0.reason.contains("/sys/") })
    }
}
