/// What was evaluated, for the summary.
public struct Subject: Hashable, Sendable {
    /// `train`, `infer` or `pair`.
    public var problem: String
    /// The strategy's name.
    public var strategy: String
    /// The table of the training, as it was named; nil where there is none.
    public var train: String?
    /// The table of the (urgent) inference; nil where there is none.
    public var infer: String?
    /// The table of the inference that is not urgent; nil where there is none.
    public var nonUrgent: String?
    /// The first table or model file that the strategy started from; nil where there is none.
    public var reference: String? { references.first }
    /// All tables and model files that the strategy started from, as they were named.
    public var references: [String]
    /// What the first of them was made from, where it is a model: workload and board.
    public var referenceWorkload: String?
    /// What a pair maximises; nil for the other problems.
    public var objective: String?
    /// How inference and background take turns; nil where nothing runs in the background.
    public var interleaving: String?
    /// `single` where all slices share one mode, `per-slice` where each workload's have their own; nil as above.
    public var sliceModes: String?
    /// The time of a switch of modes, milliseconds; nil where there is none.
    public var switchMilliseconds: Double?
    /// Modes that could be chosen.
    public var modes: Int
    /// Points that could be chosen: modes, and with an inference minibatch sizes of each.
    public var points: Int
    /// Seed of strategies that draw; without effect on the others.
    public var seed: UInt64

    /// Describes a run.
    public init(
        problem: String, strategy: String, train: String? = nil, infer: String? = nil, nonUrgent: String? = nil,
        references: [String] = [], referenceWorkload: String? = nil, objective: String? = nil,
        interleaving: String? = nil, sliceModes: String? = nil, switchMilliseconds: Double? = nil, modes: Int,
        points: Int, seed: UInt64
    ) {
        self.problem = problem
        self.strategy = strategy
        self.train = train
        self.infer = infer
        self.nonUrgent = nonUrgent
        self.references = references
        self.referenceWorkload = referenceWorkload
        self.objective = objective
        self.interleaving = interleaving
        self.sliceModes = sliceModes
        self.switchMilliseconds = switchMilliseconds
        self.modes = modes
        self.points = points
        self.seed = seed
    }
}
