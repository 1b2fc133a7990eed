import Policy

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// PowerTrain (arXiv 2407.13944) used live: profile a few random modes, transfer from a reference model, run in the mode that
/// is predicted to be the fastest within the budget.
///
/// Differs from the paper in: that mode is profiled too. Where it draws more than the budget, all predicted powers are scaled
/// by what it drew over its prediction, and the next one is tried, `correctionLimit` times at the most. So the answer was
/// measured. The paper draws 50 modes; a live search draws fewer.
struct PowerTrainSearch: Search {
    typealias Problem = TrainProblem

    /// Predicted modes that are profiled at the most.
    static let correctionLimit = 4

    let grid: ModeGrid
    let problem: TrainProblem
    /// The random modes.
    let modes: [PowerMode]
    /// What can be transferred from; the one that fits the profiles best is. None: the networks are trained from scratch.
    private let bases: [PowerTrainModel<PowerMode>]
    private let seed: UInt64
    private var learned: Learned?
    /// Why no model could be made, as a sentence; nil where one was, or was not needed yet.
    private(set) var failure: String?

    private struct Learned: Sendable {
        let observations: [TrainingObservation]
        /// All modes of the grid by predicted time.
        let predicted: [TrainingObservation]
    }

    init(grid: ModeGrid, problem: TrainProblem, bases: [PowerTrainModel<PowerMode>], profiles: Int, seed: UInt64) {
        self.grid = grid
        self.problem = problem
        self.bases = bases
        self.seed = seed
        var generator = SeededGenerator(seed: seed)
        modes = grid.randomModes(max(profiles, PowerTrain.leastObservations), using: &generator)
    }

    /// What the model predicts of a mode; nil before there is one.
    func prediction(of mode: PowerMode) -> TrainingObservation? {
        learned?.predicted.first { $0.mode == mode }
    }

    /// The random modes in turn; then trains, once, about half a second for 15 modes; then the predicted modes.
    mutating func next(observed: ObservedModes) -> SearchStep<TrainingObservation> {
        var known: [TrainingObservation] = []
        for mode in modes {
            guard let observation = observed[mode] else { return .profile(mode) }
            known.append(observation)
        }
        let predicted = predictions(from: known)
        var factor = 1.0
        for _ in 0..<Self.correctionLimit {
            let candidate = predicted.first { mode in
                mode.powerWatts * factor <= problem.budgetWatts && !known.contains { $0.mode == mode.mode }
            }
            // A mode that was profiled already and is faster needs no prediction.
            guard let candidate,
                candidate.minibatchMilliseconds < problem.optimum(over: known)?.minibatchMilliseconds ?? .infinity
            else { break }
            guard let seen = observed[candidate.mode] else { return .profile(candidate.mode) }
            known.append(seen)
            if problem.isFeasible(seen) { break }
            factor = max(factor, seen.powerWatts / candidate.powerWatts)
        }
        return .answer(problem.optimum(over: known))
    }

    private mutating func predictions(from known: [TrainingObservation]) -> [TrainingObservation] {
        if let learned, learned.observations.count == known.count,
            zip(learned.observations, known).allSatisfy({ $0.isIdentical(to: $1) })
        {
            return learned.predicted
        }
        var predicted: [TrainingObservation] = []
        failure = nil
        do throws(PredictionError) {
            let model = try PowerTrain.model(
                on: known, from: base(for: known), schedule: .fewPoints,
                origin: ModelOrigin(workload: "live", board: "live", source: "live profiles", date: ""), seed: seed)
            let all = grid.allModes
            predicted = zip(all, model.predict(all)).map {
                TrainingObservation(
                    mode: $0, minibatchMilliseconds: $1.minibatchMilliseconds, powerWatts: $1.powerWatts)
            }
            predicted.sort { problem.precedes($0, $1) }
        } catch {
            failure = error.description
        }
        learned = Learned(observations: known, predicted: predicted)
        return predicted
    }

    /// The reference whose predictions differ from the profiles the most evenly: a factor between two workloads is nothing to
    /// learn.
    private func base(for known: [TrainingObservation]) -> PowerTrainModel<PowerMode>? {
        guard bases.count > 1 else { return bases.first }
        let spreads = bases.map { base in
            let ratios = zip(known, base.predict(known.map(\.mode)))
            return Self.variance(ratios.map { log($0.minibatchMilliseconds / $1.minibatchMilliseconds) })
                + Self.variance(ratios.map { log($0.powerWatts / $1.powerWatts) })
        }
        return zip(bases, spreads).min { $0.1 < $1.1 }?.0
    }

    private static func variance(_ values: [Double]) -> Double {
        let mean = values.reduce(0, +) / Double(max(values.count, 1))
        return values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(max(values.count, 1))
    }
}
