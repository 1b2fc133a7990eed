/// PowerTrain (arXiv 2407.13944): time and power of a workload at unprofiled points, by two networks that were trained on a
/// reference workload and then, from profiles of a few points, on the workload itself.
public enum PowerTrain {
    /// What a network predicts.
    public enum Quantity: UInt8, CaseIterable, Hashable, Sendable {
        /// Milliseconds per minibatch.
        case time
        /// Milliwatts of the module.
        case power

        func value(_ observation: some NetworkObservation) -> Double {
            switch self {
            case .time: observation.minibatchMilliseconds
            case .power: observation.powerWatts * 1000
            }
        }
    }

    /// Fewer points than this are refused: two to learn from and one to tell when to stop.
    public static let leastObservations = 3

    /// Called after each evaluation with the number of evaluations done and the most that there will be; false ends the training.
    public typealias Progress = (_ done: Int, _ of: Int) -> Bool

    /// Trains one network, from fresh weights, or from `base` (a transfer).
    ///
    /// The result depends on the arguments alone, and not on the order of `observations`. The two networks of a model are
    /// independent: a caller may train them on two threads. Throws where the profiles do not suffice, or where `progress` said to
    /// stop. Time O(steps * batch).
    public static func train<Profile: NetworkObservation>(
        _ quantity: Quantity, on observations: [Profile], from base: TrainedNetwork? = nil, schedule: NetworkSchedule,
        seed: UInt64, progress: Progress = { _, _ in true }
    ) throws(PredictionError) -> TrainedNetwork {
        try check(quantity, observations, base)
        var generator = SeededGenerator(seed: seed)
        var points = observations.map { NetworkStart.Row(point: $0.point, value: quantity.value($0)) }
        points.sort { ($0.point, $0.value) < ($1.point, $1.value) }
        let start = NetworkStart(points, base: base, schedule: schedule, using: &generator)
        generator.shuffle(&points)
        return schedule.folds > 1
            ? try start.crossValidated(points, schedule, generator, progress)
            : try start.heldBack(points, schedule, generator, progress)
    }

    private static func check<Profile: NetworkObservation>(
        _ quantity: Quantity, _ observations: [Profile], _ base: TrainedNetwork?
    ) throws(PredictionError) {
        guard observations.count >= leastObservations else {
            throw .tooFewPoints(observations.count, least: leastObservations)
        }
        for observation in observations {
            let value = quantity.value(observation)
            guard value > 0, value < OutputScaling.highest else {
                throw .badMeasurement(quantity, "\(observation.point)", value)
            }
        }
        if let base, base.network.shape.inputs != Profile.Point.featureCount {
            throw .otherInputs(base.network.shape.inputs, expected: Profile.Point.featureCount)
        }
    }

    /// Trains both networks of a model, one after the other: a reference or a model from scratch, or with `base` a transfer from
    /// it. `progress` counts the evaluations of both.
    public static func model<Profile: NetworkObservation>(
        on observations: [Profile], from base: PowerTrainModel<Profile.Point>? = nil, schedule: NetworkSchedule,
        origin: ModelOrigin, seed: UInt64, progress: Progress = { _, _ in true }
    ) throws(PredictionError) -> PowerTrainModel<Profile.Point> {
        let seeds = networkSeeds(seed)
        let time = try train(.time, on: observations, from: base?.time, schedule: schedule, seed: seeds.time) {
            progress($0, $1 * 2)
        }
        let power = try train(.power, on: observations, from: base?.power, schedule: schedule, seed: seeds.power) {
            progress($1 + $0, $1 * 2)
        }
        let model = PowerTrainModel<Profile.Point>(
            time: time, power: power, origin: origin, base: base, points: observations.count, seed: seed)
        guard let model else {
            throw .otherInputs(time.network.shape.inputs, expected: Profile.Point.featureCount)
        }
        return model
    }

    /// The seeds with which `model` trains its two networks; for a caller that trains them on two threads.
    public static func networkSeeds(_ seed: UInt64) -> (time: UInt64, power: UInt64) {
        var generator = SeededGenerator(seed: seed)
        return (generator.next(), generator.next())
    }
}
