/// Why a model could not be made.
public enum PredictionError: Error, Hashable, Sendable, CustomStringConvertible {
    /// There are too few profiled points.
    case tooFewPoints(Int, least: Int)
    /// A profile holds a value that is no measurement.
    case badMeasurement(PowerTrain.Quantity, String, Double)
    /// The network to start from takes other inputs than the profiles have.
    case otherInputs(Int, expected: Int)
    /// No evaluation gave a finite loss, or a weight is no finite number.
    case diverged(rate: Double)
    /// The caller asked to stop.
    case stopped

    /// One or two sentences: what is wrong and what to do.
    public var description: String {
        switch self {
        case .tooFewPoints(let count, let least):
            "\(count) profiled points are too few for a model. Profile at least \(least)."
        case .badMeasurement(let quantity, let point, let value):
            "The profile of \(point) has the \(quantity) \(value); a number above 0 was expected. "
                + "Profile that point again."
        case .otherInputs(let count, let expected):
            "The reference network takes \(count) inputs and the profiles have \(expected). "
                + "A model of a training workload has 4, one of an inference 5."
        case .diverged(let rate):
            "Training did not converge at the learning rate \(rate). Choose a lower one."
        case .stopped:
            "Training was stopped before its end; no model was made."
        }
    }
}
