/// One process as the tree shows it at one moment. What nobody measured is nil.
public struct ProcessReading: Sendable, Equatable, Encodable {
    /// Thread group id in the initial pid namespace.
    public var pid: Int32
    /// Who it belongs to, by name where the machine knows one.
    public var user: String?
    /// Its command name, /proc/PID/comm.
    public var command: String?
    /// The workload that it is a process of.
    public var workload: String?
    /// Share of the last second in which it had the GPU, per mille.
    public var gpuPermille: Int?
    /// GPU time per second over the last five seconds, or the last one while fewer than three were watched, milliseconds.
    public var gpuMillisecondsPerSecond: Double?
    /// Power attributed to it in the last second, microwatts.
    public var powerMicrowatts: Int?
    /// Energy attributed to it since it was first seen, microjoules.
    public var energyMicrojoules: Int?
    /// GPU memory that it holds, bytes.
    public var memoryBytes: Int?
    /// Minibatches per second over the last five seconds.
    public var minibatchesPerSecond: Double?
    /// Where its GPU time comes from: `ctxsw`, `cuda launches`, `cuda boundaries`.
    public var source: String?

    private enum CodingKeys: String, CodingKey {
        case pid, user, command, workload, source
        case gpuPermille = "gpu_permille"
        case gpuMillisecondsPerSecond = "gpu_ms_per_s"
        case powerMicrowatts = "power_uw"
        case energyMicrojoules = "energy_uj"
        case memoryBytes = "memory_bytes"
        case minibatchesPerSecond = "minibatches_per_s"
    }
}

/// What the table is sorted by, largest first; what is not measured comes last.
public enum ProcessOrder: String, CaseIterable, Sendable {
    /// GPU time.
    case gpu
    /// Power.
    case power
    /// Energy.
    case energy
    /// GPU memory.
    case memory

    /// The order that a key of the keyboard chooses.
    init?(key: UInt8) {
        switch key {
        case UInt8(ascii: "g"): self = .gpu
        case UInt8(ascii: "p"): self = .power
        case UInt8(ascii: "j"): self = .energy
        case UInt8(ascii: "m"): self = .memory
        default: return nil
        }
    }

    private func value(_ process: ProcessReading) -> Double {
        let value: Double? =
            switch self {
            case .gpu: process.gpuPermille.map(Double.init) ?? process.gpuMillisecondsPerSecond
            case .power: process.powerMicrowatts.map(Double.init)
            case .energy: process.energyMicrojoules.map(Double.init)
            case .memory: process.memoryBytes.map(Double.init)
            }
        return value ?? -.infinity
    }

    func sorted(_ processes: [ProcessReading]) -> [ProcessReading] {
        processes.sorted { (value($1), $0.pid) < (value($0), $1.pid) }
    }
}
