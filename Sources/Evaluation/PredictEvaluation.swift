public import Policy
import SystemCalls

/// How well a model predicts a workload from profiles of a few of its modes: many draws, each with a model of its own.
public struct PredictEvaluation: Sendable {
    /// How models are made.
    public enum Method: String, NamedChoice {
        /// PowerTrain: transfer from a reference (arXiv 2407.13944).
        case powertrain
        /// The same networks from fresh weights: the paper's baseline.
        case scratch
        /// Gaussian processes that start from known workloads (`GaussianPredictor`); states intervals.
        case gp

        /// `method`.
        public static var noun: String { "method" }
    }

    /// One draw.
    public struct Run: Hashable, Sendable {
        /// Modes profiled.
        public let modes: Int
        /// Number of the draw, from 1.
        public let run: Int
        /// Seed of the draw and of the model.
        public let seed: UInt64
        /// Mean absolute percentage error of the time over the modes that were not drawn.
        public let timePercent: Double
        /// The same of the power.
        public let powerPercent: Double
        /// Of those modes' times and powers, the share inside the stated intervals of 90 %; nil for methods that state none.
        public let coveragePercent: Coverage?
    }

    /// How much lies inside the intervals.
    public struct Coverage: Hashable, Sendable {
        /// Of the times, percent.
        public let time: Double
        /// Of the powers, percent.
        public let power: Double
    }

    /// More draws than this are refused.
    public static let runLimit = 1_000
    /// A Gaussian process of more modes than this is refused.
    public static let gaussianLimit = 1_000

    /// The workload to predict.
    public let table: TrainingTable
    /// How models are made.
    public let method: Method
    /// Modes to profile, for each number a series of draws.
    public let modeCounts: [Int]
    /// Draws for each number.
    public let runs: Int
    /// Seed of the seeds.
    public let seed: UInt64
    let references: [Reference]
    private let schedule: TrainingSchedule
    /// How a reference that is a table is trained.
    var referenceSchedule: TrainingSchedule

    /// Prepares the runs; nothing is computed yet. Throws where the numbers are out of range, or a reference is
    /// missing or has the measurements of `table`.
    public init(
        table: TrainingTable, method: Method, references: [Reference], modeCounts: [Int], runs: Int, seed: UInt64,
        schedule: TrainingSchedule
    ) throws(EvaluationError) {
        guard (1...Self.runLimit).contains(runs) else {
            throw EvaluationError("--runs is \(runs); a number from 1 to \(Self.runLimit) was expected.")
        }
        let most = table.rows.count - 1
        if let count = modeCounts.first(where: {
            !(PowerTrain.leastObservations...max(3, most)).contains($0) || $0 > most
        }) {
            throw EvaluationError(
                "--modes is \(count); a number from \(PowerTrain.leastObservations) to \(most) was expected, one less than the "
                    + "table has, so that something is left to predict.")
        }
        if method == .gp, let count = modeCounts.first(where: { $0 > Self.gaussianLimit }) {
            throw EvaluationError(
                "--modes is \(count); --method gp takes up to \(Self.gaussianLimit), as its cost is the cube of that.")
        }
        switch method {
        case .powertrain where references.isEmpty:
            throw EvaluationError("--method powertrain needs --reference FILE: a table or a model to transfer from.")
        case .powertrain where references.count > 1:
            throw EvaluationError("--method powertrain transfers from one --reference; \(references.count) are named.")
        case .scratch where !references.isEmpty:
            throw EvaluationError("--method scratch starts from fresh weights; --reference does not go with it.")
        default: break
        }
        for reference in references { try reference.checkDiffers(from: table) }
        self.table = table
        self.method = method
        self.references = references
        self.modeCounts = modeCounts
        self.runs = runs
        self.seed = seed
        self.schedule = schedule
        referenceSchedule = schedule.ofTheirReference
    }

    /// All draws, by number of modes and then in the order of the draws, and the wall time in seconds, with the training of the
    /// reference. Draws of more modes begin with those of fewer. The same for any number of threads.
    public func run(
        threads: Int = ParallelMap.coreCount
    ) throws(EvaluationError) -> (runs: [Run], wallSeconds: Double) {
        let start = MonotonicClock.nanoseconds()
        let base =
            method == .gp
            ? nil : try references.first?.model(seed: seed, schedule: referenceSchedule, threads: threads)
        let progress = ProgressBar(label: "predict", total: progressSteps)
        defer { progress.finish() }
        let results = try results(from: base, threads: threads, progress: progress)
        return (results, Double(MonotonicClock.nanoseconds() &- start) / 1e9)
    }

