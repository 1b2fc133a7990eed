/// The board as the tree shows it at one moment. What nobody measured is nil.
public struct BoardReading: Sendable, Equatable, Encodable {
    /// One fan.
    public struct Fan: Sendable, Equatable, Encodable {
        /// Directory name in the tree.
        public var name: String
        /// What it is driven with, 0 to 255.
        public var pwm: Int?
        /// Revolutions per minute.
        public var rpm: Int?
    }

    /// Version of the daemon.
    public var version: String?
    /// The governor's state, and why.
    public var state: String?
    /// Its last decision, a sentence.
    public var decision: String?
    /// Power of the module, microwatts.
    public var powerMicrowatts: Int?
    /// The budget in force, microwatts.
    public var budgetMicrowatts: Int?
    /// `cores cpu_khz gpu_hz emc_hz`; nil while the board has its stock values.
    public var requestedMode: String?
    /// The same as the knobs read back.
    public var effectiveMode: String?
    /// Power of each rail, microwatts; nil where not measured.
    public var rails: [String: Int?] = [:]
    /// Temperature of each zone, thousandths of a degree Celsius; nil where it has none.
    public var temperatures: [String: Int?] = [:]
    /// The fans.
    public var fans: [Fan] = []
    /// GPU load, per mille.
    public var gpuLoadPermille: Int?
    /// `on` or `gated`.
    public var gpuState: String?
    /// Memory that all processes and the kernel hold for the GPU, bytes.
    public var gpuMemoryBytes: Int?
    /// `power/energy.stat`: microjoules since the daemon's start, by key.
    public var energy: [String: Int] = [:]
    /// Counters of `events` that tell of something lost or unknown, where they are not zero.
    public var losses: [String: Int] = [:]

    private enum CodingKeys: String, CodingKey {
        case version, state, decision, rails = "rails_uw", temperatures = "temperatures_mc", fans
        case powerMicrowatts = "power_uw"
        case budgetMicrowatts = "budget_uw"
        case requestedMode = "mode_requested"
        case effectiveMode = "mode_effective"
        case gpuLoadPermille = "gpu_load_permille"
        case gpuState = "gpu_state"
        case gpuMemoryBytes = "gpu_memory_bytes"
        case energy, losses
    }

    /// What counters of `events` mean a loss.
    static let lossCounters = ["probe_records_lost", "slices_lost", "boundaries_unknown"]

    init() {}

    /// Reads the tree: a few dozen small files, each open, read and close.
    public init(of tree: TreeFiles) {
        version = tree.text("version")
        state = tree.text("state")
        decision = tree.text("decision")
        powerMicrowatts = tree.number("power/total_uw")
        budgetMicrowatts = tree.number("budget/power_uw")
        requestedMode = tree.text("mode/requested")
        effectiveMode = tree.text("mode/effective")
        rails = Self.values(tree, "rail", "power_uw")
        temperatures = Self.values(tree, "thermal", "temp_mc")
        fans = tree.names("fan").map {
            Fan(name: $0, pwm: tree.number("fan/\($0)/pwm"), rpm: tree.number("fan/\($0)/rpm"))
        }
        gpuLoadPermille = tree.number("gpu/load_permille")
        gpuState = tree.text("gpu/state")
        gpuMemoryBytes = tree.number("memory/gpu_bytes")
        energy = tree.numbers("power/energy.stat")
        losses = tree.numbers("events").filter { Self.lossCounters.contains($0.key) && $0.value > 0 }
    }

    private static func values(_ tree: TreeFiles, _ directory: String, _ file: String) -> [String: Int?] {
        Dictionary(tree.names(directory).map { ($0, tree.number("\(directory)/\($0)/\(file)")) }) { first, _ in first }
    }
}
