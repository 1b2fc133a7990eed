public import Policy

/// Whether the slices of both workloads share one power mode.
public enum SliceModeChoice: String, NamedChoice {
    /// One mode for both.
    case single
    /// Each workload's slices in a mode of their own.
    case perSlice = "per-slice"

    /// `choice of modes`.
    public static var noun: String { "choice of modes" }
}

/// How the two workloads of a pair take turns, and in which modes.
public struct InterleavingOptions: Hashable, Sendable {
    /// How they take turns.
    public let interleaving: Interleaving
    /// What is maximised.
    public let objective: PairProblem.Objective
    /// Whether each workload's slices have a mode of their own.
    public let modes: SliceModeChoice
    /// The time of a switch, milliseconds; nil with one mode.
    public let switchMilliseconds: Double?
    /// The knobs that may move.
    public let knobs: MovingKnobs

    /// Takes the command line's options, nil where one was not given. Throws where they do not go together.
    public init(
        interleaving: Interleaving? = nil, objective: PairProblem.Objective? = nil, modes: SliceModeChoice? = nil,
        switchMilliseconds: Double? = nil, knobs: MovingKnobs? = nil
    ) throws(EvaluationError) {
        self.interleaving = interleaving ?? .floor
        self.modes = modes ?? .single
        self.knobs = knobs ?? .all
        self.switchMilliseconds = switchMilliseconds
        guard self.modes == .perSlice else {
            guard switchMilliseconds == nil, knobs == nil else {
                throw EvaluationError(
                    "--switch-ms and --switch-knobs say what a mode per slice costs. Add --modes per-slice, or leave them out."
                )
            }
            self.objective = objective ?? .window
            return
        }
        guard let switchMilliseconds else {
            throw EvaluationError(
                "--modes per-slice needs --switch-ms: a plan without the cost of its switches would promise too much.")
        }
        guard switchMilliseconds >= 0, switchMilliseconds.isFinite else {
            throw EvaluationError("--switch-ms must be finite and not below 0.")
        }
        guard objective != .window else {
            throw EvaluationError(
                "--modes per-slice goes with --objective throughput: the papers' count per window has no switches in it."
            )
        }
        self.objective = .throughput
    }

    /// The cost of a switch where slices have modes of their own.
    public var switchCost: SwitchCost? {
        guard modes == .perSlice, let switchMilliseconds else { return nil }
        return SwitchCost(SwitchCost.Switch(seconds: switchMilliseconds / 1000), moving: knobs)
    }

    /// The question of one configuration.
    public func problem(_ limits: Limits, background: PairProblem.Background) -> PairProblem {
        PairProblem(limits, objective: objective, background: background, interleaving: interleaving)
    }

    /// The plans with a mode per slice; nil with one mode.
    public var slices: SliceModes<PairProblem>? { switchCost.map { .perSlice($0) } }
}

extension MovingKnobs {
    /// The knobs of a list such as `gpu,emc`.
    public init(parsing text: String) throws(EvaluationError) {
        self = []
        for name in text.split(separator: ",", omittingEmptySubsequences: false) {
            switch name {
            case "gpu": insert(.gpu)
            case "cpu": insert(.cpu)
            case "emc": insert(.emc)
            default:
                throw EvaluationError(
                    "There is no knob \(name.prefix(40).debugDescription) that moves per slice. Choose of gpu, cpu, emc, with "
                        + "commas between them; the core count never moves.")
            }
        }
    }
}
