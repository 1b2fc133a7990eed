public import Policy
import SystemCalls

/// Runs one strategy on one measured table for each budget of an axis, as if each profile were made on the board.
public struct TrainEvaluation: Sendable {
    /// The modes that the strategy may profile and answer with.
    public let table: TrainingTable
    /// The strategy.
    public let strategy: TrainStrategy
    /// The budgets, watts.
    public let power: Axis

    /// Prepares a run; nothing is computed yet.
    public init(table: TrainingTable, strategy: TrainStrategy, power: Axis) {
        self.table = table
        self.strategy = strategy
        self.power = power
    }

    /// All configurations, in the order of the axis, and the wall time of running them in seconds.
    ///
    /// Throws where the strategy asks for a mode that the table lacks.
    public func run() throws(EvaluationError) -> (configurations: [TrainConfiguration], wallSeconds: Double) {
        let start = MonotonicClock.nanoseconds()
        var configurations: [TrainConfiguration] = []
        for budget in power.values { configurations.append(try configuration(budgetWatts: budget)) }
        return (configurations, Double(MonotonicClock.nanoseconds() &- start) / 1e9)
    }

    private func configuration(budgetWatts: Double) throws(EvaluationError) -> TrainConfiguration {
        let optimum = TrainProblem(budgetWatts: budgetWatts).optimum(over: table.rows)
        guard let search = strategy.search(grid: table.grid, budgetWatts: budgetWatts) else {
            return TrainConfiguration(
                budgetWatts: budgetWatts, answer: optimum, optimum: optimum, profiles: 0, overBudgetProfiles: 0,
                overBudgetWattSeconds: 0)
        }
        let (answer, observed) = try play(search)
        let over = observed.all.filter { $0.powerWatts > budgetWatts }
        let wattSeconds = over.reduce(0) { sum, row in
            let seconds = row.minibatchMilliseconds / 1000 * TrainConfiguration.minibatchesPerProfile
            return sum + (row.powerWatts - budgetWatts) * seconds
        }
        return TrainConfiguration(
            budgetWatts: budgetWatts, answer: answer, optimum: optimum, profiles: observed.all.count,
            overBudgetProfiles: over.count, overBudgetWattSeconds: wattSeconds)
    }

    private func play(
        _ search: any TrainingSearch
    ) throws(EvaluationError) -> (answer: TrainingObservation?, observed: ObservedModes) {
        var observed = ObservedModes()
        while true {
            switch search.next(observed: observed) {
            case .profile(let mode):
                // The strategy would wait for ever for what it was already told.
                guard observed[mode] == nil else {
                    throw EvaluationError(
                        "Strategy \(strategy.rawValue) asked for the mode \(mode) twice. Report this fault.")
                }
                observed.record(try row(mode, "profile"))
            case .answer(let answer):
                // Measured values, whatever the strategy believes: it may answer with a mode that it only predicted.
                guard let answer else { return (nil, observed) }
                return (try row(answer.mode, "answer with"), observed)
            }
        }
    }

    private func row(_ mode: PowerMode, _ use: String) throws(EvaluationError) -> TrainingObservation {
        guard let row = table[mode] else {
            throw EvaluationError(
                "\(table.file): The table has no row for the mode \(mode), which strategy \(strategy.rawValue) wants to \(use). "
                    + "Use a table that has each combination of its values.")
        }
        return row
    }
}
