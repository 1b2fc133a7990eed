/// The latest value of one power rail. All zero, and not valid, before the first reading.
public struct RailSample: Sendable, Equatable {
    /// The rail's name on the board, as the device tree gives it: VDD_GPU_SOC.
    public let label: String
    /// Bus voltage, mV.
    public internal(set) var millivolts: Int = 0
    /// Current, mA; negative when the rail feeds back.
    public internal(set) var milliamps: Int = 0
    /// Power, uW: the chip's own product where it has one, else mV times mA; 0 for a current that flows back.
    public internal(set) var powerMicrowatts: UInt64 = 0
    /// When it was read, CLOCK_MONOTONIC nanoseconds; 0 = never.
    public internal(set) var readNanoseconds: UInt64 = 0
    /// Whether the latest attempt to read succeeded. The other values are those of the latest success.
    public internal(set) var isValid = false
    /// Energy since the sampler was made, in microjoules: never falls, and leaves out the times that nobody measured. As
    /// each value is the mean of a window that is over, this is the energy drawn up to one averaging window before
    /// `readNanoseconds`.
    public internal(set) var energyMicrojoules: UInt64 = 0
    /// How far `energyMicrojoules` can be from the energy that was drawn in the measured time, in microjoules: a bound, not
    /// a deviation; see `EnergyIntegral` for what it holds. Nil where the shunt or the averaging is not known.
    public internal(set) var errorMicrojoules: UInt64?
    /// Time that `energyMicrojoules` leaves out, since the first reading.
    public internal(set) var unmeasuredNanoseconds: UInt64 = 0

    init(label: String) {
        self.label = label
    }

    /// Nanoseconds since the reading. The value itself is a mean over the window before the reading.
    public func ageNanoseconds(now: UInt64) -> UInt64 {
        now > readNanoseconds ? now - readNanoseconds : 0
    }
}

/// What is fixed about one rail.
public struct RailDescription: Sendable, Equatable {
    /// The rail's name on the board, unique among the sampler's rails.
    public let label: String
    /// I2C device name, "1-0040".
    public let device: String
    /// Channel of the chip as its driver numbers it: from 1 in hwmon, from 0 in IIO.
    public let channel: Int
    /// What measures it.
    public let chip: RailChip
    /// Shunt resistance in microohms; nil where the driver does not say.
    public let shuntMicroohms: Int?
    /// The time that one value is the mean of; nil where the driver does not tell its averaging.
    public let averagingNanoseconds: UInt64?

    /// The smallest step of the power reading at `millivolts`, in microwatts: the chip's shunt step over the shunt
    /// (INA3221 data sheet: 40 uV; drivers/hwmon/ina3221.c). Nil where the shunt is not known.
    public func resolutionMicrowatts(atMillivolts millivolts: Int) -> UInt64? {
        guard let shuntMicroohms, shuntMicroohms > 0, millivolts >= 0 else { return nil }
        let (product, overflow) = chip.shuntStepNanovolts.multipliedReportingOverflow(by: UInt64(millivolts))
        return overflow ? nil : product / UInt64(shuntMicroohms)
    }

    /// How far rounding to the chip's steps can move the power of one reading, in microwatts: with voltage U and current I
    /// known to half a step u and i, |U I - U' I'| <= U i + I u + u i. Offset and gain of the chip and the tolerance of the
    /// shunt come on top; nobody states them on the board. Nil where the shunt is not known.
    public func uncertaintyMicrowatts(atMillivolts millivolts: Int, milliamps: Int) -> UInt64? {
        guard let resolution = resolutionMicrowatts(atMillivolts: millivolts), let shuntMicroohms else { return nil }
        let halfBusMicrovolts = chip.busStepMicrovolts / 2
        let halfStepMicroamps = chip.shuntStepNanovolts * 1_000 / UInt64(shuntMicroohms) / 2
        let (ofBus, overflow) = milliamps.magnitude.multipliedReportingOverflow(by: UInt(halfBusMicrovolts))
        if overflow { return nil }
        let (ofBoth, bothOverflow) = halfStepMicroamps.multipliedReportingOverflow(by: halfBusMicrovolts)
        return bothOverflow ? nil : resolution / 2 &+ UInt64(ofBus) / 1_000 &+ ofBoth / 1_000_000 &+ 1
    }
}
