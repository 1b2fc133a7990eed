/// Reads the board's power rails: every enabled, connected channel of every power monitor (`RailChip`).
///
/// Rails are found by the chip's I2C name and their own label, never by an hwmon number. A rail that fails is reported
/// as not valid and tried again at a low rate; the others go on. A rail that appears later is found by a look around at a
/// lower rate. For one thread: make it where it is used.
public final class RailSampler {
    /// The latest values, in a fixed order: by I2C device, then by channel; rails that appeared later come last. Do not keep a
    /// copy across `sample(now:)` where allocation matters: it would have to be copied in full.
    public private(set) var samples: [RailSample] = []
    /// Channels that are not rails, each with the reason as a sentence.
    public var skipped: [String] { discovery.skipped }
    private var channels: [RailChannel] = []
    private var discovery: RailDiscovery
    private var scanAt: UInt64?
    private let scanNanoseconds: UInt64
    private let retryNanoseconds: UInt64
    private let maximumGapNanoseconds: UInt64

    /// Looks for the chips under `root` + "/sys/bus/i2c/devices" and opens their files. No rails is not an error: see
    /// `samples` and `skipped`.
    ///
    /// - Parameters:
    ///   - root: put in front of every path; "" on a board.
    ///   - retryNanoseconds: how long a rail that failed is left alone.
    ///   - scanNanoseconds: how often new rails are looked for; costs one listing of the I2C devices.
    ///   - maximumGapNanoseconds: readings further apart than this are not joined into energy.
    public init(
        root: String = "", retryNanoseconds: UInt64 = 1_000_000_000, scanNanoseconds: UInt64 = 10_000_000_000,
        maximumGapNanoseconds: UInt64 = 5_000_000_000
    ) {
        self.retryNanoseconds = retryNanoseconds
        self.scanNanoseconds = scanNanoseconds
        self.maximumGapNanoseconds = maximumGapNanoseconds
        discovery = RailDiscovery(root: root)
        lookForRails()
    }

    /// Reads all rails once into `samples`. `now` is CLOCK_MONOTONIC nanoseconds. Two or three reads per rail, each an I2C
    /// transfer on a board; no allocation while all rails work, but for the look around.
    public func sample(now: UInt64) {
        let due = scanAt ?? now &+ scanNanoseconds
        if now >= due { lookForRails() }
        scanAt = now >= due ? now &+ scanNanoseconds : due
        for index in channels.indices { channels[index].read(into: &samples[index], now: now) }
    }

    private func lookForRails() {
        for place in discovery.scan(except: Set(channels.map(\.key))) {
            let isFree = !samples.contains { $0.label == place.label }
            let label = isFree ? place.label : "\(place.label)@\(place.key)"
            channels.append(
                RailChannel(
                    place, label: label, retryNanoseconds: retryNanoseconds,
                    maximumGapNanoseconds: maximumGapNanoseconds))
            samples.append(RailSample(label: label))
        }
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
}
