import FoundationEssentials
import Policy

/// What a strategy reached over all configurations of a run.
public struct TrainSummary: Sendable {
    /// The strategy's name.
    public let strategy: String
    /// The table, as it was named.
    public let file: String
    /// Modes that could be chosen.
    public let modes: Int
    /// Seed of strategies that draw; without effect on the others.
    public let seed: UInt64
    /// Configurations that were run.
    public let configurations: Int
    /// Those that have a mode within the budget.
    public let solvable: Int
    /// Those with an answer, violations included.
    public let solved: Int
    /// Answers whose measured power is over the budget.
    public let powerViolations: Int
    /// Excess of the answers' minibatch time over the optimum, percent, over the solved configurations without a violation;
    /// nil where there is none.
    public let excessPercent: Distribution?
    /// Modes profiled per solved configuration; nil where none is solved.
    public let profiles: Distribution?
    /// Profiles that drew more than the budget, over all configurations, unsolved ones included: they drew it all the same.
    public let overBudgetProfiles: Int
    /// Watts over the budget times seconds, over those profiles, at 40 minibatches each.
    public let overBudgetWattSeconds: Double
    /// Time that the strategy and the exact optimum took, seconds; reading the table is not in it.
    public let wallSeconds: Double

    /// Sums up a run.
    public init(
        of configurations: [TrainConfiguration], evaluation: TrainEvaluation, seed: UInt64, wallSeconds: Double
    ) {
        strategy = evaluation.strategy.rawValue
        file = evaluation.table.file
        modes = evaluation.table.rows.count
        self.seed = seed
        self.configurations = configurations.count
        solvable = configurations.count { $0.optimum != nil }
        solved = configurations.count { $0.answer != nil }
        powerViolations = configurations.count { $0.violatesPower }
        excessPercent = Distribution(configurations.compactMap(\.excessPercent))
        profiles = Distribution(configurations.filter { $0.answer != nil }.map { Double($0.profiles) })
        overBudgetProfiles = configurations.reduce(0) { $0 + $1.overBudgetProfiles }
        overBudgetWattSeconds = configurations.reduce(0) { $0 + $1.overBudgetWattSeconds }
        self.wallSeconds = wallSeconds
    }

    /// The summary as a JSON object with sorted keys. Latency and rate violations are null: training has neither.
    public func json() throws(EvaluationError) -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        do {
            return String(decoding: try encoder.encode(self), as: UTF8.self)
        } catch {
            throw EvaluationError("Could not write the summary as JSON: \(error).")
        }
    }
}

extension TrainSummary: Encodable {
    private enum Key: String, CodingKey {
        case problem, strategy, train, modes, seed, configurations, solvable, solved, violations, profiles
        case excessPercent = "excess_percent"
        case overBudgetProfiling = "over_budget_profiling"
        case wallSeconds = "wall_seconds"
        case power, latency, rate, mean, max, count
        case wattSeconds = "watt_seconds"
        case minibatchesPerProfile = "minibatches_per_profile"
    }

    /// Writes every key, with null where a value does not exist.
    public func encode(to encoder: any Encoder) throws {
        var object = encoder.container(keyedBy: Key.self)
        try object.encode("train", forKey: .problem)
        try object.encode(strategy, forKey: .strategy)
        try object.encode(file, forKey: .train)
        try object.encode(modes, forKey: .modes)
        try object.encode(seed, forKey: .seed)
        try object.encode(configurations, forKey: .configurations)
        try object.encode(solvable, forKey: .solvable)
        try object.encode(solved, forKey: .solved)
        var violations = object.nestedContainer(keyedBy: Key.self, forKey: .violations)
        try violations.encode(powerViolations, forKey: .power)
        try violations.encodeNil(forKey: .latency)
        try violations.encodeNil(forKey: .rate)
        try object.encode(excessPercent, forKey: .excessPercent)
        var profiling = object.nestedContainer(keyedBy: Key.self, forKey: .profiles)
        try profiling.encode(profiles?.mean, forKey: .mean)
        try profiling.encode(profiles?.max, forKey: .max)
        var over = object.nestedContainer(keyedBy: Key.self, forKey: .overBudgetProfiling)
        try over.encode(overBudgetProfiles, forKey: .count)
        try over.encode(overBudgetWattSeconds, forKey: .wattSeconds)
        try over.encode(TrainConfiguration.minibatchesPerProfile, forKey: .minibatchesPerProfile)
        try object.encode(wallSeconds, forKey: .wallSeconds)
    }
}
