/// One setting of the board: active CPU cores and the CPU, GPU and memory (EMC) frequency. The `pm` of Fulcrum
/// (arXiv 2509.20205).
public struct PowerMode: Hashable, Sendable {
    /// Active CPU cores, counted from cpu0.
    public var cores: Int
    /// CPU frequency of every active cluster, kHz.
    public var cpuKHz: Int
    /// GPU frequency, Hz.
    public var gpuHz: Int
    /// Memory (EMC) frequency, Hz.
    public var emcHz: Int

    /// Makes a mode; nothing is checked against a board.
    public init(cores: Int, cpuKHz: Int, gpuHz: Int, emcHz: Int) {
        self.cores = cores
        self.cpuKHz = cpuKHz
        self.gpuHz = gpuHz
        self.emcHz = emcHz
    }

    /// The value in one dimension, in the unit of that dimension.
    public subscript(dimension: Dimension) -> Int {
        get {
            switch dimension {
            case .cores: cores
            case .cpu: cpuKHz
            case .gpu: gpuHz
            case .emc: emcHz
            }
        }
        set {
            switch dimension {
            case .cores: cores = newValue
            case .cpu: cpuKHz = newValue
            case .gpu: gpuHz = newValue
            case .emc: emcHz = newValue
            }
        }
    }
}

extension PowerMode: Comparable, CustomStringConvertible {
    /// Orders by cores, then CPU, GPU and memory frequency: a total order, so that no answer depends on hashing.
    public static func < (left: PowerMode, right: PowerMode) -> Bool {
        (left.cores, left.cpuKHz, left.gpuHz, left.emcHz) < (right.cores, right.cpuKHz, right.gpuHz, right.emcHz)
    }

    /// `cores_cpu_gpu_mem`, the spelling of the evaluation tables (kHz, Hz, Hz).
    public var description: String { "\(cores)_\(cpuKHz)_\(gpuHz)_\(emcHz)" }
}

/// The four dimensions of a power mode, in the order in which GMD breaks ties.
public enum Dimension: Int, CaseIterable, Sendable {
    /// Active CPU cores.
    case cores
    /// GPU frequency.
    case gpu
    /// CPU frequency.
    case cpu
    /// Memory (EMC) frequency.
    case emc
}
