import Glibc
import SystemCalls
import SystemPackage

/// One channel of an INA3221 and its open files.
final class RailChannel {
    private(set) var description: RailDescription
    /// Why the latest attempt failed; nil while it works.
    private(set) var fault: String?
    private let devicePath: String
    private let hardwareLabel: String
    private let retryNanoseconds: UInt64
    private var voltage: SysfsNumber?
    private var current: SysfsNumber?
    private var retryAt: UInt64 = 0
    private var energy: EnergyIntegral

    /// The chip measures up to 26 V and, at the smallest shunts in use, some hundred amperes.
    private static let plausibleMillivolts = 0...100_000
    private static let plausibleMilliamps = -1_000_000...1_000_000

    /// Opens channel `channel` of the chip at `devicePath`. `label` is what it is published as.
    init(
        devicePath: String, hwmon: String, channel: Int, hardwareLabel: String, label: String,
        retryNanoseconds: UInt64, maximumGapNanoseconds: UInt64
    ) {
        self.devicePath = devicePath
        self.hardwareLabel = hardwareLabel
        self.retryNanoseconds = retryNanoseconds
        energy = EnergyIntegral(maximumGapNanoseconds: maximumGapNanoseconds)
        description = Self.describe(devicePath, hwmon, channel, label)
        open(hwmon)
    }

    /// Reads once; updates `sample` in place. Allocates nothing while the rail works.
    func read(into sample: inout RailSample, now: UInt64) {
        if voltage == nil || current == nil || fault != nil {
            guard now >= retryAt else {
                sample.isValid = false
                return
            }
            reopen()
        }
        guard let millivolts = value(of: voltage, "in", Self.plausibleMillivolts),
            let milliamps = value(of: current, "curr", Self.plausibleMilliamps)
        else {
            sample.isValid = false
            retryAt = now &+ retryNanoseconds
            return
        }
        fault = nil
        sample.millivolts = millivolts
        sample.milliamps = milliamps
        sample.readNanoseconds = now
        sample.isValid = true
        energy.add(microwatts: sample.powerMicrowatts, at: now)
        sample.energyMicrojoules = energy.microjoules
        sample.unmeasuredNanoseconds = energy.unmeasuredNanoseconds
    }

    private func value(of file: SysfsNumber?, _ quantity: String, _ plausible: ClosedRange<Int>) -> Int? {
        // A file that would not open has left its reason in `fault`.
        guard let file else { return nil }
        switch file.read() {
        case .value(let value) where plausible.contains(value): return value
        case .value(let value): fail(quantity, "says \(value), which no rail of a board can be")
        case .failed(EINVAL): fail(quantity, "holds no number")
        case .failed(let errno): fail(quantity, "could not be read: \(Errno(rawValue: errno)) (errno \(errno))")
        }
        return nil
    }

    private func fail(_ quantity: String, _ what: String) {
        fault =
            "Rail \(description.label): \(quantity)\(description.channel)_input of \(devicePath) \(what). "
            + "It is tried again every \(retryNanoseconds / 1_000_000) ms."
    }

    /// Finds the chip's hwmon directory anew, as its number changes when the driver is bound again.
    private func reopen() {
        voltage = nil
        current = nil
        guard let hwmon = Self.hwmonPaths(devicePath).first else {
            fail("in", "is gone: the chip has no hwmon directory")
            return
        }
        let label = try? SmallFile.text("\(hwmon)/in\(description.channel)_label", limit: 256)
        guard label == hardwareLabel else {
            fail("in", "no longer belongs to \(hardwareLabel)")
            return
        }
        description = Self.describe(devicePath, hwmon, description.channel, description.label)
        open(hwmon)
    }

    private func open(_ hwmon: String) {
        do {
            voltage = try SysfsNumber("\(hwmon)/in\(description.channel)_input")
            current = try SysfsNumber("\(hwmon)/curr\(description.channel)_input")
        } catch {
            fault = "Rail \(description.label): \(error)"
        }
    }

    private static func describe(
        _ devicePath: String, _ hwmon: String, _ channel: Int, _ label: String
    ) -> RailDescription {
        RailDescription(
            label: label, device: FilePath(devicePath).lastComponent?.string ?? devicePath, channel: channel,
            shuntMicroohms: number("\(hwmon)/shunt\(channel)_resistor"),
            averagingNanoseconds: averagingNanoseconds(samples: number("\(hwmon)/samples")))
    }

    private static func number(_ path: String) -> Int? {
        guard let file = try? SysfsNumber(path), case .value(let value) = file.read() else { return nil }
        return value
    }

    /// The window of one value: bus and shunt conversion of 140 us each, as L4T sets them, on 3 channels, `samples`
    /// times (nvpower.sh of L4T: "2 * 140us * 3 channels * 512" is 430 ms). Not from update_interval: older drivers
    /// leave the averaging out of it when it is read.
    static func averagingNanoseconds(samples: Int?) -> UInt64? {
        // The chip averages over 1 to 1024 samples.
        guard let samples, (1...1_024).contains(samples) else { return nil }
        return UInt64(samples) * 2 * 140_000 * 3
    }

    static func hwmonPaths(_ devicePath: String) -> [String] {
        let names = (try? Directory.names(devicePath + "/hwmon")) ?? []
        return names.filter { $0.hasPrefix("hwmon") }.map { "\(devicePath)/hwmon/\($0)" }
    }
}
