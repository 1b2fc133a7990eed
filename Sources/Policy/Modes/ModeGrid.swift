/// The modes that a search may use: the product of four ascending lists.
public struct ModeGrid: Hashable, Sendable {
    /// Active core counts, ascending.
    public let cores: [Int]
    /// CPU frequencies, kHz, ascending.
    public let cpuKHz: [Int]
    /// GPU frequencies, Hz, ascending.
    public let gpuHz: [Int]
    /// Memory (EMC) frequencies, Hz, ascending.
    public let emcHz: [Int]

    /// Sorts the lists and drops repeats. Nil if one is empty or holds a value below 1: such a grid has no mode.
    public init?(cores: [Int], cpuKHz: [Int], gpuHz: [Int], emcHz: [Int]) {
        let lists = [cores, cpuKHz, gpuHz, emcHz]
        guard lists.allSatisfy({ list in !list.isEmpty && list.allSatisfy { $0 > 0 } }) else { return nil }
        self.cores = Set(cores).sorted()
        self.cpuKHz = Set(cpuKHz).sorted()
        self.gpuHz = Set(gpuHz).sorted()
        self.emcHz = Set(emcHz).sorted()
    }

    /// The ascending values of one dimension.
    public subscript(dimension: Dimension) -> [Int] {
        switch dimension {
        case .cores: cores
        case .cpu: cpuKHz
        case .gpu: gpuHz
        case .emc: emcHz
        }
    }

    /// Number of modes.
    public var count: Int { cores.count * cpuKHz.count * gpuHz.count * emcHz.count }

    /// Whether `mode` lies on the grid.
    public func contains(_ mode: PowerMode) -> Bool {
        Dimension.allCases.allSatisfy { self[$0].contains(mode[$0]) }
    }

    /// The mode of the lowest values.
    public var lowest: PowerMode { mode { $0[0] } }

    /// The mode of the highest values: nvpmodel's MAXN.
    public var highest: PowerMode { mode { $0[$0.count - 1] } }

    /// The mode of the middle values, index floor((n - 1) / 2) of each list: where GMD starts.
    public var midpoint: PowerMode { mode { $0[($0.count - 1) / 2] } }

    private func mode(_ pick: ([Int]) -> Int) -> PowerMode {
        PowerMode(cores: pick(cores), cpuKHz: pick(cpuKHz), gpuHz: pick(gpuHz), emcHz: pick(emcHz))
    }
}
