import Glibc
import SystemCalls

/// The latest reading of one fan.
public struct FanReading: Sendable, Equatable {
    /// The driver's name, `pwmfan`; unique among the fans.
    public let name: String
    /// What the fan is driven with, 0 to 255; nil when not readable.
    public internal(set) var pwm: Int?
    /// Revolutions per minute; nil where the board has no tachometer, or it failed.
    public internal(set) var rpm: Int?
}

/// The board's fans. Reads only: the fan is nvfancontrol's.
///
/// hwmon `pwmfan` or `pwm-fan` has `pwm1` (drivers/hwmon/pwm-fan.c); revolutions come from its `fan1_input`, or from
/// hwmon `pwm_tach`, as `rpm` or `fan1_input`. L4T r32 has /sys/devices/pwm-fan/target_pwm. For one thread.
public final class FanSensors {
    /// The fans in a fixed order. What is in here changes in number only when a driver came or went.
    public private(set) var fans: [FanReading] = []
    private var files: [(pwm: SysfsNumber?, rpm: SysfsNumber?)] = []
    private var search: SensorSearch
    private let root: String

    private static let plausiblePWM = 0...255
    private static let plausibleRPM = 0...100_000

    /// Finds the fans and opens their files; none is not an error, as many boards are cooled without one.
    ///
    /// - Parameters:
    ///   - root: put in front of every path; "" on a board.
    ///   - retryNanoseconds: how often fans are looked for anew while there are none, or one has gone.
    public init(root: String = "", retryNanoseconds: UInt64 = 10_000_000_000) {
        self.root = root
        search = SensorSearch(intervalNanoseconds: retryNanoseconds)
        discover()
    }

    /// Reads all fans once. `now` is CLOCK_MONOTONIC nanoseconds. At most two reads per fan; no allocation while no driver
    /// comes or goes.
    public func update(now: UInt64) {
        if search.isDue(now: now) { discover() }
        for index in files.indices {
            fans[index].pwm = value(files[index].pwm, Self.plausiblePWM)
            fans[index].rpm = value(files[index].rpm, Self.plausibleRPM)
        }
    }

    private func value(_ file: SysfsNumber?, _ plausible: ClosedRange<Int>) -> Int? {
        guard let file else { return nil }
        switch file.read() {
        case .value(let value): return plausible.contains(value) ? value : nil
        case .failed(let errno):
            if SensorSearch.meansGone(errno) { search.isWanted = true }
            return nil
        }
    }

    private func discover() {
        fans = []
        files = []
        let directory = root + "/sys/class/hwmon"
        var drives = [(name: String, hwmon: String)]()
        var tachometers = [(name: String, hwmon: String)]()
        for hwmon in (try? Directory.names(directory)) ?? [] {
            guard let name = try? SmallFile.text("\(directory)/\(hwmon)/name", limit: 256) else { continue }
            switch name {
            case "pwmfan", "pwm-fan": drives.append((name, hwmon))
            case "pwm_tach": tachometers.append((name, hwmon))
            default: break
            }
        }
        // Which tachometer turns with which fan is told nowhere; boards have one of each.
        for drive in drives {
            let base = "\(directory)/\(drive.hwmon)"
            guard let pwm = try? SysfsNumber(base + "/pwm1") else { continue }
            let rpm = (try? SysfsNumber(base + "/fan1_input")) ?? revolutions(&tachometers, directory)
            add(drive.name, drive.hwmon, pwm: pwm, rpm: rpm)
        }
        if files.isEmpty, let pwm = try? SysfsNumber(root + "/sys/devices/pwm-fan/target_pwm") {
            add("pwm-fan", "devices", pwm: pwm, rpm: revolutions(&tachometers, directory))
        }
        while let tachometer = tachometers.first {
            guard let rpm = revolutions(&tachometers, directory) else { break }
            add(tachometer.name, tachometer.hwmon, pwm: nil, rpm: rpm)
        }
        search.isWanted = files.isEmpty
    }

    /// The next tachometer that can be opened.
    private func revolutions(_ tachometers: inout [(name: String, hwmon: String)], _ directory: String) -> SysfsNumber?
    {
        while !tachometers.isEmpty {
            let base = "\(directory)/\(tachometers.removeFirst().hwmon)"
            if let file = (try? SysfsNumber(base + "/rpm")) ?? (try? SysfsNumber(base + "/fan1_input")) { return file }
        }
        return nil
    }

    private func add(_ name: String, _ hwmon: String, pwm: SysfsNumber?, rpm: SysfsNumber?) {
        let isFree = !fans.contains { $0.name == name }
        fans.append(FanReading(name: isFree ? name : "\(name)@\(hwmon)"))
        files.append((pwm, rpm))
    }
}
