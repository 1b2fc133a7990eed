/// Knobs of a power mode that may move between slices. The core count never does: taking a CPU on or off line takes
/// long, and moves the threads and interrupts of whoever runs there.
public struct MovingKnobs: OptionSet, Hashable, Sendable {
    /// A bit per knob.
    public let rawValue: UInt8

    /// Takes the bits of known knobs; others are dropped.
    public init(rawValue: UInt8) { self.rawValue = rawValue & 7 }

    /// The GPU's frequency.
    public static let gpu = MovingKnobs(rawValue: 1)
    /// The CPUs' frequency.
    public static let cpu = MovingKnobs(rawValue: 2)
    /// The memory's frequency.
    public static let emc = MovingKnobs(rawValue: 4)
    /// All that can move.
    public static let all: MovingKnobs = [.gpu, .cpu, .emc]

    /// Every set of them that is not empty, those of fewer knobs first.
    public static let choices: [MovingKnobs] = (1...7).map { MovingKnobs(rawValue: $0) }
        .sorted { ($0.rawValue.nonzeroBitCount, $0.rawValue) < ($1.rawValue.nonzeroBitCount, $1.rawValue) }

    /// The knobs in which two modes differ; nil where they differ in the core count.
    public init?(from left: PowerMode, to right: PowerMode) {
        guard left.cores == right.cores else { return nil }
        var knobs: MovingKnobs = []
        if left.gpuHz != right.gpuHz { knobs.insert(.gpu) }
        if left.cpuKHz != right.cpuKHz { knobs.insert(.cpu) }
        if left.emcHz != right.emcHz { knobs.insert(.emc) }
        self = knobs
    }
}

extension MovingKnobs: CustomStringConvertible {
    /// The names of the knobs with `+` between: `gpu+emc`; `none` for none.
    public var description: String {
        let names = [(MovingKnobs.gpu, "gpu"), (.cpu, "cpu"), (.emc, "emc")].filter { contains($0.0) }.map(\.1)
        return names.isEmpty ? "none" : names.joined(separator: "+")
    }
}

/// What a switch between two modes costs a board, by the knobs that move. Measured there; see `SwitchGate`.
public struct SwitchCost: Hashable, Sendable {
    /// The cost of one switch.
    public struct Switch: Hashable, Sendable {
        /// From the first write until the new mode is in effect, during which the GPU runs nothing, seconds.
        public var seconds: Double
        /// Energy that the module draws meanwhile, joules.
        public var joules: Double

        /// Makes a cost; nothing is checked.
        public init(seconds: Double, joules: Double = 0) {
            self.seconds = seconds
            self.joules = joules
        }
    }

    /// By raw value of the moving knobs.
    private var switches = [Switch?](repeating: nil, count: 8)

    /// No switch is allowed until it is given a cost.
    public init() {}

    /// The same cost for each set of knobs within `knobs`, and no other set.
    public init(_ cost: Switch, moving knobs: MovingKnobs = .all) {
        for choice in MovingKnobs.choices where choice.isSubset(of: knobs) { self[choice] = cost }
    }

    /// The cost where these knobs move; nil where they may not. A set without a cost of its own, or with a longer one,
    /// costs what the quickest larger set does, as a knob can be written its own value. A cost that is not a number of
    /// at least 0 is none.
    public subscript(knobs: MovingKnobs) -> Switch? {
        get {
            if knobs.isEmpty { return Switch(seconds: 0) }
            return MovingKnobs.choices.filter { $0.isSuperset(of: knobs) }.compactMap { switches[Int($0.rawValue)] }
                .min { ($0.seconds, $0.joules) < ($1.seconds, $1.joules) }
        }
        set {
            let isCost = newValue.map { $0.seconds >= 0 && $0.seconds.isFinite && $0.joules >= 0 && $0.joules.isFinite }
            switches[Int(knobs.rawValue)] = isCost == true ? newValue : nil
        }
    }
}
