/// What a setting turns. Told by the path, because the PARAM names change between boards and releases.
public enum PresetKnob: Hashable, Sendable {
    /// Switches this CPU core: 1 on, 0 off.
    case core(Int)
    /// Cap of the clock of this CPU and of all that share it, kHz.
    case cpuMaximum(Int)
    /// Lower bound of that clock, kHz.
    case cpuMinimum(Int)
    /// Cap of the GPU's clock, Hz.
    case gpuMaximum
    /// Lower bound of the GPU's clock, Hz.
    case gpuMinimum
    /// Runtime power management of the GPU: `on` holds it awake, `auto` lets it go.
    case gpuPowerControl
    /// Cap of the memory clock, Hz.
    case emcMaximum
    /// Which TPCs, FBPs or GPCs are gated. Changes only before the first use of the GPU after boot: nvgpu answers
    /// -EBUSY or -ENODEV later (nvgpu os/linux/sysfs.c, tpc_pg_mask_store and fbp_pg_mask_store).
    case powerGatingMask
    /// Anything else: engine clocks, current limits.
    case other

    /// The knob of an argument, by its path, else by its path on the next kernel, else by the names that every file has
    /// used for GPU and memory.
    init(parameter: PresetParameter, argument: PresetArgument) {
        for case .file(let path) in [argument.path, argument.nextKernelPath] {
            let knob = Self(path: path)
            if knob != .other {
                self = knob
                return
            }
        }
        switch (parameter.kind, parameter.name, argument.name) {
        case (.clock, "GPU", "MAX_FREQ"): self = .gpuMaximum
        case (.clock, "GPU", "MIN_FREQ"): self = .gpuMinimum
        case (.clock, "EMC", "MAX_FREQ"): self = .emcMaximum
        default: self = .other
        }
    }

    private init(path: String) {
        let parts = path.split(separator: "/")
        if let knob = Self.cpu(parts) {
            self = knob
            return
        }
        self = .other
        guard let last = parts.last else { return }
        switch parts.suffix(2).joined(separator: "/") {
        case "nvpmodel_emc_cap/emc_iso_cap", "nvpmodel_clk_cap/emc": self = .emcMaximum
        case "power/control": if Self.isGPU(parts) { self = .gpuPowerControl }
        default:
            switch last {
            case "max_freq": if Self.isGPU(parts) { self = .gpuMaximum }
            case "min_freq": if Self.isGPU(parts) { self = .gpuMinimum }
            case "tpc_pg_mask", "fbp_pg_mask", "gpc_pg_mask": self = .powerGatingMask
            default: break
            }
        }
    }

    /// sys/devices/system/cpu/cpuN/online, .../cpuN/cpufreq/scaling_max_freq or .../cpufreq/policyN/scaling_max_freq.
    private static func cpu(_ parts: [Substring]) -> Self? {
        guard parts.count >= 6, parts[..<4].elementsEqual(["sys", "devices", "system", "cpu"]) else { return nil }
        if parts.count == 6, parts[5] == "online" { return number(in: parts[4], after: "cpu").map { .core($0) } }
        guard parts.count == 7 else { return nil }
        let cpu =
            parts[5] == "cpufreq"
            ? number(in: parts[4], after: "cpu")
            : parts[4] == "cpufreq" ? number(in: parts[5], after: "policy") : nil
        switch (parts[6], cpu) {
        case ("scaling_max_freq", let cpu?): return .cpuMaximum(cpu)
        case ("scaling_min_freq", let cpu?): return .cpuMinimum(cpu)
        default: return nil
        }
    }

    private static func number(in part: Substring, after prefix: String) -> Int? {
        guard part.hasPrefix(prefix) else { return nil }
        let digits = part.dropFirst(prefix.count)
        guard digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let number = Int(digits), number < 4_096 else {
            return nil
        }
        return number
    }

    /// Whether a directory on the way is the GPU: 17000000.ga10b, gpu.0, gpu-gpc-0.
    private static func isGPU(_ parts: [Substring]) -> Bool {
        parts.dropLast().contains { $0.split(separator: ".").contains { GPUKnob.isGPU(String($0)) } }
    }
}
