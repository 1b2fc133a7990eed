public import Policy

/// How a network learns: `--schedule`, with `--steps` and `--loss`.
public struct TrainingSchedule: Hashable, Sendable {
    /// The named sets of choices.
    public enum Name: String, NamedChoice {
        /// PowerTrain's own: as many steps as its authors took, dropout, unscaled targets (arXiv 2407.13944).
        case paper
        /// Fulcrum's: logarithmic inputs and targets, a transfer from the scaled reference, fewer steps.
        case standard

        /// `schedule`.
        public static var noun: String { "schedule" }
    }

    /// Fulcrum's, unchanged.
    public static let standard = TrainingSchedule(.standard)

    /// More steps than this are refused: about ten minutes per network.
    public static let stepLimit = 10_000_000

    private let name: Name
    private let steps: Int?
    private let loss: NetworkSchedule.Loss?

    /// Takes the command line's options; without steps or loss the schedule's own are taken.
    public init(_ name: Name, steps: Int?, loss: NetworkSchedule.Loss? = nil) throws(EvaluationError) {
        if let steps, !(1...Self.stepLimit).contains(steps) {
            throw EvaluationError("--steps is \(steps); a number from 1 to \(Self.stepLimit) was expected.")
        }
        self.name = name
        self.steps = steps
        self.loss = loss
    }

    /// For a model of much that was measured, from scratch.
    func reference(points: Int) -> NetworkSchedule {
        adjusted(name == .paper ? .powerTrainReference(points: points) : .reference)
    }

    /// For a model of a few profiles, by transfer or from scratch.
    func ofFewProfiles(points: Int) -> NetworkSchedule {
        adjusted(name == .paper ? .powerTrainTransfer(points: points) : .fewPoints)
    }

    /// For the network baseline, from scratch.
    func baseline(points: Int, isInference: Bool) -> NetworkSchedule {
        guard name == .standard else {
            return adjusted(.fulcrumNetwork(points: points, inference: isInference))
        }
        return points < Self.manyPoints ? ofFewProfiles(points: points) : reference(points: points)
    }

    /// From so many points on, fresh networks learn better by the schedule of a reference.
    private static let manyPoints = 200

    /// The one by which the reference of such models is trained: steps and loss are asked for the models themselves.
    var ofTheirReference: TrainingSchedule { TrainingSchedule(name) }

    private init(_ name: Name) {
        (self.name, steps, loss) = (name, nil, nil)
    }

    private func adjusted(_ schedule: NetworkSchedule) -> NetworkSchedule {
        var schedule = schedule
        if let steps { schedule.steps = steps }
        if let loss { schedule.loss = loss }
        return schedule
    }
}

/// The names of the losses: `--loss`.
public enum LossName: String, NamedChoice {
    /// The mean squared error.
    case mse
    /// The mean absolute percentage error.
    case mape

    /// `loss`.
    public static var noun: String { "loss" }

    /// What the name stands for.
    public var loss: NetworkSchedule.Loss { self == .mse ? .meanSquared : .meanAbsolutePercentage }
}
