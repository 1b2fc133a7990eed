import Telemetry
import Testing

@Suite("Sensors")
struct SensorTests {
    private static let thermal = "sys/class/thermal"
    private static let hwmon = "sys/class/hwmon"
    private static let nvmap = "sys/kernel/debug/nvmap/iovmm"

    @Test("Zones are known by type and come in the order of their numbers; a zone without power has no temperature")
    func zones() throws {
        let board = try ScratchDirectory()
        for (number, type, text) in [
            (0, "CPU-therm", "41500"), (2, "cv0-thermal", "-256000"), (10, "tj-thermal", "-5250"),
            (3, "gpu-thermal", ""),
        ] {
            try board.write(type + "\n", "\(Self.thermal)/thermal_zone\(number)/type")
            try board.write(text.isEmpty ? "" : text + "\n", "\(Self.thermal)/thermal_zone\(number)/temp")
        }
        try board.write("Processor\n", "\(Self.thermal)/cooling_device0/type")
        try board.write("no temperature\n", "\(Self.thermal)/thermal_zone4/type")
        let sensors = ThermalSensors(root: board.path)
        #expect(sensors.zones.map(\.name) == ["cpu", "cv0", "gpu", "tj"])
        #expect(sensors.zones.map(\.type) == ["CPU-therm", "cv0-thermal", "gpu-thermal", "tj-thermal"])
        #expect(sensors.zones.allSatisfy { $0.millicelsius == nil })
        sensors.update(now: 1)
        #expect(sensors.zones.map(\.millicelsius) == [41_500, nil, nil, -5_250])
        try board.write("60000\n", "\(Self.thermal)/thermal_zone2/temp")
        try board.write("nonsense\n", "\(Self.thermal)/thermal_zone0/temp")
        sensors.update(now: 2)
        #expect(sensors.zones.map(\.millicelsius) == [nil, 60_000, nil, -5_250])
    }

    @Test("Two zones of one type stay apart; zones that come late are found at the low rate")
    func lateZones() throws {
        let board = try ScratchDirectory()
        let sensors = ThermalSensors(root: board.path, retryNanoseconds: 100)
        sensors.update(now: 1_000)
        #expect(sensors.zones.isEmpty)
        for number in 0...1 {
            try board.write("gpu-thermal\n", "\(Self.thermal)/thermal_zone\(number)/type")
            try board.write("\(number)\n", "\(Self.thermal)/thermal_zone\(number)/temp")
        }
        sensors.update(now: 1_099)
        #expect(sensors.zones.isEmpty)
        sensors.update(now: 1_100)
        #expect(sensors.zones.map(\.name) == ["gpu", "gpu@thermal_zone1"])
        #expect(sensors.zones.map(\.millicelsius) == [0, 1])
    }

    @Test("A fan with its own tachometer, one with hwmon pwm_tach, and the fan of r32")
    func fans() throws {
        let own = try ScratchDirectory()
        try own.write("pwmfan\n", "\(Self.hwmon)/hwmon3/name")
        try own.write("77\n", "\(Self.hwmon)/hwmon3/pwm1")
        try own.write("2100\n", "\(Self.hwmon)/hwmon3/fan1_input")
        #expect(readings(own) == ["pwmfan 77 2100"])

        let apart = try ScratchDirectory()
        try apart.write("pwm_tach\n", "\(Self.hwmon)/hwmon0/name")
        try apart.write("1980\n", "\(Self.hwmon)/hwmon0/rpm")
        try apart.write("pwm-fan\n", "\(Self.hwmon)/hwmon4/name")
        try apart.write("255\n", "\(Self.hwmon)/hwmon4/pwm1")
        try apart.write("ina3221\n", "\(Self.hwmon)/hwmon5/name")
        #expect(readings(apart) == ["pwm-fan 255 1980"])
        try apart.remove("\(Self.hwmon)/hwmon4")
        #expect(readings(apart) == ["pwm_tach - 1980"])

        let r32 = try ScratchDirectory()
        try r32.write("0\n", "sys/devices/pwm-fan/target_pwm")
        #expect(readings(r32) == ["pwm-fan 0 -"])
        try r32.write("256\n", "sys/devices/pwm-fan/target_pwm")
        #expect(readings(r32) == ["pwm-fan - -"])
        #expect(readings(try ScratchDirectory()) == [])
    }

