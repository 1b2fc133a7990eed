/// Power of the parts of the module that the model tells apart, watts. Supply rails are sums of these (`SupplyRail`).
public struct DomainPower: Hashable, Sendable {
    /// GPU and the rest of the SoC outside the CPU clusters.
    public var gpu: Double
    /// CPU clusters.
    public var cpu: Double
    /// DRAM and its controller.
    public var memory: Double
    /// Carrier and all other consumers.
    public var system: Double

    /// Makes a value; all watts.
    public init(gpu: Double = 0, cpu: Double = 0, memory: Double = 0, system: Double = 0) {
        self.gpu = gpu
        self.cpu = cpu
        self.memory = memory
        self.system = system
    }

    /// The module's power.
    public var total: Double { gpu + cpu + memory + system }

    static func + (left: DomainPower, right: DomainPower) -> DomainPower {
        DomainPower(
            gpu: left.gpu + right.gpu, cpu: left.cpu + right.cpu, memory: left.memory + right.memory,
            system: left.system + right.system)
    }

    static func * (power: DomainPower, factor: Double) -> DomainPower {
        DomainPower(
            gpu: power.gpu * factor, cpu: power.cpu * factor, memory: power.memory * factor,
            system: power.system * factor)
    }
}
