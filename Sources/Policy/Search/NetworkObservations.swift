/// Observations that the networks of the baseline can predict.
public protocol NetworkPredicted: ParetoComparable {
    /// Trains networks on `observations` with the `schedule` for training workloads and the one for inferences, and predicts what
    /// profiles of `points` would give. Throws where there are too few observations, or the training diverged.
    static func predicted(
        at points: [Point], from observations: [Self], schedule: NetworkBaselineSchedule, seed: UInt64
    ) throws(PredictionError) -> [Self]
}

/// How the networks of the baseline are trained.
public struct NetworkBaselineSchedule: Sendable {
    /// For the time and the power of a training, from the number of its profiles.
    public var training: @Sendable (_ points: Int) -> NetworkSchedule
    /// For those of an inference.
    public var inference: @Sendable (_ points: Int) -> NetworkSchedule
    /// The model that those of a training are transferred from, which makes PowerTrain (arXiv 2407.13944) of the baseline; nil
    /// where they start from fresh weights.
    public var trainingBase: PowerTrainModel<PowerMode>?

    /// Takes a rule for each.
    public init(
        training: @escaping @Sendable (_ points: Int) -> NetworkSchedule,
        inference: @escaping @Sendable (_ points: Int) -> NetworkSchedule,
        trainingBase: PowerTrainModel<PowerMode>? = nil
    ) {
        self.training = training
        self.inference = inference
        self.trainingBase = trainingBase
    }

    /// The paper's: 200 epochs for a training, 1,000 for an inference, each minibatch of a profile a row (arXiv 2509.20205). Takes
    /// hundreds of thousands of steps for an inference.
    public static let paper = NetworkBaselineSchedule(
        training: { NetworkSchedule.fulcrumNetwork(points: $0, inference: false) },
        inference: { NetworkSchedule.fulcrumNetwork(points: $0, inference: true) })
}

/// Trains a model and predicts `points`, for the observations of one workload.
private func predictions<Profile: NetworkObservation>(
    at points: [Profile.Point], from observations: [Profile], base: PowerTrainModel<Profile.Point>? = nil,
    schedule: NetworkSchedule, seed: UInt64
) throws(PredictionError) -> [Prediction] {
    let origin = ModelOrigin(workload: "", board: "", source: "a survey", date: "")
    return try PowerTrain.model(on: observations, from: base, schedule: schedule, origin: origin, seed: seed)
        .predict(points)
}

extension TrainingObservation: NetworkPredicted {
    /// From two networks.
    public static func predicted(
        at points: [PowerMode], from observations: [TrainingObservation], schedule: NetworkBaselineSchedule,
        seed: UInt64
    ) throws(PredictionError) -> [TrainingObservation] {
        let known = observations.filter(\.isLearnable)
        let values = try predictions(
            at: points, from: known, base: schedule.trainingBase, schedule: schedule.training(known.count), seed: seed)
        return zip(points, values).map {
            TrainingObservation(mode: $0, minibatchMilliseconds: $1.minibatchMilliseconds, powerWatts: $1.powerWatts)
        }
    }
}

extension InferenceObservation: NetworkPredicted {
    /// From two networks.
    public static func predicted(
        at points: [InferencePoint], from observations: [InferenceObservation], schedule: NetworkBaselineSchedule,
        seed: UInt64
    ) throws(PredictionError) -> [InferenceObservation] {
        let known = observations.filter(\.isLearnable)
        let values = try predictions(
            at: points, from: known, schedule: schedule.inference(known.count), seed: seed)
        return zip(points, values).map {
            InferenceObservation(point: $0, minibatchMilliseconds: $1.minibatchMilliseconds, powerWatts: $1.powerWatts)
        }
    }
}

extension PairObservation: NetworkPredicted {
    /// From four networks. Of the background work the first profile of a mode counts that holds measurements, as its minibatch
    /// size is fixed.
    public static func predicted(
        at points: [InferencePoint], from observations: [PairObservation], schedule: NetworkBaselineSchedule,
        seed: UInt64
    ) throws(PredictionError) -> [PairObservation] {
        let sorted = observations.sorted { $0.point < $1.point }
        let inferences = try InferenceObservation.predicted(
            at: points,
            from: sorted.map {
                InferenceObservation(
                    point: $0.point, minibatchMilliseconds: $0.inferenceMilliseconds, powerWatts: $0.inferenceWatts)
            }, schedule: schedule, seed: seed)
        var background: [TrainingObservation] = []
        for observation in sorted where observation.mode != background.last?.mode {
            let training = TrainingObservation(
                mode: observation.mode, minibatchMilliseconds: observation.backgroundMilliseconds,
                powerWatts: observation.backgroundWatts)
            if training.isLearnable { background.append(training) }
        }
        // The first two numbers are those of the inference's networks.
        var generator = SeededGenerator(seed: seed)
        let seeds = (0..<3).map { _ in generator.next() }
        let trainings = try TrainingObservation.predicted(
            at: points.map(\.mode), from: background, schedule: schedule, seed: seeds[2])
        return zip(inferences, trainings).map { PairObservation(inference: $0, training: $1) }
    }
}

extension NetworkObservation {
    /// Whether a network can learn it: its values are finite and above zero.
    fileprivate var isLearnable: Bool {
        minibatchMilliseconds.isFinite && minibatchMilliseconds > 0 && powerWatts.isFinite && powerWatts > 0
    }
}
