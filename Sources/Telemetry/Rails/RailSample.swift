/// The latest value of one power rail. All zero, and not valid, before the first reading.
public struct RailSample: Sendable, Equatable {
    /// The rail's name on the board, as the device tree gives it: VDD_GPU_SOC.
    public let label: String
    /// Bus voltage, mV.
    public internal(set) var millivolts: Int = 0
    /// Current, mA; negative when the rail feeds back.
    public internal(set) var milliamps: Int = 0
    /// When it was read, CLOCK_MONOTONIC nanoseconds; 0 = never.
    public internal(set) var readNanoseconds: UInt64 = 0
    /// Whether the latest attempt to read succeeded. The other values are those of the latest success.
    public internal(set) var isValid = false
    /// Energy since the sampler was made, in microjoules: never falls, and leaves out the times that nobody measured.
    public internal(set) var energyMicrojoules: UInt64 = 0
    /// Time that `energyMicrojoules` leaves out, since the first reading.
    public internal(set) var unmeasuredNanoseconds: UInt64 = 0

    init(label: String) {
        self.label = label
    }

    /// mV times mA; 0 for a current that flows back.
    public var powerMicrowatts: UInt64 {
        // Both are bounded by the reader, so that the product fits.
        UInt64(max(millivolts &* milliamps, 0))
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
    /// Channel of the chip, 1 to 3.
    public let channel: Int
    /// Shunt resistance in microohms; nil where the driver does not say.
    public let shuntMicroohms: Int?
    /// The time that one value is the mean of; nil where the driver does not tell its averaging.
    public let averagingNanoseconds: UInt64?

    /// The smallest step of the power reading at `millivolts`, in microwatts: the chip's 40 uV shunt step over the shunt
    /// (INA3221 data sheet; drivers/hwmon/ina3221.c). Nil where the shunt is not known.
    public func resolutionMicrowatts(atMillivolts millivolts: Int) -> UInt64? {
        guard let shuntMicroohms, shuntMicroohms > 0, millivolts >= 0 else { return nil }
        let (product, overflow) = (40_000 as UInt64).multipliedReportingOverflow(by: UInt64(millivolts))
        return overflow ? nil : product / UInt64(shuntMicroohms)
    }
}