    /// The steps of a progress bar that all draws together advance.
    var progressSteps: Int { modeCounts.count * runs * (method == .gp ? 1 : ModelTraining.progressSteps) }

    /// The draws, from a model that is there already.
    func results(
        from base: PowerTrainModel<PowerMode>?, threads: Int, progress: ProgressBar
    ) throws(EvaluationError) -> [Run] {
        var generator = SeededGenerator(seed: seed)
        // 53 bits: readers of JSON may hold numbers as doubles.
        let seeds = (0..<runs).map { _ in generator.next() >> 11 }
        let draws = modeCounts.flatMap { count in seeds.enumerated().map { (count, $0.offset, $0.element) } }
        if method == .gp {
            let known = references.map(\.workload)
            return try ParallelMap.map(count: draws.count, threads: threads) { index throws(EvaluationError) -> Run in
                defer { progress.advance() }
                return gaussian(draws[index], known)
            }
        }
        // A network is a piece of work: two cores are busy with a single draw too.
        let errors = try ParallelMap.map(count: draws.count * 2, threads: threads) {
            index throws(EvaluationError) -> Double in
            let (count, _, seed) = draws[index / 2]
            let quantity = PowerTrain.Quantity.allCases[index % 2]
            let rows = shuffled(seed)
            let network = try ModelTraining.network(
                quantity, on: Array(rows.prefix(count)), from: base,
                schedule: schedule.ofFewProfiles(points: count), seed: ModelTraining.seeds(of: seed)[index % 2],
                progress: progress)
            return try errorPercent(quantity, network, over: rows.dropFirst(count))
        }
        return draws.enumerated().map { index, draw in
            let (count, number, seed) = draw
            return Run(
                modes: count, run: number + 1, seed: seed, timePercent: errors[index * 2],
                powerPercent: errors[index * 2 + 1], coveragePercent: nil)
        }
    }

    /// One draw with a Gaussian process.
    private func gaussian(_ draw: (count: Int, number: Int, seed: UInt64), _ known: [ReferenceWorkload]) -> Run {
        let rows = shuffled(draw.seed)
        let predictor = GaussianPredictor(
            observations: Array(rows.prefix(draw.count)), references: known, grid: table.grid)
        let rest = rows.dropFirst(draw.count)
        var (time, power, timeInside, powerInside) = (0.0, 0.0, 0, 0)
        for (row, interval) in zip(rest, predictor.intervals(rest.map(\.mode))) {
            time += abs(interval.prediction.minibatchMilliseconds / row.minibatchMilliseconds - 1)
            power += abs(interval.prediction.powerWatts / row.powerWatts - 1)
            if interval.milliseconds.contains(row.minibatchMilliseconds) { timeInside += 1 }
            if interval.watts.contains(row.powerWatts) { powerInside += 1 }
        }
        let scale = 100 / Double(max(1, rest.count))
        return Run(
            modes: draw.count, run: draw.number + 1, seed: draw.seed, timePercent: time * scale,
            powerPercent: power * scale,
            coveragePercent: Coverage(time: Double(timeInside) * scale, power: Double(powerInside) * scale))
    }

    /// The rows in the order in which this seed draws them.
    private func shuffled(_ seed: UInt64) -> [TrainingObservation] {
        var generator = SeededGenerator(seed: seed)
        var rows = table.rows
        generator.shuffle(&rows)
        return rows
    }

    /// Mean absolute percentage error of one network.
    private func errorPercent(
        _ quantity: PowerTrain.Quantity, _ network: TrainedNetwork, over rows: ArraySlice<TrainingObservation>
    ) throws(EvaluationError) -> Double {
        // The other quantity of this model is never asked for.
        let model: PowerTrainModel<PowerMode> = try ModelTraining.joined(
            [network, network], origin: ModelOrigin(workload: table.file, board: "", source: table.file, date: ""),
            base: nil, points: 0, seed: 0)
        var sum = 0.0
        for (row, prediction) in zip(rows, model.predict(rows.map(\.mode))) {
            switch quantity {
            case .time: sum += abs(prediction.minibatchMilliseconds / row.minibatchMilliseconds - 1)
            case .power: sum += abs(prediction.powerWatts / row.powerWatts - 1)
            }
        }
        return sum * (100 / Double(max(1, rows.count)))
    }
}
