public import Policy

/// What one minibatch of a workload costs in a power mode.
public struct MinibatchCost: Hashable, Sendable {
    /// Time that the GPU works on one minibatch, milliseconds.
    public var gpuMilliseconds: Double
    /// Time that the CPU takes to load one minibatch, in parallel with the GPU, milliseconds.
    public var loaderMilliseconds: Double
    /// Power added to the idle board while the GPU works on it.
    public var gpuPower: DomainPower
    /// Power added to the idle board while it is loaded.
    public var loaderPower: DomainPower

    /// Makes a cost.
    public init(
        gpuMilliseconds: Double, loaderMilliseconds: Double, gpuPower: DomainPower, loaderPower: DomainPower
    ) {
        self.gpuMilliseconds = gpuMilliseconds
        self.loaderMilliseconds = loaderMilliseconds
        self.gpuPower = gpuPower
        self.loaderPower = loaderPower
    }

    /// Time of one minibatch with loading overlapped (prefetch of one): the slower of the two lanes, milliseconds.
    public var minibatchMilliseconds: Double { max(gpuMilliseconds, loaderMilliseconds) }

    /// Mean power of the board while the workload runs alone and without gaps, `idle` being the board's power without it.
    public func meanPower(idle: DomainPower) -> DomainPower {
        guard minibatchMilliseconds > 0 else { return idle }
        return idle + gpuPower * (gpuMilliseconds / minibatchMilliseconds)
            + loaderPower * (loaderMilliseconds / minibatchMilliseconds)
    }
}

/// How a workload's time and power follow the power mode.
public protocol WorkloadSurface: Sendable {
    /// The cost of one minibatch in `mode`; `idle` is the board's power in that mode with nothing running.
    func cost(in mode: PowerMode, idle: DomainPower) -> MinibatchCost
}
