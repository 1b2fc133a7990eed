public import Policy

/// Makes models, with a thread for each of the two networks.
public enum ModelTraining {
    /// The steps of a progress bar that one model advances.
    static let progressSteps = 200

    /// Trains a model on `observations`, from scratch as a reference, or with `base` by transfer. The result is that of
    /// `PowerTrain.model`, bit by bit.
    public static func model(
        on observations: [TrainingObservation], from base: PowerTrainModel<PowerMode>? = nil,
        schedule: TrainingSchedule, origin: ModelOrigin, seed: UInt64, threads: Int = ParallelMap.coreCount
    ) throws(EvaluationError) -> PowerTrainModel<PowerMode> {
        let progress = ProgressBar(label: base == nil ? "train" : "transfer", total: progressSteps)
        defer { progress.finish() }
        let points = observations.count
        return try model(
            on: observations, from: base,
            schedule: base == nil ? schedule.reference(points: points) : schedule.ofFewProfiles(points: points),
            origin: origin, seed: seed, threads: threads, progress: progress)
    }

    /// The same by a schedule of the caller's, with steps of the caller's bar.
    static func model<Profile: NetworkObservation>(
        on observations: [Profile], from base: PowerTrainModel<Profile.Point>?, schedule: NetworkSchedule,
        origin: ModelOrigin, seed: UInt64, threads: Int, progress: ProgressBar?
    ) throws(EvaluationError) -> PowerTrainModel<Profile.Point> {
        let seeds = seeds(of: seed)
        let networks = try ParallelMap.map(count: 2, threads: threads) {
            index throws(EvaluationError) -> TrainedNetwork in
            let quantity = PowerTrain.Quantity.allCases[index]
            return try network(
                quantity, on: observations, from: base, schedule: schedule, seed: seeds[index], progress: progress)
        }
        return try joined(networks, origin: origin, base: base, points: observations.count, seed: seed)
    }

    /// The model of a time and a power network.
    static func joined<Point>(
        _ networks: [TrainedNetwork], origin: ModelOrigin, base: PowerTrainModel<Point>?, points: Int, seed: UInt64
    ) throws(EvaluationError) -> PowerTrainModel<Point> {
        let model = PowerTrainModel<Point>(
            time: networks[0], power: networks[1], origin: origin, base: base, points: points, seed: seed)
        guard let model else { throw EvaluationError("The networks do not fit their points. Report this fault.") }
        return model
    }

    /// One network of a model.
    static func network<Profile: NetworkObservation>(
        _ quantity: PowerTrain.Quantity, on observations: [Profile], from base: PowerTrainModel<Profile.Point>?,
        schedule: NetworkSchedule, seed: UInt64, progress: ProgressBar?
    ) throws(EvaluationError) -> TrainedNetwork {
        let from = quantity == .time ? base?.time : base?.power
        var shown = 0
        do throws(PredictionError) {
            // The steps that an early end leaves out are done too.
            defer { progress?.advance(by: progressSteps / 2 - shown) }
            return try PowerTrain.train(quantity, on: observations, from: from, schedule: schedule, seed: seed) {
                done, total in
                let reached = progressSteps / 2 * done / max(1, total)
                progress?.advance(by: reached - shown)
                shown = reached
                return true
            }
        } catch {
            throw EvaluationError(error.description)
        }
    }

    /// The seeds of the time and of the power network, as `PowerTrain.model` derives them.
    static func seeds(of seed: UInt64) -> [UInt64] {
        let seeds = PowerTrain.networkSeeds(seed)
        return [seeds.time, seeds.power]
    }
}

extension ModelTraining {
    /// `modes` rows of `table` drawn with `seed`, or the word all for each of them.
    public static func draw(
        _ modes: String, of table: TrainingTable, seed: UInt64
    ) throws(EvaluationError) -> [TrainingObservation] {
        if modes == "all" { return table.rows }
        guard let count = Int(modes), (PowerTrain.leastObservations...max(3, table.rows.count)).contains(count) else {
            throw EvaluationError(
                "--modes is \(modes.prefix(40).debugDescription); all, or a number from \(PowerTrain.leastObservations) to "
                    + "\(table.rows.count), was expected.")
        }
        var generator = SeededGenerator(seed: seed)
        return generator.sample(count, of: table.rows)
    }
}
