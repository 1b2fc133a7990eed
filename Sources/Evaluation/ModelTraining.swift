public import Policy

/// How a network learns: `--schedule`, with `--steps` and `--loss`.
public struct TrainingSchedule: Hashable, Sendable {
    /// The named sets of choices.
    public enum Name: String, CaseIterable, Sendable {
        /// PowerTrain's own: as many steps as its authors took, dropout, unscaled targets (arXiv 2407.13944).
        case paper
        /// Fulcrum's: logarithmic inputs and targets, a transfer from the scaled reference, fewer steps.
        case standard

        /// The schedule of that name, or an error that lists the names.
        public init(named name: String) throws(EvaluationError) {
            guard let schedule = Self(rawValue: name) else {
                let names = Self.allCases.map(\.rawValue).joined(separator: ", ")
                throw EvaluationError("There is no schedule \(name.debugDescription). Choose one of: \(names).")
            }
            self = schedule
        }
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

extension NetworkSchedule.Loss {
    /// The loss of that name: mse or mape.
    public init(named name: String) throws(EvaluationError) {
        switch name {
        case "mse": self = .meanSquared
        case "mape": self = .meanAbsolutePercentage
        default: throw EvaluationError("There is no loss \(name.debugDescription). Choose one of: mse, mape.")
        }
    }
}

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
        let points = observations.count
        return try model(
            on: observations, from: base,
            schedule: base == nil ? schedule.reference(points: points) : schedule.ofFewProfiles(points: points),
            origin: origin, seed: seed, threads: threads)
    }

    /// The same by a schedule of the caller's.
    static func model<Profile: NetworkObservation>(
        on observations: [Profile], from base: PowerTrainModel<Profile.Point>?, schedule: NetworkSchedule,
        origin: ModelOrigin, seed: UInt64, threads: Int = ParallelMap.coreCount
    ) throws(EvaluationError) -> PowerTrainModel<Profile.Point> {
        let progress = ProgressBar(label: base == nil ? "train" : "transfer", total: progressSteps)
        defer { progress.finish() }
        let seeds = seeds(of: seed)
        let networks = try ParallelMap.map(count: 2, threads: threads) {
            index throws(EvaluationError) -> TrainedNetwork in
            let quantity = PowerTrain.Quantity.allCases[index]
            return try network(
                quantity, on: observations, from: base, schedule: schedule, seed: seeds[index], progress: progress)
        }
        let model = PowerTrainModel<Profile.Point>(
            time: networks[0], power: networks[1], origin: origin, base: base, points: observations.count, seed: seed)
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
