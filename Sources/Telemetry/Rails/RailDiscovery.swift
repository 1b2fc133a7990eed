import Glibc
import SystemCalls
import SystemPackage

/// Where one rail was found.
struct RailPlace: Equatable {
    let chip: RailChip
    /// The I2C device, below /sys/bus/i2c/devices.
    let devicePath: String
    /// The I2C device's own name, "1-0040".
    let deviceName: String
    /// The directory of its values; another one each time that the driver is bound.
    let directory: String
    let channel: Int
    /// As the board labels it.
    let label: String

    /// What stays the same when the driver is bound again.
    var key: String { "\(deviceName).\(channel)" }
}

/// Looks for power monitors by I2C name, and for rails by label.
struct RailDiscovery {
    /// Channels that are no rails, and chips that cannot be used, each as a sentence.
    private(set) var skipped = [String]()
    private let devices: String
    /// What each I2C device is: a name stays as long as its device does.
    private var chips = [String: Device]()

    private enum Device {
        case monitor(RailChip)
        case other
    }

    init(root: String) {
        devices = root + "/sys/bus/i2c/devices"
    }

    /// The rails that are there now, leaving out those whose key is in `known`. Lists one directory, and reads the names of
    /// devices that are new and the labels of channels that are no rails so far.
    mutating func scan(except known: Set<String>) -> [RailPlace] {
        var found = [RailPlace]()
        skipped = []
        let names = (try? Directory.names(devices)) ?? []
        if chips.count > names.count { chips = chips.filter { names.contains($0.key) } }
        for name in names {
            let devicePath = "\(devices)/\(name)"
            if chips[name] == nil, let text = try? SmallFile.text(devicePath + "/name", limit: 256) {
                chips[name] = RailChip(rawValue: text).map { .monitor($0) } ?? .other
            }
            guard case .monitor(let chip) = chips[name] else { continue }
            let unknown = chip.channels.filter { !known.contains("\(name).\($0)") }
            if unknown.isEmpty { continue }
            guard let directory = chip.directories(devicePath).first else {
                skipped.append(
                    "\(devicePath) is an \(chip) without an \(chip.directoryKind) directory: its driver is not bound.")
                continue
            }
            for channel in unknown {
                switch Self.classify(chip, directory, channel) {
                case .skip(let reason): skipped.append(reason)
                case .rail(let label):
                    found.append(
                        RailPlace(
                            chip: chip, devicePath: devicePath, deviceName: name, directory: directory,
                            channel: channel, label: label))
                }
            }
        }
        return found
    }

    private enum Classification {
        case rail(label: String)
        case skip(reason: String)
    }

    private static func classify(_ chip: RailChip, _ directory: String, _ channel: Int) -> Classification {
        let input = "\(directory)/\(chip.voltageFile(channel))"
        let label = label(chip, directory, channel)
        guard !label.isEmpty else { return .skip(reason: "\(input) is no rail: it has no label.") }
        // As jetson_stats does: the device tree labels unconnected inputs NC.
        if label.contains("NC") { return .skip(reason: "\(input) is no rail: its label \(label) says not connected.") }
        if let file = try? SysfsNumber("\(directory)/in\(channel)_enable"), file.read() == .value(0) {
            return .skip(reason: "\(input) (\(label)) is switched off.")
        }
        do {
            let file = try SysfsNumber(input)
            if file.read() == .failed(ENODATA) {
                return .skip(reason: "\(input) (\(label)) has no data: the channel is disabled.")
            }
        } catch  where error.errno == .noSuchFileOrDirectory {
            return .skip(reason: "\(input) (\(label)) does not exist.")
        } catch {
            // A rail all the same: why it cannot be read is told by whoever reads it.
        }
        return .rail(label: label)
    }

    static func label(_ chip: RailChip, _ directory: String, _ channel: Int) -> String {
        let text = try? SmallFile.text("\(directory)/\(chip.labelFile(channel))", limit: 256)
        return text ?? chip.labelWithoutFile ?? ""
    }
}
