public import Policy

/// The clocks that the knobs leave to the engine.
public struct Clocks: Hashable, Sendable {
    /// What work runs at.
    public var working: PowerMode
    /// CPU clock without work, kHz: lower than the working one under a governor that follows load.
    public var restingCPUKHz: Int
    /// GPU clock after half a second without work, Hz.
    public var restingGPUHz: Int
    /// Whether an idle GPU may be power-gated.
    public var gpuMayGate: Bool

    /// Makes a set of clocks.
    public init(working: PowerMode, restingCPUKHz: Int, restingGPUHz: Int, gpuMayGate: Bool) {
        self.working = working
        self.restingCPUKHz = restingCPUKHz
        self.restingGPUHz = restingGPUHz
        self.gpuMayGate = gpuMayGate
    }
}
