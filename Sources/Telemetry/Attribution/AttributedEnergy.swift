/// The energy that one process has got.
public struct ProcessEnergy: Hashable, Sendable {
    /// Which process.
    public let process: ProcessIdentity
    /// Of rails that feed the GPU, microjoules; nil while its GPU time is unmeasured.
    public let gpuMicrojoules: UInt64?
    /// Of rails that feed the CPU, microjoules; nil while its CPU time is unmeasured.
    public let cpuMicrojoules: UInt64?
    /// Of rails that nobody has alone, microjoules: always modelled.
    public let sharedMicrojoules: UInt64
    /// Derived while every microjoule was split over a known idle floor, by busy time, on a rail of the GPU's own.
    public let gpuProvenance: Provenance
    /// The same for the CPU.
    public let cpuProvenance: Provenance
    /// Mean power over the last window that was settled, uW; nil before the first.
    public let powerMicrowatts: UInt64?
    /// Whether it was missing from the last list of processes: what it used in the last averaging window is still to come.
    public let isGone: Bool

    /// All three together, microjoules.
    public var totalMicrojoules: UInt64 { (gpuMicrojoules ?? 0) &+ (cpuMicrojoules ?? 0) &+ sharedMicrojoules }
}

/// Where the energy of one rail went. For a rail with parts the numbers include the parts'.
public struct RailAccount: Hashable, Sendable {
    /// The rail's label.
    public let label: String
    /// What its counter had counted when everybody's times were known last, microjoules, also before it was restarted.
    /// Always `attributedMicrojoules` plus `unattributedMicrojoules`.
    public internal(set) var energyMicrojoules: UInt64 = 0
    /// What its counter has counted since, microjoules: not split yet.
    public internal(set) var pendingMicrojoules: UInt64 = 0
    /// What processes got, those that have exited included, microjoules.
    public internal(set) var attributedMicrojoules: UInt64 = 0
    /// What nobody got, microjoules: the idle floor, the rest of the system, and what came before anybody was followed.
    public internal(set) var unattributedMicrojoules: UInt64 = 0
    /// The idle floor of the last window, uW; nil where none was known.
    public internal(set) var floorMicrowatts: UInt64?

    init(label: String) {
        self.label = label
    }
}

/// The energy of all processes that have exited.
public struct ExitedEnergy: Hashable, Sendable {
    /// How many there were.
    public internal(set) var processes: UInt64 = 0
    /// As in `ProcessEnergy`, microjoules.
    public internal(set) var gpuMicrojoules: UInt64 = 0
    /// As in `ProcessEnergy`, microjoules.
    public internal(set) var cpuMicrojoules: UInt64 = 0
    /// As in `ProcessEnergy`, microjoules.
    public internal(set) var sharedMicrojoules: UInt64 = 0

    /// All three together, microjoules.
    public var totalMicrojoules: UInt64 { gpuMicrojoules &+ cpuMicrojoules &+ sharedMicrojoules }

    mutating func add(_ other: ExitedEnergy) {
        processes &+= other.processes
        gpuMicrojoules &+= other.gpuMicrojoules
        cpuMicrojoules &+= other.cpuMicrojoules
        sharedMicrojoules &+= other.sharedMicrojoules
    }
}
