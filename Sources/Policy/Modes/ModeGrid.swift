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
        self.init(
            ascendingCores: Set(cores).sorted(), cpuKHz: Set(cpuKHz).sorted(), gpuHz: Set(gpuHz).sorted(),
            emcHz: Set(emcHz).sorted())
    }

    /// Takes lists that are known to be ascending, positive and not empty.
    private init(ascendingCores cores: [Int], cpuKHz: [Int], gpuHz: [Int], emcHz: [Int]) {
        self.cores = cores
        self.cpuKHz = cpuKHz
        self.gpuHz = gpuHz
        self.emcHz = emcHz
    }

    /// The 441 modes of a Jetson Orin AGX on which Fulcrum's strategies were evaluated (arXiv 2509.20205).
    public static let orinAGX441 = ModeGrid(
        ascendingCores: [4, 8, 12],
        cpuKHz: [422_400, 729_600, 1_036_800, 1_344_000, 1_651_200, 1_958_400, 2_201_600],
        gpuHz: [
            114_750_000, 318_750_000, 522_750_000, 726_750_000, 930_750_000, 1_134_750_000, 1_300_500_000,
        ],
        emcHz: [665_600_000, 2_133_000_000, 3_199_000_000])

    /// The ascending values of one dimension.
    public subscript(dimension: Dimension) -> [Int] {
        switch dimension {
        case .cores: cores
        case .cpu: cpuKHz
        case .gpu: gpuHz
        case .emc: emcHz
        }
    }

    /// Number of modes; Int.max where there are more.
    public var count: Int { [cores.count, cpuKHz.count, gpuHz.count, emcHz.count].reduce(1, saturatingProduct) }

    /// Every mode, ascending. O(count).
    public var allModes: [PowerMode] {
        cores.flatMap { cores in
            cpuKHz.flatMap { cpu in
                gpuHz.flatMap { gpu in
                    emcHz.map { PowerMode(cores: cores, cpuKHz: cpu, gpuHz: gpu, emcHz: $0) }
                }
            }
        }
    }

    /// The place of `mode` in `allModes`; nil off the grid.
    func index(of mode: PowerMode) -> Int? {
        guard let cores = cores.firstIndex(of: mode.cores), let cpu = cpuKHz.firstIndex(of: mode.cpuKHz),
            let gpu = gpuHz.firstIndex(of: mode.gpuHz), let emc = emcHz.firstIndex(of: mode.emcHz)
        else { return nil }
        return ((cores * cpuKHz.count + cpu) * gpuHz.count + gpu) * emcHz.count + emc
    }

    /// The mode at a place of `allModes`.
    func mode(_ index: Int) -> PowerMode {
        let (rest, emc) = index.quotientAndRemainder(dividingBy: emcHz.count)
        let (upper, gpu) = rest.quotientAndRemainder(dividingBy: gpuHz.count)
        let (core, cpu) = upper.quotientAndRemainder(dividingBy: cpuKHz.count)
        return PowerMode(cores: cores[core], cpuKHz: cpuKHz[cpu], gpuHz: gpuHz[gpu], emcHz: emcHz[emc])
    }

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

    /// At most 3 core counts, 7 CPU, 7 GPU and 3 memory frequencies: of each list the upper ends of equal parts. For the 12
    /// cores, 29 CPU and 4 memory frequencies of an AGX Orin these are the values of the papers' 441-mode grid.
    public func thinned() -> ModeGrid {
        func pick(_ list: [Int], _ count: Int) -> [Int] {
            guard list.count > count else { return list }
            return (1...count).map { list[(list.count * $0 + count - 1) / count - 1] }
        }
        return ModeGrid(
            cores: pick(cores, 3), cpuKHz: pick(cpuKHz, 7), gpuHz: pick(gpuHz, 7), emcHz: pick(emcHz, 3)) ?? self
    }
}

/// The product of two numbers that are not below zero, at most Int.max.
func saturatingProduct(_ left: Int, _ right: Int) -> Int {
    let (product, overflows) = left.multipliedReportingOverflow(by: right)
    return overflows ? .max : product
}
