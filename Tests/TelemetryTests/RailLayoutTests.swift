import Testing

@testable import Telemetry

/// The other layouts than hwmon's INA3221, and chips that come late.
@Suite("Rail layouts")
struct RailLayoutTests {
    private static let iio = "sys/bus/i2c/devices/6-0040/iio:device0"

    @Test("The IIO layout of kernel 4.9 gives the same samples; a unit behind a value is read over")
    func industrialIO() throws {
        let board = try ScratchDirectory()
        try board.write("ina3221x\n", "sys/bus/i2c/devices/6-0040/name")
        for (channel, label, volts, amps) in [
            (0, "POM_5V_IN", "5064\n", "1000 ma\n"), (1, "POM_5V_GPU", "5056", "40 mA\n"),
            (2, "POM_5V_CPU", "5048mv", "-8"),
        ] {
            try board.write(label + "\n", "\(Self.iio)/rail_name_\(channel)")
            try board.write(volts, "\(Self.iio)/in_voltage\(channel)_input")
            try board.write(amps, "\(Self.iio)/in_current\(channel)_input")
        }
        let sampler = RailSampler(root: board.path)
        sampler.sample(now: 1)
        #expect(sampler.samples.map(\.label) == ["POM_5V_IN", "POM_5V_GPU", "POM_5V_CPU"])
        #expect(sampler.samples.map(\.powerMicrowatts) == [5_064_000, 202_240, 0])
        #expect(sampler.samples[2].milliamps == -8)
        #expect(sampler.totalMicrowatts(of: ["POM_5V_IN"]) == 5_064_000)
        #expect(sampler.descriptions.map(\.channel) == [0, 1, 2])
        #expect(sampler.descriptions.allSatisfy { $0.chip == .ina3221x && $0.averagingNanoseconds == nil })
        // Without shunt and window nobody can bound the error.
        #expect(sampler.samples.allSatisfy { $0.errorMicrojoules == nil })
        try board.write("12 34 ma\n", "\(Self.iio)/in_current0_input")
        sampler.sample(now: 2)
        #expect(sampler.faults.first?.contains("in_current0_input") == true)
    }

    @Test("The INA238 at Thor's input tells power itself; its shunt is in the device tree")
    func thor() throws {
        let board = try ScratchDirectory()
        let chip = "sys/bus/i2c/devices/2-0044"
        try board.write("ina238\n", chip + "/name")
        try board.write("20003\n", chip + "/hwmon/hwmon3/in1_input")
        try board.write("2500\n", chip + "/hwmon/hwmon3/curr1_input")
        try board.write("50004321\n", chip + "/hwmon/hwmon3/power1_input")
        try board.write("\0\0\u{07}\u{50}", chip + "/of_node/shunt-resistor")
        let sampler = RailSampler(root: board.path)
        sampler.sample(now: 1_000_000_000)
        #expect(sampler.samples.map(\.label) == ["VIN"])
        #expect(sampler.samples[0].powerMicrowatts == 50_004_321)
        #expect(sampler.descriptions[0].shuntMicroohms == 0x750)
        #expect(sampler.descriptions[0].averagingNanoseconds == 50_496_000)
        #expect(sampler.descriptions[0].resolutionMicrowatts(atMillivolts: 20_003) == 53_426)
        sampler.sample(now: 1_040_000_000)
        #expect(sampler.samples[0].energyMicrojoules == 2_000_172)
        #expect(sampler.samples[0].errorMicrojoules != nil)
        try board.write("99999999999\n", chip + "/hwmon/hwmon3/power1_input")
        sampler.sample(now: 1_080_000_000)
        #expect(sampler.faults.first?.contains("power1_input") == true)
    }

    @Test("Chips and channels that come late are found at the low rate, behind the rails that are known")
    func late() throws {
        let board = try ScratchDirectory()
        try board.write("ina3221\n", "sys/bus/i2c/devices/1-0041/name")
        let sampler = RailSampler(root: board.path, scanNanoseconds: 100)
        sampler.sample(now: 1_000)
        #expect(sampler.samples.isEmpty)
        #expect(sampler.skipped.first?.contains("not bound") == true)
        try rail(board, "1-0041", 2, "VDDQ_VDD2_1V8AO")
        sampler.sample(now: 1_099)
        #expect(sampler.samples.isEmpty, "not before its time")
        sampler.sample(now: 1_100)
        #expect(sampler.samples.map(\.label) == ["VDDQ_VDD2_1V8AO"])
        #expect(sampler.samples[0].isValid)
        try board.write("ina3221\n", "sys/bus/i2c/devices/1-0040/name")
        try rail(board, "1-0040", 1, "VDD_GPU_SOC")
        try rail(board, "1-0040", 2, "VDDQ_VDD2_1V8AO")
        sampler.sample(now: 1_200)
        #expect(
            sampler.samples.map(\.label)
                == ["VDDQ_VDD2_1V8AO", "VDD_GPU_SOC", "VDDQ_VDD2_1V8AO@1-0040.2"])
        sampler.sample(now: 1_300)
        #expect(sampler.samples.count == 3)
        #expect(sampler.samples.allSatisfy { $0.isValid })
    }

    private func rail(_ board: ScratchDirectory, _ device: String, _ channel: Int, _ label: String) throws {
        let hwmon = "sys/bus/i2c/devices/\(device)/hwmon/hwmon7"
        try board.write(label, "\(hwmon)/in\(channel)_label")
        try board.write("5000\n", "\(hwmon)/in\(channel)_input")
        try board.write("100\n", "\(hwmon)/curr\(channel)_input")
    }

    @Test(
        "A unit is two letters at the end, behind at most one blank",
        arguments: [
            ("7 ma\n", 7), ("-8mV", -8), ("0 MW", 0), ("12  ma", nil), ("12 m\n", nil), ("12 amps", nil), ("ma", nil),
            (" ma", nil), ("-ma", nil), ("", nil), ("\n", nil), ("123456789012345678 ma", 123_456_789_012_345_678),
            ("1234567890123456789 ma", nil), ("1\u{0}", nil), ("1 ma ma", nil),
        ] as [(String, Int?)])
    func units(text: String, value: Int?) {
        let bytes = Array(text.utf8)
        #expect(SysfsText.integer(bytes.span, mayHaveUnit: true) == value)
    }

    @Test("No text makes the number parser trap")
    func hostileNumbers() {
        var random = SeededGenerator(seed: 7)
        let alphabet = Array("0123456789- \nmMaAxz\u{0}".utf8) + [0xff, 0x80]
        for _ in 0..<20_000 {
            let bytes = (0..<Int.random(in: 0...32, using: &random)).map { _ in
                alphabet.randomElement(using: &random) ?? 0
            }
            let plain = SysfsText.integer(bytes.span)
            let withUnit = SysfsText.integer(bytes.span, mayHaveUnit: true)
            if plain != nil { #expect(plain == withUnit) }
            let flag = SysfsText.flagOrInteger(bytes.span)
            if plain != nil { #expect(plain == flag) }
        }
    }
}
