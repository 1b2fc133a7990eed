import Telemetry
import Testing

@Suite("Rails")
struct RailSamplerTests {
    private let orin = ScratchBoard()

    @Test("Rails are found by the chip's name and their labels; what is no rail is named with its reason")
    func discovers() throws {
        let board = try ScratchDirectory()
        try orin.write(to: board)
        try board.write("ina3221\n", "sys/bus/i2c/devices/1-0042/name")
        let sampler = RailSampler(root: board.path)
        #expect(
            sampler.samples.map(\.label) == ["VDD_GPU_SOC", "VDD_CPU_CV", "VIN_SYS_5V0", "VDDQ_VDD2_1V8AO"])
        #expect(sampler.descriptions.map(\.device) == ["1-0040", "1-0040", "1-0040", "1-0041"])
        #expect(sampler.descriptions.map(\.channel) == [1, 2, 3, 2])
        #expect(sampler.skipped.count == 3)
        #expect(sampler.skipped.contains { $0.contains("1-0041") && $0.contains("NC") })
        #expect(sampler.skipped.contains { $0.contains("1-0041") && $0.contains("switched off") })
        #expect(sampler.skipped.contains { $0.contains("1-0042") && $0.contains("not bound") })
    }

    @Test("Power is mV times mA, and the total is nil rather than wrong")
    func powerAndTotal() throws {
        let board = try ScratchDirectory()
        try orin.write(to: board)
        let sampler = RailSampler(root: board.path)
        let rule = ["VDD_GPU_SOC", "VDD_CPU_CV", "VIN_SYS_5V0"]
        #expect(sampler.totalMicrowatts(of: rule) == nil)
        sampler.sample(now: 1_000)
        #expect(sampler.samples.map(\.powerMicrowatts) == [19_880_000, 4_970_000, 4_968_000, 1_800_000])
        #expect(sampler.samples.allSatisfy { $0.isValid && $0.ageNanoseconds(now: 1_500) == 500 })
        #expect(sampler.totalMicrowatts(of: rule) == 29_818_000)
        #expect(sampler.totalMicrowatts(of: rule + ["VDD_IN"]) == nil)
        #expect(sampler.totalMicrowatts(of: []) == nil)
    }

    @Test("Averaging comes from samples, not from update_interval; resolution from the shunt")
    func averagingAndResolution() throws {
        let board = try ScratchDirectory()
        try orin.write(to: board)
        let descriptions = RailSampler(root: board.path).descriptions
        #expect(descriptions[0].averagingNanoseconds == 430_080_000)
        #expect(descriptions[3].averagingNanoseconds == nil)
        // 2 mOhm: steps of 20 mA, 0.4 W at 19.88 V.
        #expect(descriptions[0].shuntMicroohms == 2_000)
        #expect(descriptions[0].resolutionMicrowatts(atMillivolts: 19_880) == 397_600)
        #expect(descriptions[3].resolutionMicrowatts(atMillivolts: 1_800) == nil)
    }

    @Test(
        "Text that is not a plausible number makes the rail invalid, by name, and the next rail goes on",
        arguments: [
            "", "\n", "-", "garbage\n", "12 34\n", "0x10\n", "1e3\n", "99999999999999999999\n", "200000\n", "5\0",
        ])
    func hostileText(text: String) throws {
        let board = try ScratchDirectory()
        try orin.write(to: board)
        let sampler = RailSampler(root: board.path)
        try board.write(text, "sys/bus/i2c/devices/1-0040/hwmon/hwmon4/in1_input")
        sampler.sample(now: 1)
        #expect(sampler.samples.map(\.isValid) == [false, true, true, true])
        #expect(sampler.samples[0].powerMicrowatts == 0)
        #expect(sampler.totalMicrowatts(of: ["VDD_GPU_SOC"]) == nil)
        #expect(sampler.faults.count == 1)
        #expect(sampler.faults.first?.contains("VDD_GPU_SOC") == true)
        #expect(sampler.faults.first?.contains("in1_input") == true)
    }

    @Test("A rail that failed is tried again at its rate, and is found under a new hwmon number")
    func recovers() throws {
        let board = try ScratchDirectory()
        try orin.write(to: board)
        let sampler = RailSampler(root: board.path, retryNanoseconds: 100)
        sampler.sample(now: 1_000)
        try board.write("", "sys/bus/i2c/devices/1-0040/hwmon/hwmon4/curr1_input")
        sampler.sample(now: 1_010)
        #expect(!sampler.samples[0].isValid)
        #expect(sampler.samples[0].powerMicrowatts == 19_880_000)
        #expect(sampler.samples[0].ageNanoseconds(now: 1_010) == 10)
        try board.remove("sys/bus/i2c/devices/1-0040/hwmon/hwmon4")
        try orin.writeChip0(to: board, hwmon: "hwmon9", gpuMilliamps: 2_000)
        sampler.sample(now: 1_109)
        #expect(!sampler.samples[0].isValid)
        sampler.sample(now: 1_110)
        #expect(sampler.samples[0].isValid)
        #expect(sampler.samples[0].powerMicrowatts == 39_760_000)
        #expect(sampler.faults.isEmpty)
    }

    @Test("A rail whose chip went away, or whose label changed, stays invalid and says so")
    func vanishes() throws {
        let board = try ScratchDirectory()
        try orin.write(to: board)
        let sampler = RailSampler(root: board.path, retryNanoseconds: 0)
        try board.write("", "sys/bus/i2c/devices/1-0040/hwmon/hwmon4/in1_input")
        try board.write("VDD_OTHER\n", "sys/bus/i2c/devices/1-0040/hwmon/hwmon4/in1_label")
        sampler.sample(now: 1)
        sampler.sample(now: 2)
        #expect(sampler.faults.first?.contains("no longer belongs to VDD_GPU_SOC") == true)
        try board.remove("sys/bus/i2c/devices/1-0040/hwmon")
        sampler.sample(now: 3)
        #expect(sampler.faults.first?.contains("no hwmon directory") == true)
        #expect(!sampler.samples[0].isValid)
    }

    @Test("Energy is the trapezoid over the readings, to the microjoule")
    func energy() throws {
        let board = try ScratchDirectory()
        try orin.write(to: board)
        let sampler = RailSampler(root: board.path)
        let second: UInt64 = 1_000_000_000
        sampler.sample(now: second)
        #expect(sampler.samples[0].energyMicrojoules == 0)
        try board.write("2000\n", ScratchBoard.gpuCurrent)
        sampler.sample(now: 2 * second)
        // From 19.88 W to 39.76 W in 1 s.
        #expect(sampler.samples[0].energyMicrojoules == 29_820_000)
        #expect(sampler.samples[1].energyMicrojoules == 4_970_000)
        for step in 1...UInt64(1_000_003) % 1_000 { sampler.sample(now: 2 * second + step * 333_333_333) }
        // Three thirds of a second at 39.76 W, less 1 ns of it.
        #expect(sampler.samples[0].energyMicrojoules == 29_820_000 + 39_759_999)
    }

    @Test("Readings too far apart are not joined: that time is unmeasured, and energy never falls")
    func gaps() throws {
        let board = try ScratchDirectory()
        try orin.write(to: board)
        let second: UInt64 = 1_000_000_000
        let sampler = RailSampler(root: board.path, retryNanoseconds: 0, maximumGapNanoseconds: 5 * second)
        sampler.sample(now: second)
        sampler.sample(now: 3 * second)
        #expect(sampler.samples[0].energyMicrojoules == 39_760_000)
        // A short gap is joined across the failure.
        try board.write("x", ScratchBoard.gpuCurrent)
        sampler.sample(now: 4 * second)
        #expect(sampler.samples[0].energyMicrojoules == 39_760_000)
        try board.write("1000\n", ScratchBoard.gpuCurrent)
        sampler.sample(now: 5 * second)
        #expect(sampler.samples[0].energyMicrojoules == 79_520_000)
        #expect(sampler.samples[0].unmeasuredNanoseconds == 0)
        sampler.sample(now: 15 * second)
        #expect(sampler.samples[0].energyMicrojoules == 79_520_000)
        #expect(sampler.samples[0].unmeasuredNanoseconds == 10 * second)
        // A current that flows back gives no energy, and the same stamp none.
        try board.write("-1000\n", ScratchBoard.gpuCurrent)
        sampler.sample(now: 15 * second)
        sampler.sample(now: 16 * second)
        #expect(sampler.samples[0].milliamps == -1_000)
        #expect(sampler.samples[0].powerMicrowatts == 0)
        #expect(sampler.samples[0].energyMicrojoules == 79_520_000)
    }

    @Test("Two rails of one label stay apart; no chip at all is no rails")
    func oddBoards() throws {
        let board = try ScratchDirectory()
        #expect(RailSampler(root: board.path).samples.isEmpty)
        try orin.write(to: board)
        try board.write("VDD_CPU_CV\n", "sys/bus/i2c/devices/1-0041/hwmon/hwmon5/in2_label")
        #expect(
            RailSampler(root: board.path).samples.map(\.label)
                == ["VDD_GPU_SOC", "VDD_CPU_CV", "VIN_SYS_5V0", "VDD_CPU_CV@1-0041.2"])
    }
}

