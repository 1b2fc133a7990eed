/// One trained network with its scales: the time or the power of one workload on one board.
public struct TrainedNetwork: Hashable, Sendable {
    let network: DenseNetwork
    let inputs: InputScaling
    let output: OutputScaling
    /// Mean absolute percentage error over the points that were held back for validation, percent; with cross-validation over all
    /// points, each predicted by the networks of the other parts at the chosen step. It is the least of all evaluations, so it is
    /// somewhat below what to expect at other points.
    public let validationErrorPercent: Double
    /// Training steps after which this network was the best.
    public let steps: Int

    func values<Point: NetworkPoint>(_ points: [Point]) -> [Double] {
        network.outputs(inputs.inputs(points)).map { output.value($0) }
    }
}

/// PowerTrain's model of one workload on one board: a network for the time and one for the power (arXiv 2407.13944).
public struct PowerTrainModel<Point: NetworkPoint>: Predictor, Hashable {
    /// Predicts milliseconds.
    public let time: TrainedNetwork
    /// Predicts milliwatts.
    public let power: TrainedNetwork
    /// What the caller said of the workload and the profiles.
    public let origin: ModelOrigin
    /// The workload of the model that this one was transferred from, with its board; empty where there is none.
    public let base: String
    /// Number of profiled points.
    public let points: Int
    /// The seed that chose the weights and the validation points.
    public let seed: UInt64

    /// Joins two networks that were trained on profiles of the same kind of point. Nil where one takes other inputs than `Point`
    /// has.
    public init?(
        time: TrainedNetwork, power: TrainedNetwork, origin: ModelOrigin, base: PowerTrainModel? = nil, points: Int,
        seed: UInt64
    ) {
        self.init(
            time: time, power: power, origin: origin,
            baseName: base.map { "\($0.origin.workload) on \($0.origin.board)" } ?? "", points: points, seed: seed)
    }

    init?(time: TrainedNetwork, power: TrainedNetwork, origin: ModelOrigin, baseName: String, points: Int, seed: UInt64)
    {
        guard time.network.shape.inputs == Point.featureCount, power.network.shape.inputs == Point.featureCount else {
            return nil
        }
        self.time = time
        self.power = power
        self.origin = origin
        self.base = ModelOrigin.cleaned(baseName)
        self.points = points
        self.seed = seed
    }

    /// Method, workload, board, profiles, validation errors and date, as one line.
    public var provenance: String {
        let method = base.isEmpty ? "PowerTrain networks" : "PowerTrain networks, transferred from \(base)"
        return
            "\(method), of \(origin.workload) on \(origin.board): \(points) points of \(origin.source), seed \(seed), "
            + "\(time.steps) and \(power.steps) steps, validation error \(Self.tenths(time.validationErrorPercent)) % time "
            + "and \(Self.tenths(power.validationErrorPercent)) % power, made \(origin.date)"
    }

    private static func tenths(_ percent: Double) -> String {
        guard percent < 1e6 else { return "over 1000000" }
        let tenths = Int((percent * 10).rounded())
        return "\(tenths / 10).\(tenths % 10)"
    }

    /// One prediction per point. O(n) with about 84,000 multiplications and additions each.
    public func predict(_ points: [Point]) -> [Prediction] {
        zip(time.values(points), power.values(points)).map {
            Prediction(minibatchMilliseconds: $0, powerWatts: $1 / 1000)
        }
    }
}
