/// One INA3221 (drivers/hwmon/ina3221.c): three channels, each converted continuously and averaged over `samples`
/// conversions. Pure: time comes in with the power.
public struct PowerMonitor: Sendable {
    /// What the registers of one channel hold.
    public struct Registers: Hashable, Sendable {
        /// Shunt voltage, microvolts: a multiple of 40.
        public var shuntMicrovolts = 0
        /// Bus voltage, millivolts: a multiple of 8.
        public var busMillivolts = 0

        /// Current through a shunt of `microohms`, milliamperes, as the driver computes it.
        public func milliamperes(shuntMicroohms microohms: Int) -> Int {
            microohms > 0 ? shuntMicrovolts * 1000 / microohms : 0
        }
    }

    /// The numbers of samples that the chip can average.
    public static let sampleCounts = [1, 4, 16, 64, 128, 256, 512, 1024]
    /// Two conversions (shunt and bus) of 140 us on three channels: what L4T sets with `samples` 512, "430 ms".
    static let nanosecondsPerSample: UInt64 = 3 * 2 * 140_000

    /// The rail of each channel; nil for one that the device tree disables.
    public let channels: [SupplyRail?]
    /// Conversions averaged for one value; takes effect with the next window.
    public var samples = 512
    /// Registers of each channel, as of the end of the last window.
    public private(set) var registers: [Registers]
    /// Energy of each channel since the start, joules.
    public private(set) var energyJoules: [Double]
    /// When the registers change next, nanoseconds.
    public private(set) var windowEnd: UInt64

    private let scale: Double
    private var windowStart: UInt64
    private var windowJoules: [Double]

    /// Starts the first window at `time` (ns), with the registers showing `power`. Averaging is `scale` times shorter than
    /// the chip's.
    public init(channels: [SupplyRail?], scale: Double, time: UInt64, power: DomainPower) {
        self.channels = channels
        self.scale = max(scale, 1)
        windowStart = time
        windowEnd = time
        energyJoules = [Double](repeating: 0, count: channels.count)
        windowJoules = energyJoules
        registers = [Registers](repeating: Registers(), count: channels.count)
        for index in channels.indices { convert(index, watts: channels[index]?.watts(power) ?? 0) }
        windowEnd = time &+ windowNanoseconds
    }

    /// The length of the averaging window, nanoseconds.
    public var windowNanoseconds: UInt64 {
        max(UInt64(Double(UInt64(samples) * Self.nanosecondsPerSample) / scale), 1)
    }

    /// Adds `power`, constant from `start` to `end` (ns; at or after the last end). O(channels x windows passed).
    public mutating func accumulate(_ power: DomainPower, from start: UInt64, to end: UInt64) {
        var time = start
        while time < end {
            let until = min(end, windowEnd)
            let seconds = Double(until &- time) / 1e9
            for index in channels.indices {
                guard let rail = channels[index] else { continue }
                let joules = rail.watts(power) * seconds
                energyJoules[index] += joules
                windowJoules[index] += joules
            }
            time = until
            if time == windowEnd { endWindow() }
        }
    }

    private mutating func endWindow() {
        let seconds = Double(windowEnd &- windowStart) / 1e9
        for index in channels.indices {
            convert(index, watts: windowJoules[index] / seconds)
            windowJoules[index] = 0
        }
        windowStart = windowEnd
        windowEnd = windowStart &+ windowNanoseconds
    }

    private mutating func convert(_ index: Int, watts: Double) {
        guard let rail = channels[index], rail.millivolts > 0 else { return }
        let microvolts = watts / rail.millivolts * 1e3 * Double(rail.shuntMicroohms)
        registers[index].shuntMicrovolts = Int((min(max(microvolts, 0), 163_800) / 40).rounded()) * 40
        registers[index].busMillivolts = Int((min(rail.millivolts, 32_760) / 8).rounded()) * 8
    }
}
