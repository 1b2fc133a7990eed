public import Policy

/// The board's power without work, watts, with clocks in GHz:
/// cpu = fixed.cpu + cores * (coreWatts + coreCubicWatts * f^3), gpu = fixed.gpu + gpuCubicWatts * g^3 unless power-gated,
/// memory = fixed.memory + memoryWatts * m.
public struct IdlePower: Hashable, Sendable {
    /// What each domain draws whatever the clocks.
    public var fixed: DomainPower
    /// Each active core.
    public var coreWatts: Double
    /// Each active core, times f cubed.
    public var coreCubicWatts: Double
    /// The GPU, times g cubed.
    public var gpuCubicWatts: Double
    /// The memory, times m.
    public var memoryWatts: Double

    /// Power in `mode`.
    public func power(in mode: PowerMode, gpuIsGated: Bool = false) -> DomainPower {
        let cpuGHz = Double(mode.cpuKHz) / 1e6
        let gpuGHz = gpuIsGated ? 0 : Double(mode.gpuHz) / 1e9
        return fixed
            + DomainPower(
                gpu: gpuCubicWatts * gpuGHz * gpuGHz * gpuGHz,
                cpu: Double(mode.cores) * (coreWatts + coreCubicWatts * cpuGHz * cpuGHz * cpuGHz),
                memory: memoryWatts * Double(mode.emcHz) / 1e9)
    }
}
