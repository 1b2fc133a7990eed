public import Policy

/// What a preset says about the four dimensions of a power mode. Nil where it says nothing or sets no cap.
public struct PresetLimits: Hashable, Sendable {
    /// Cores that are on. Counted are those that the preset switches on, and cpu0, which no board can switch off. A
    /// core that the preset does not mention stays as it is, so nothing is known of it and it is not counted. Nil if
    /// the preset mentions no core.
    public let cores: Int?
    /// The lowest cap of the CPU clocks, kHz. The clock of a core that the preset switches off is not looked at: such a
    /// cap cannot be written.
    public let cpuKHz: Int?
    /// The cap of the GPU, Hz.
    public let gpuHz: Int?
    /// The cap of the memory, Hz.
    public let emcHz: Int?

    /// Reads the settings in their order: of two that turn the same knob the later one counts, as on the board.
    init(_ settings: [PresetSetting]) {
        var switches: [Int: Bool] = [:]
        var cpuCaps: [Int: Int?] = [:]
        var gpuHz: Int?
        var emcHz: Int?
        for setting in settings {
            switch setting.knob {
            case .core(let number): switches[number] = number == 0 || [.text("1"), .number(1)].contains(setting.value)
            case .cpuMaximum(let number): cpuCaps[number] = .some(setting.cap)
            case .gpuMaximum: gpuHz = setting.cap
            case .emcMaximum: emcHz = setting.cap
            case .cpuMinimum, .gpuMinimum, .gpuPowerControl, .powerGatingMask, .other: break
            }
        }
        if switches.isEmpty {
            cores = nil
        } else {
            switches[0] = true
            cores = switches.values.count { $0 }
        }
        cpuKHz = cpuCaps.compactMap { switches[$0.key] == false ? nil : $0.value }.min()
        self.gpuHz = gpuHz
        self.emcHz = emcHz
    }

    /// The mode that these limits mean on `grid`: no limit is the top; one between two operating points is the lower of
    /// them, as the kernel rounds a cap; one below the lowest is the lowest.
    public func powerMode(on grid: ModeGrid) -> PowerMode {
        func highest(_ dimension: Dimension, within limit: Int?) -> Int {
            let values = grid[dimension]
            guard let limit else { return values[values.count - 1] }
            return values.last { $0 <= limit } ?? values[0]
        }
        return PowerMode(
            cores: highest(.cores, within: cores), cpuKHz: highest(.cpu, within: cpuKHz),
            gpuHz: highest(.gpu, within: gpuHz), emcHz: highest(.emc, within: emcHz))
    }
}

extension Preset {
    /// What this preset says about cores and clocks. O(settings).
    public var limits: PresetLimits { PresetLimits(settings) }

    /// The mode of `grid` that this preset means; see `PresetLimits`. Lower bounds, power-gating masks and engine
    /// clocks are not part of a mode. O(settings + grid values).
    public func powerMode(on grid: ModeGrid) -> PowerMode { limits.powerMode(on: grid) }

    /// Whether the preset sets a power-gating mask: if that differs from the one in force, nvpmodel asks for a reboot.
    public var setsPowerGatingMask: Bool { settings.contains { $0.knob == .powerGatingMask } }
}
