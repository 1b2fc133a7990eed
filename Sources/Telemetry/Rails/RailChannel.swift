import Glibc
import SystemCalls
import SystemPackage

/// One channel of a power monitor and its open files.
final class RailChannel {
    private(set) var description: RailDescription
    /// Why the latest attempt failed; nil while it works.
    private(set) var fault: String?
    /// What the rail is recognised by when its driver is bound again.
    let key: String
    private let chip: RailChip
    private let devicePath: String
    private let hardwareLabel: String
    private let retryNanoseconds: UInt64
    private var voltage: SysfsNumber?
    private var current: SysfsNumber?
    private var power: SysfsNumber?
    private var retryAt: UInt64 = 0
    private var energy: EnergyIntegral

    /// The chips measure up to 85 V and, at the smallest shunts in use, some hundred amperes.
    private static let plausibleMillivolts = 0...100_000
    private static let plausibleMilliamps = -1_000_000...1_000_000
    private static let plausibleMicrowatts = 0...10_000_000_000

    /// Opens the files of `place`. `label` is what it is published as.
    init(_ place: RailPlace, label: String, retryNanoseconds: UInt64, maximumGapNanoseconds: UInt64) {
        key = place.key
        chip = place.chip
        devicePath = place.devicePath
        hardwareLabel = place.label
        self.retryNanoseconds = retryNanoseconds
        description = Self.describe(place, label)
        energy = EnergyIntegral(
            maximumGapNanoseconds: maximumGapNanoseconds, averagingNanoseconds: description.averagingNanoseconds)
        open(place.directory)
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
        guard let millivolts = value(of: voltage, .voltage, Self.plausibleMillivolts),
            let milliamps = value(of: current, .current, Self.plausibleMilliamps),
            let microwatts = microwatts(millivolts, milliamps)
        else {
            sample.isValid = false
            retryAt = now &+ retryNanoseconds
            return
        }
        fault = nil
        sample.millivolts = millivolts
        sample.milliamps = milliamps
        sample.powerMicrowatts = microwatts
        sample.readNanoseconds = now
        sample.isValid = true
        energy.add(
            microwatts: microwatts, at: now,
            uncertaintyMicrowatts: description.uncertaintyMicrowatts(
                atMillivolts: millivolts, milliamps: milliamps))
        sample.energyMicrojoules = energy.microjoules
        sample.errorMicrojoules = energy.errorMicrojoules
        sample.unmeasuredNanoseconds = energy.unmeasuredNanoseconds
    }

    private enum Quantity { case voltage, current, power }

    /// The chip's own product where it has one; else mV times mA, and 0 for a current that flows back.
    private func microwatts(_ millivolts: Int, _ milliamps: Int) -> UInt64? {
        guard power != nil else { return UInt64(max(millivolts &* milliamps, 0)) }
        return value(of: power, .power, Self.plausibleMicrowatts).map { UInt64($0) }
    }

    private func value(of file: SysfsNumber?, _ quantity: Quantity, _ plausible: ClosedRange<Int>) -> Int? {
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

    private func fail(_ quantity: Quantity, _ what: String) {
        let file =
            switch quantity {
            case .voltage: chip.voltageFile(description.channel)
            case .current: chip.currentFile(description.channel)
            case .power: chip.powerFile(description.channel) ?? "power"
            }
        fault =
            "Rail \(description.label): \(file) of \(devicePath) \(what). "
            + "It is tried again every \(retryNanoseconds / 1_000_000) ms."
    }

    /// Finds the chip's directory anew, as its number changes when the driver is bound again.
    private func reopen() {
        voltage = nil
        current = nil
        power = nil
        guard let directory = chip.directories(devicePath).first else {
            fail(.voltage, "is gone: the chip has no \(chip.directoryKind) directory")
            return
        }
        guard RailDiscovery.label(chip, directory, description.channel) == hardwareLabel else {
            fail(.voltage, "no longer belongs to \(hardwareLabel)")
            return
        }
        description = Self.describe(
            RailPlace(
                chip: chip, devicePath: devicePath, deviceName: description.device, directory: directory,
                channel: description.channel, label: hardwareLabel), description.label)
        energy.averagingNanoseconds = description.averagingNanoseconds
        open(directory)
    }

    private func open(_ directory: String) {
        // The drivers of kernel 4.9 write units behind some values.
        let hasUnits = chip == .ina3221x
        do {
            let channel = description.channel
            voltage = try SysfsNumber("\(directory)/\(chip.voltageFile(channel))", mayHaveUnit: hasUnits)
            current = try SysfsNumber("\(directory)/\(chip.currentFile(channel))", mayHaveUnit: hasUnits)
            if let name = chip.powerFile(channel) { power = try SysfsNumber("\(directory)/\(name)") }
        } catch {
            voltage = nil
            fault = "Rail \(description.label): \(error)"
        }
    }

    private static func describe(_ place: RailPlace, _ label: String) -> RailDescription {
        RailDescription(
            label: label, device: place.deviceName, channel: place.channel, chip: place.chip,
            shuntMicroohms: shuntMicroohms(place),
            averagingNanoseconds: place.chip.averagingNanoseconds(samples: number("\(place.directory)/samples")))
    }

    /// INA3221 shows its shunts in hwmon; the INA238 driver leaves its one in the device tree, where a number is four bytes,
    /// the highest first.
    private static func shuntMicroohms(_ place: RailPlace) -> Int? {
        guard place.chip == .ina238 else { return number("\(place.directory)/shunt\(place.channel)_resistor") }
        let path = "\(place.devicePath)/of_node/shunt-resistor"
        guard let cell = try? SmallFile.bytes(path, limit: 4), cell.count == 4 else { return nil }
        return cell.reduce(0) { $0 << 8 | Int($1) }
    }

    private static func number(_ path: String) -> Int? {
        guard let file = try? SysfsNumber(path), case .value(let value) = file.read() else { return nil }
        return value
    }
}
