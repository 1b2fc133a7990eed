/// How a network is trained.
public struct NetworkSchedule: Hashable, Sendable {
    /// What a training step reduces.
    public enum Loss: UInt8, Hashable, Sendable {
        /// The mean squared error of the scaled target.
        case meanSquared
        /// The mean absolute percentage error; with logarithmic targets the mean absolute error of the logarithm, which is the same
        /// to first order.
        case meanAbsolutePercentage
    }

    /// What the network sees of a knob, before the z-score.
    public enum InputScale: UInt8, Hashable, Sendable {
        /// Its value.
        case linear
        /// Its logarithm.
        case logarithmic
    }

    /// What the network's output stands for.
    public enum TargetScale: UInt8, Hashable, Sendable {
        /// Milliseconds or milliwatts.
        case unscaled
        /// Those, less their mean and divided by their standard deviation over the training rows.
        case standardised
        /// Their logarithm, standardised in the same way.
        case logarithmic
    }

    /// What a transfer keeps of the reference.
    public enum Transfer: UInt8, Hashable, Sendable {
        /// All layers but the last, which starts fresh; scales are fitted on the new profiles. PowerTrain's way.
        case freshOutput
        /// All layers and scales: training starts from the reference's predictions times the factor that fits the new profiles.
        /// The schedule's input and target scale do not matter then.
        case scaledReference
    }

    /// Training steps, one batch each.
    public var steps: Int
    /// How many times the validation rows are looked at, at equal distances; the best of these moments is kept.
    public var evaluations: Int
    /// Rows per step.
    public var batch: Int
    /// Adam's rate at the first step.
    public var learningRate: Double
    /// Whether the rate falls linearly to zero at the last step.
    public var decays: Bool
    /// Whether training drops units.
    public var dropsUnits: Bool
    /// What is reduced.
    public var loss: Loss
    /// What the inputs are.
    public var inputs: InputScale
    /// What the output stands for.
    public var target: TargetScale
    /// What a transfer keeps.
    public var transfer: Transfer
    /// The share of points that is held back for validation, at most a half; at least one point is.
    public var validationShare: Double
    /// From 2 on: no points are held back. The number of steps is chosen by cross-validation over this many parts of the points,
    /// and the network is trained on all of them, for that long. Takes folds + 1 times as long.
    public var folds: Int

    /// Makes a schedule; PowerTrain's choices where nothing else is said. Numbers out of range count as the nearest in range.
    public init(
        steps: Int, evaluations: Int = 100, batch: Int = 32, learningRate: Double = 0.001, decays: Bool = false,
        dropsUnits: Bool = true, loss: Loss = .meanSquared, inputs: InputScale = .linear,
        target: TargetScale = .unscaled, transfer: Transfer = .freshOutput, validationShare: Double = 0.2,
        folds: Int = 0
    ) {
        self.steps = steps
        self.evaluations = evaluations
        self.batch = batch
        self.learningRate = learningRate
        self.decays = decays
        self.dropsUnits = dropsUnits
        self.loss = loss
        self.inputs = inputs
        self.target = target
        self.transfer = transfer
        self.validationShare = validationShare
        self.folds = folds
    }
}

// PowerTrain's authors trained on each mode's about 40 minibatches as rows of their own. A profile here is one row, the median,
// so their schedules are kept in steps: epochs * 40 * points / batch.
extension NetworkSchedule {
    private static let minibatchesPerPoint = 40

    private static func steps(epochs: Int, points: Int, batch: Int) -> Int {
        max(epochs * minibatchesPerPoint * min(max(points, 0), 1 << 31) / batch, 1)
    }

    /// PowerTrain's reference training: 100 epochs, batches of 32, split 90:10 (arXiv 2407.13944). 546,000 steps for 4,368 points.
    public static func powerTrainReference(points: Int) -> NetworkSchedule {
        NetworkSchedule(steps: steps(epochs: 100, points: points, batch: 32), validationShare: 0.1)
    }

    /// PowerTrain's transfer: 100 epochs, batches of 32, split 80:20 (arXiv 2407.13944). To another board the authors transfer with
    /// the loss `meanAbsolutePercentage`.
    ///
    /// Differs from the paper in the split, which is by point: rows of one point on both sides would tell nothing about others.
    public static func powerTrainTransfer(points: Int) -> NetworkSchedule {
        NetworkSchedule(steps: steps(epochs: 100, points: points, batch: 32))
    }

    /// The network baseline of Fulcrum (arXiv 2509.20205): 200 epochs for a training workload and 1,000 for an inference, batches of
    /// 16, split 80:20. 100,000 and 500,000 steps for 200 points.
    public static func fulcrumNetwork(points: Int, inference: Bool) -> NetworkSchedule {
        NetworkSchedule(steps: steps(epochs: inference ? 1_000 : 200, points: points, batch: 16), batch: 16)
    }
}

extension NetworkSchedule {
    /// The schedule to use for a model from few points, with a reference or without: logarithmic inputs and targets, no dropped
    /// units, a transfer that starts from the scaled reference, and as many steps as cross-validation finds best. Differs from
    /// PowerTrain in all of these.
    public static let fewPoints = NetworkSchedule(
        steps: 500, evaluations: 50, learningRate: 0.0005, dropsUnits: false, inputs: .logarithmic,
        target: .logarithmic,
        transfer: .scaledReference, folds: 5)

    /// The schedule to use for a reference from many points. Differs from PowerTrain's in its scales, in that no units are dropped,
    /// and in a falling rate, which together need far fewer steps.
    public static let reference = NetworkSchedule(
        steps: 20_000, decays: true, dropsUnits: false, inputs: .logarithmic, target: .logarithmic, validationShare: 0.1
    )
}