    private func readings(_ board: ScratchDirectory) -> [String] {
        let sensors = FanSensors(root: board.path)
        sensors.update(now: 1)
        return sensors.fans.map { fan in
            "\(fan.name) \(fan.pwm.map { "\($0)" } ?? "-") \(fan.rpm.map { "\($0)" } ?? "-")"
        }
    }

    @Test("Memory per process and in total; the table grows and shrinks with its text")
    func memory() throws {
        let board = try ScratchDirectory()
        try board.write("MemTotal: 9 kB\nNvMapMemUsed:     2048 kB\n", "proc/meminfo")
        try board.write(table(pids: 1...1), Self.nvmap + "/clients")
        let sensor = GPUMemorySensor(root: board.path)
        #expect(sensor.clients == nil)
        sensor.update(now: 1)
        #expect(sensor.support == .available)
        #expect(sensor.totalBytes == 2 << 20)
        #expect(sensor.clients?.bytes(ofPID: 1) == 1_024)
        #expect(sensor.clients?.bytes(ofPID: 2) == 0)
        try board.write(table(pids: 1...1_000), Self.nvmap + "/clients")
        sensor.update(now: 2)
        #expect(sensor.clients?.processes.count == 1_000)
        #expect(sensor.clients?.bytes(ofPID: 1_000) == 1_000 * 1_024)
        try board.write(table(pids: 5...5), Self.nvmap + "/clients")
        sensor.update(now: 3)
        #expect(sensor.clients?.processes == [GPUMemoryUse(pid: 5, bytes: 5 * 1_024)])
    }

    private func table(pids: ClosedRange<Int>) -> String {
        pids.map { "user                        process  \($0)  \($0)K\n" }.joined()
            + "total                                                \(pids.reduce(0, +))K\n"
    }

    @Test("Only maps is there: it is read without the mappings")
    func maps() throws {
        let board = try ScratchDirectory()
        try board.write(
            "user               p        4711         8K\n    0x1000   0x2000     12      99K\ntotal               8K\n",
            Self.nvmap + "/maps")
        let sensor = GPUMemorySensor(root: board.path)
        sensor.update(now: 1)
        #expect(sensor.clients?.processes == [GPUMemoryUse(pid: 4711, bytes: 8_192)])
    }

    @Test("No debugfs, no nvmap, and text that is no table are answers that say what to do, and no zeros")
    func memorySupport() throws {
        let board = try ScratchDirectory()
        let sensor = GPUMemorySensor(root: board.path, retryNanoseconds: 100)
        sensor.update(now: 1_000)
        guard case .unavailable(let unmounted) = sensor.support else {
            Issue.record("\(sensor.support)")
            return
        }
        #expect(unmounted.contains("not mounted") && unmounted.contains("mount -t debugfs"))
        try board.write("0\n", "sys/kernel/debug/clear_warn_once")
        sensor.update(now: 1_100)
        guard case .unavailable(let without) = sensor.support else {
            Issue.record("\(sensor.support)")
            return
        }
        #expect(without.contains("no nvmap driver"))
        #expect(sensor.clients == nil)
        #expect(sensor.totalBytes == nil)
        // The driver came; then its text makes no sense; then it is longer than anything true.
        try board.write(table(pids: 1...2), Self.nvmap + "/clients")
        sensor.update(now: 1_200)
        #expect(sensor.clients?.processes.count == 2)
        for text in ["nonsense\n", String(repeating: "x", count: (1 << 20) + 1)] {
            try board.write(text, Self.nvmap + "/clients")
            sensor.update(now: 1_201)
            #expect(sensor.clients == nil)
            guard case .unknown = sensor.support else {
                Issue.record("\(sensor.support)")
                return
            }
        }
        try board.write(table(pids: 1...2), Self.nvmap + "/clients")
        sensor.update(now: 1_202)
        #expect(sensor.support == .available)
    }
}
