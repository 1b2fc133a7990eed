import SystemCalls

/// The power monitors of NVIDIA's boards, by driver: what each is called and how it lays out its files.
public enum RailChip: String, CaseIterable, Sendable {
    /// INA3221 as hwmon, kernels 5.10 and later (drivers/hwmon/ina3221.c).
    case ina3221
    /// INA3221 as an IIO device, kernel 4.9 of L4T r32 (drivers/staging/iio/meter/ina3221.c of that tree).
    case ina3221x
    /// INA238 as hwmon: the input of Thor boards (drivers/hwmon/ina238.c).
    case ina238

    /// The directories of the chip's values below its I2C device; more than one only while a driver changes hands.
    func directories(_ devicePath: String) -> [String] {
        switch self {
        case .ina3221, .ina238:
            let names = (try? Directory.names(devicePath + "/hwmon")) ?? []
            return names.filter { $0.hasPrefix("hwmon") }.map { "\(devicePath)/hwmon/\($0)" }
        case .ina3221x:
            let names = (try? Directory.names(devicePath)) ?? []
            return names.filter { $0.hasPrefix("iio:device") }.map { "\(devicePath)/\($0)" }
        }
    }

    /// What `directories` looks for, in words.
    var directoryKind: String { self == .ina3221x ? "iio" : "hwmon" }

    /// The channels as the driver numbers them.
    var channels: ClosedRange<Int> {
        switch self {
        case .ina3221: 1...3
        case .ina3221x: 0...2
        case .ina238: 1...1
        }
    }

    func labelFile(_ channel: Int) -> String {
        self == .ina3221x ? "rail_name_\(channel)" : "in\(channel)_label"
    }

    /// mV.
    func voltageFile(_ channel: Int) -> String {
        self == .ina3221x ? "in_voltage\(channel)_input" : "in\(channel)_input"
    }

    /// mA.
    func currentFile(_ channel: Int) -> String {
        self == .ina3221x ? "in_current\(channel)_input" : "curr\(channel)_input"
    }

    /// uW, where the chip multiplies itself and with more digits than its voltage and current show.
    func powerFile(_ channel: Int) -> String? {
        self == .ina238 ? "power\(channel)_input" : nil
    }

    /// What a rail is called whose driver has no label: Thor's INA238 measures the module's input.
    var labelWithoutFile: String? { self == .ina238 ? "VIN" : nil }

    /// One step of the shunt voltage, nanovolts (data sheets SBOS576, SLYS027; the INA238 in its default range).
    var shuntStepNanovolts: UInt64 { self == .ina238 ? 5_000 : 40_000 }

    /// One step of the bus voltage, microvolts.
    var busStepMicrovolts: UInt64 { self == .ina238 ? 3_125 : 8_000 }

    /// The window of one value, given what the file `samples` says.
    ///
    /// INA3221: bus and shunt conversion of 140 us each, as L4T sets them, on 3 channels, `samples` times (nvpower.sh of
    /// L4T: "2 * 140us * 3 channels * 512" is 430 ms). Not from update_interval: older drivers leave the averaging out of
    /// it when it is read. INA238: 16 times three conversions of 1,052 us, as its driver sets it (ADC_CONFIG 0xfb6a).
    func averagingNanoseconds(samples: Int?) -> UInt64? {
        switch self {
        case .ina3221:
            // The chip averages over 1 to 1024 samples.
            guard let samples, (1...1_024).contains(samples) else { return nil }
            return UInt64(samples) * 2 * 140_000 * 3
        case .ina3221x: return nil
        case .ina238: return 16 * 3 * 1_052_000
        }
    }
}
