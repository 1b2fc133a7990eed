import ArgumentParser
import Evaluation
import Policy

/// How the two workloads of a pair take turns, and in which modes.
struct InterleavingArguments: ParsableArguments {
    @Option(
        help:
            "floor (whole background minibatches within each window, as the paper) or slack (an inference minibatch may start as late as its requests allow) (default: floor).",
        transform: Interleaving.init(named:))
    var interleave: Interleaving?

    @Option(
        help:
            "single (one power mode for both) or per-slice (one for each, with --switch-ms; the objective is then throughput) (default: single).",
        transform: SliceModeChoice.init(named:))
    var modes: SliceModeChoice?

    @Option(
        help: ArgumentHelp("Time of one switch between the two modes; two per window.", valueName: "ms"),
        transform: { try PositiveNumber.parse($0, name: "--switch-ms") })
    var switchMs: Double?

    @Option(
        help: ArgumentHelp("Knobs that may differ between the two modes (default: gpu,cpu,emc).", valueName: "list"),
        transform: MovingKnobs.init(parsing:))
    var switchKnobs: MovingKnobs?

    func options(objective: PairProblem.Objective?) throws -> InterleavingOptions {
        try InterleavingOptions(
            interleaving: interleave, objective: objective, modes: modes, switchMilliseconds: switchMs,
            knobs: switchKnobs)
    }
}
