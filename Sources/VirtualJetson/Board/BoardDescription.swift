/// What makes one board different from another, as data.
public struct BoardDescription: Sendable {
    /// One INA3221.
    struct PowerMonitorChip: Sendable {
        /// I2C device name, `BUS-ADDRESS`.
        var device: String
        /// Number of its hwmon device.
        var hwmon: Int
        /// Rails of its three channels; nil for a channel that the device tree disables.
        var channels: [SupplyRail?]
    }

    /// Clock limits of an nvpmodel mode; nil for no cap. The mode's TPC mask is not applied: it needs a reboot.
    public struct Preset: Sendable {
        /// Name on the command line.
        public var name: String
        /// Active cores.
        public var cores: Int
        /// kHz.
        public var cpuMinimumKHz: Int?
        /// kHz.
        public var cpuMaximumKHz: Int?
        /// Hz.
        public var gpuMaximumHz: Int?
        /// Hz.
        public var emcMaximumHz: Int?
    }

    /// Name on the command line.
    public let name: String
    /// Linux for Tegra release on the command line.
    public let release: String
    let model: String
    let compatible: [String]
    let serialNumber: String
    /// The line of /etc/nv_tegra_release.
    let releaseLine: String
    let cores: Int
    let coresPerCluster: Int
    let cpuKHz: [Int]
    let gpuHz: [Int]
    let emcHz: [Int]
    /// Name of the GPU's platform device and of its device-tree node.
    let gpuDevice: String
    let gpuNode: String
    let i2cAdapter: String
    let chips: [PowerMonitorChip]
    let thermalZones: [(type: String, domain: ThermalDomain)]
    let idle: IdlePower
    /// The nvpmodel modes, the boot default among them.
    public let presets: [Preset]
    /// The mode that a board boots into.
    public let defaultPreset: String

    enum ThermalDomain: Sendable { case gpu, cpu, soc, hottest }

    /// All boards there are.
    public static let all = [agxOrin64GB]

    /// The board of that name and release, nil where there is none.
    public static func named(_ name: String, release: String) -> BoardDescription? {
        all.first { $0.name == name && $0.release == release }
    }
}
