import ArgumentParser
import Evaluation

/// How networks learn.
struct ScheduleArguments: ParsableArguments {
    @Option(
        help:
            "standard (logarithmic scales, no dropout, cross-validated) or paper (PowerTrain's own) (default: standard).",
        transform: TrainingSchedule.Name.init(named:))
    var schedule: TrainingSchedule.Name?

    @Option(
        help: ArgumentHelp("Training steps of each network, where the schedule's own are not wanted.", valueName: "n"))
    var steps: Int?

    @Option(
        help: ArgumentHelp("mse or mape; the schedule's own is mse.", valueName: "mse|mape"),
        transform: LossName.init(named:))
    var loss: LossName?

    /// Whether the command line says anything of it.
    var isGiven: Bool { schedule != nil || steps != nil || loss != nil }

    func chosen() throws -> TrainingSchedule {
        try TrainingSchedule(schedule ?? .standard, steps: steps, loss: loss?.loss)
    }
}
