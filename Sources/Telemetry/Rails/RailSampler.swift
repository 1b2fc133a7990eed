import Glibc
import SystemCalls

/// Reads the board's power rails: every enabled, connected channel of every INA3221.
///
/// Rails are found by the chip's I2C name and their own label, never by an hwmon number. A rail that fails is reported
/// as not valid and tried again at a low rate; the others go on. For one thread: make it where it is used.
public final class RailSampler {
    /// The latest values, in a fixed order: by I2C device, then by channel. Do not keep a copy across `sample(now:)`
    /// where allocation matters: it would have to be copied in full.
    public private(set) var samples: [RailSample]
    /// Channels that are not rails, each with the reason as a sentence.
    public let skipped: [String]
    private let channels: [RailChannel]

    /// Looks for the chips under `root` + "/sys/bus/i2c/devices" and opens their files. No rails is not an error: see
    /// `samples` and `skipped`.
    ///
    /// - Parameters:
    ///   - root: put in front of every path; "" on a board.
    ///   - retryNanoseconds: how long a rail that failed is left alone.
    ///   - maximumGapNanoseconds: readings further apart than this are not joined into energy.
    public init(
        root: String = "", retryNanoseconds: UInt64 = 1_000_000_000, maximumGapNanoseconds: UInt64 = 5_000_000_000
    ) {
        let devices = root + "/sys/bus/i2c/devices"
        var channels = [RailChannel]()
        var skipped = [String]()
        var labels = Set<String>()
        for name in (try? Directory.names(devices)) ?? [] {
            let devicePath = "\(devices)/\(name)"
            guard (try? SmallFile.text(devicePath + "/name", limit: 256)) == "ina3221" else { continue }
            guard let hwmon = RailChannel.hwmonPaths(devicePath).first else {
                skipped.append("\(devicePath) is an ina3221 without an hwmon directory: its driver is not bound.")
                continue
            }
            for channel in 1...3 {
                switch Self.classify(hwmon, channel) {
                case .skip(let reason): skipped.append(reason)
                case .rail(let hardwareLabel):
                    let isFree = labels.insert(hardwareLabel).inserted
                    let label = isFree ? hardwareLabel : "\(hardwareLabel)@\(name).\(channel)"
                    channels.append(
                        RailChannel(
                            devicePath: devicePath, hwmon: hwmon, channel: channel, hardwareLabel: hardwareLabel,
                            label: label, retryNanoseconds: retryNanoseconds,
                            maximumGapNanoseconds: maximumGapNanoseconds))
                }
            }
        }
        self.channels = channels
        self.skipped = skipped
        samples = channels.map { RailSample(label: $0.description.label) }
    }

    /// Reads all rails once into `samples`. `now` is CLOCK_MONOTONIC nanoseconds. Two reads per rail, each an I2C
    /// transfer on a board; no allocation while all rails work.
    public func sample(now: UInt64) {
        for index in channels.indices { channels[index].read(into: &samples[index], now: now) }
    }

    /// What is fixed about each rail, in the order of `samples`.
    public var descriptions: [RailDescription] { channels.map(\.description) }

    /// One sentence for each rail that does not work now.
    public var faults: [String] { channels.compactMap(\.fault) }

    /// The power of `labels` together, in microwatts: the board's total where they are its rule. Nil, which is to be
    /// shown as unmeasured, when one of them is missing or its latest reading failed, or when there are none.
    public func totalMicrowatts(of labels: [String]) -> UInt64? {
        if labels.isEmpty { return nil }
        var sum: UInt64 = 0
        for label in labels {
            guard let sample = samples.first(where: { $0.label == label }), sample.isValid else { return nil }
            sum &+= sample.powerMicrowatts
        }
        return sum
    }

    private enum Classification {
        case rail(label: String)
        case skip(reason: String)
    }

    private static func classify(_ hwmon: String, _ channel: Int) -> Classification {
        let input = "\(hwmon)/in\(channel)_input"
        guard let label = try? SmallFile.text("\(hwmon)/in\(channel)_label", limit: 256), !label.isEmpty else {
            return .skip(reason: "\(input) is no rail: it has no label.")
        }
        // As jetson_stats does: the device tree labels unconnected inputs NC.
        if label.contains("NC") { return .skip(reason: "\(input) is no rail: its label \(label) says not connected.") }
        if let file = try? SysfsNumber("\(hwmon)/in\(channel)_enable"), file.read() == .value(0) {
            return .skip(reason: "\(input) (\(label)) is switched off.")
        }
        if let file = try? SysfsNumber(input), file.read() == .failed(ENODATA) {
            return .skip(reason: "\(input) (\(label)) has no data: the channel is disabled.")
        }
        return .rail(label: label)
    }
}
