public import Policy

/// What runs beside the inference of a pair: a training, or an inference that is not urgent.
public struct BackgroundWork: Sendable {
    private let file: String
    /// The kind of work, with the goals of an inference.
    public let kind: PairProblem.Background

    /// Takes the command line's options. Throws unless they name exactly one kind of work, with all its goals.
    public init(
        train: String?, nonUrgent: String?, minibatch: Int?, ratePerSecond: Double?, latencyMilliseconds: Double?
    ) throws(EvaluationError) {
        switch (train, nonUrgent) {
        case (let train?, nil):
            guard minibatch == nil, ratePerSecond == nil, latencyMilliseconds == nil else {
                throw EvaluationError("The goals of a second inference, --non-urgent-..., do not go with --train.")
            }
            file = train
            kind = .training
        case (nil, let nonUrgent?):
            guard let minibatch, let ratePerSecond, let latencyMilliseconds else {
                throw EvaluationError(
                    "--non-urgent needs --non-urgent-minibatch, --non-urgent-rate and --non-urgent-latency-ms.")
            }
            guard minibatch > 0, ratePerSecond > 0, ratePerSecond.isFinite, latencyMilliseconds > 0,
                latencyMilliseconds.isFinite
            else {
                throw EvaluationError(
                    "--non-urgent-minibatch, --non-urgent-rate and --non-urgent-latency-ms must be finite and above 0.")
            }
            file = nonUrgent
            kind = .inference(
                NonUrgentGoal(
                    minibatch: minibatch, ratePerSecond: ratePerSecond, latencySeconds: latencyMilliseconds / 1000))
        case (nil, nil):
            throw EvaluationError("Say what runs beside the inference: --train FILE, or --non-urgent FILE.")
        case (_?, _?):
            throw EvaluationError("--train and --non-urgent exclude each other: a pair has two workloads.")
        }
    }

    /// Reads the table and keeps what lies on `grid`.
    public func table(on grid: EvaluationGrid) throws(EvaluationError) -> TrainingTable {
        switch kind {
        case .training: try grid.applied(to: TrainingTable(contentsOf: file))
        case .inference(let goal):
            try grid.applied(to: InferenceTable(contentsOf: file)).background(minibatch: goal.minibatch)
        }
    }
}