/// The rails of an AGX Orin as files.
private struct ScratchBoard {
    static let gpuCurrent = "sys/bus/i2c/devices/1-0040/hwmon/hwmon4/curr1_input"

    func write(to board: ScratchDirectory) throws {
        try writeChip0(to: board, hwmon: "hwmon4", gpuMilliamps: 1_000)
        let chip1 = "sys/bus/i2c/devices/1-0041"
        try board.write("ina3221\n", chip1 + "/name")
        try channel(board, chip1 + "/hwmon/hwmon5", 1, "NC", 0, 0)
        try channel(board, chip1 + "/hwmon/hwmon5", 2, "VDDQ_VDD2_1V8AO", 1_800, 1_000)
        try channel(board, chip1 + "/hwmon/hwmon5", 3, "UNUSED", 0, 0)
        try board.write("0\n", chip1 + "/hwmon/hwmon5/in3_enable")
        try board.write("24c02\n", "sys/bus/i2c/devices/0-0050/name")
    }

    func writeChip0(to board: ScratchDirectory, hwmon: String, gpuMilliamps: Int) throws {
        let chip = "sys/bus/i2c/devices/1-0040"
        try board.write("ina3221\n", chip + "/name")
        try channel(board, "\(chip)/hwmon/\(hwmon)", 1, "VDD_GPU_SOC", 19_880, gpuMilliamps)
        try channel(board, "\(chip)/hwmon/\(hwmon)", 2, "VDD_CPU_CV", 19_880, 250)
        try channel(board, "\(chip)/hwmon/\(hwmon)", 3, "VIN_SYS_5V0", 4_968, 1_000)
        try board.write("2000\n", "\(chip)/hwmon/\(hwmon)/shunt1_resistor")
        try board.write("512\n", "\(chip)/hwmon/\(hwmon)/samples")
        try board.write("1\n", "\(chip)/hwmon/\(hwmon)/update_interval")
    }

    private func channel(
        _ board: ScratchDirectory, _ hwmon: String, _ number: Int, _ label: String, _ millivolts: Int, _ milliamps: Int
    ) throws {
        try board.write(label + "\n", "\(hwmon)/in\(number)_label")
        try board.write("\(millivolts)\n", "\(hwmon)/in\(number)_input")
        try board.write("\(milliamps)\n", "\(hwmon)/curr\(number)_input")
        try board.write("1\n", "\(hwmon)/in\(number)_enable")
    }
}
