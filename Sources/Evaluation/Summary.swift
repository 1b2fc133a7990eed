import FoundationEssentials

/// What a strategy reached over all configurations of a run.
public struct Summary: Sendable {
    /// What was evaluated.
    public let subject: Subject
    /// Configurations that were run.
    public let configurations: Int
    /// Those that have a point which keeps all limits.
    public let solvable: Int
    /// Those with an answer, whether it keeps the limits or not.
    public let solved: Int
    /// Those with an answer that breaks a limit: no solution, though the strategy holds it for one.
    public let violated: Int
    /// Answers whose measured power is over the budget.
    public let powerViolations: Int
    /// Answers that break the latency budget; nil where there is no inference.
    public let latencyViolations: Int?
    /// Answers that do not keep up with the arrivals; nil where there is no inference.
    public let rateViolations: Int?
    /// Answers that break a goal of the inference that is not urgent; nil where there is none.
    public let nonUrgentViolations: Int?
    /// Excess of the answers' minibatch time over the optimum's, percent, over the answers without a violation; nil where
    /// there is none, and for pairs.
    public let excessPercent: Distribution?
    /// Background throughput lost against the optimum of the objective, percent, over the answers without a violation whose
    /// optimum runs anything; nil where there is none, and without background work.
    public let throughputLossPercent: Distribution?
    /// The same against the largest throughput of any point.
    public let lossToBestPercent: Distribution?
    /// The same against the fluid limit.
    public let lossToFluidPercent: Distribution?
    /// Answers without a violation that `throughputLossPercent` leaves out, as their optimum runs nothing in the background.
    public let optimumIdle: Int
    /// Points profiled per solved configuration; nil where none is solved.
    public let profiles: Distribution?
    /// Points profiled per configuration, unsolved ones included; nil without configurations.
    public let profilesOfAll: Distribution?
    /// Profiles that drew more than the budget, over all configurations, unsolved ones included: they drew it all the same.
    public let overBudgetProfiles: Int
    /// Watts over the budget times seconds, over those profiles.
    public let overBudgetWattSeconds: Double
    /// Configurations with such a profile.
    public let overBudgetConfigurations: Int
    /// Share of such profiles in all of all configurations, percent; nil without profiles.
    public let overBudgetSharePercent: Double?
    /// The answers beside the optimum of the rows that are not odd; nil where no row was judged.
    public let robust: RobustSummary?
    /// The answers beside the papers' optimum; nil without background work, and where it solves nothing.
    public let papersOptimum: ThroughputComparison?
    /// The answers beside the optimum with one mode for all slices; nil where slices have no modes of their own.
    public let singleModeOptimum: ThroughputComparison?
    /// Time that the strategy and the exact optimum took, seconds; reading the tables is not in it.
    public let wallSeconds: Double

    /// Sums up a run. `rowsLeftOut` are the odd rows of the table; nil where no row was judged.
    public init(
        of configurations: [Configuration], subject: Subject, wallSeconds: Double, rowsLeftOut: Int? = nil
    ) {
        func sum(_ violation: (Violations) -> Bool?) -> Int? {
            let known = configurations.compactMap { $0.answer == nil ? nil : violation($0.violations) }
            return known.isEmpty ? nil : known.count { $0 }
        }
        let hasInference = subject.infer != nil
        self.subject = subject
        self.configurations = configurations.count
        solvable = configurations.count { $0.optimum != nil }
        solved = configurations.count { $0.answer != nil }
        violated = configurations.count { !$0.violations.isEmpty }
        powerViolations = sum(\.power) ?? 0
        latencyViolations = hasInference ? sum(\.latency) ?? 0 : nil
        rateViolations = hasInference ? sum(\.rate) ?? 0 : nil
        nonUrgentViolations = subject.nonUrgent == nil ? nil : sum(\.nonUrgent) ?? 0
        excessPercent = Distribution(configurations.compactMap(\.excessPercent))
        throughputLossPercent = Distribution(configurations.compactMap(\.throughputLossPercent))
        lossToBestPercent = Distribution(configurations.compactMap(\.lossToBestPercent))
        lossToFluidPercent = Distribution(configurations.compactMap(\.lossToFluidPercent))
        optimumIdle = configurations.count { $0.isOptimumIdle }
        profiles = Distribution(configurations.filter { $0.answer != nil }.map { Double($0.profiles) })
        profilesOfAll = Distribution(configurations.map { Double($0.profiles) })
        overBudgetProfiles = configurations.reduce(0) { $0 + $1.overBudgetProfiles }
        overBudgetWattSeconds = configurations.reduce(0) { $0 + $1.overBudgetWattSeconds }
        overBudgetConfigurations = configurations.count { $0.overBudgetProfiles > 0 }
        let profiled = configurations.reduce(0) { $0 + $1.profiles }
        overBudgetSharePercent = profiled > 0 ? Double(overBudgetProfiles) / Double(profiled) * 100 : nil
        robust = rowsLeftOut.map {
            RobustSummary(of: configurations, rowsLeftOut: $0, hasBackground: subject.objective != nil)
        }
        papersOptimum = ThroughputComparison(of: configurations, with: \.papersOptimum)
        singleModeOptimum = ThroughputComparison(of: configurations, with: \.singleModeOptimum)
        self.wallSeconds = wallSeconds
    }

    /// Whether the problem has background work, whose throughput is what counts.
    var hasBackground: Bool { subject.objective != nil }

    /// The summary as a JSON object with sorted keys. What a problem does not have is null.
    public func json() throws(EvaluationError) -> String { try JSONText.of(self) }
}

extension Summary: Encodable {
    private enum Key: String, CodingKey {
        case problem, strategy, train, infer, reference, references, objective, modes, points, seed, configurations,
            solvable,
            solved, violated
        case violations, profiles
        case nonUrgent = "non_urgent"
        case referenceWorkload = "reference_workload"
        case excessPercent = "excess_percent"
        case throughputLossPercent = "throughput_loss_percent"
        case lossToBestPercent = "throughput_loss_to_best_percent"
        case lossToFluidPercent = "throughput_loss_to_fluid_percent"
        case optimumIdle = "optimum_idle"
        case overBudgetProfiling = "over_budget_profiling"
        case wallSeconds = "wall_seconds"
        case power, latency, rate, mean, max, count
        case meanOfAll = "mean_of_all"
        case maxOfAll = "max_of_all"
        case wattSeconds = "watt_seconds"
        case minibatchesPerProfile = "minibatches_per_profile"
        case sharePercent = "share_percent"
        case robust, interleaving
        case sliceModes = "slice_modes"
        case switchMilliseconds = "switch_ms"
        case papersOptimum = "papers_optimum"
        case singleModeOptimum = "single_mode_optimum"
    }

    /// Writes every key, with null where a value does not exist.
    public func encode(to encoder: any Encoder) throws {
        var object = encoder.container(keyedBy: Key.self)
        try object.encode(subject.problem, forKey: .problem)
        try object.encode(subject.strategy, forKey: .strategy)
        try object.encode(subject.train, forKey: .train)
        try object.encode(subject.infer, forKey: .infer)
        try object.encode(subject.nonUrgent, forKey: .nonUrgent)
        try object.encode(subject.reference, forKey: .reference)
        try object.encode(subject.references, forKey: .references)
        try object.encode(subject.referenceWorkload, forKey: .referenceWorkload)
        try object.encode(subject.objective, forKey: .objective)
        try object.encode(subject.modes, forKey: .modes)
        try object.encode(subject.points, forKey: .points)
        try object.encode(subject.seed, forKey: .seed)
        try object.encode(configurations, forKey: .configurations)
        try object.encode(solvable, forKey: .solvable)
        try object.encode(solved, forKey: .solved)
        try object.encode(violated, forKey: .violated)
        var violations = object.nestedContainer(keyedBy: Key.self, forKey: .violations)
        try violations.encode(powerViolations, forKey: .power)
        try violations.encode(latencyViolations, forKey: .latency)
        try violations.encode(rateViolations, forKey: .rate)
        try violations.encode(nonUrgentViolations, forKey: .nonUrgent)
        try object.encode(excessPercent, forKey: .excessPercent)
        try object.encode(throughputLossPercent, forKey: .throughputLossPercent)
        try object.encode(lossToBestPercent, forKey: .lossToBestPercent)
        try object.encode(lossToFluidPercent, forKey: .lossToFluidPercent)
        try object.encode(hasBackground ? optimumIdle : nil, forKey: .optimumIdle)
        var profiling = object.nestedContainer(keyedBy: Key.self, forKey: .profiles)
        try profiling.encode(profiles?.mean, forKey: .mean)
        try profiling.encode(profiles?.max, forKey: .max)
        try profiling.encode(profilesOfAll?.mean, forKey: .meanOfAll)
        try profiling.encode(profilesOfAll?.max, forKey: .maxOfAll)
        var over = object.nestedContainer(keyedBy: Key.self, forKey: .overBudgetProfiling)
        try over.encode(overBudgetProfiles, forKey: .count)
        try over.encode(overBudgetWattSeconds, forKey: .wattSeconds)
        try over.encode(Configuration.minibatchesPerProfile, forKey: .minibatchesPerProfile)
        try over.encode(overBudgetSharePercent, forKey: .sharePercent)
        try over.encode(overBudgetConfigurations, forKey: .configurations)
        try object.encode(wallSeconds, forKey: .wallSeconds)
        try object.encode(robust, forKey: .robust)
        try object.encode(subject.interleaving, forKey: .interleaving)
        try object.encode(subject.sliceModes, forKey: .sliceModes)
        try object.encode(subject.switchMilliseconds, forKey: .switchMilliseconds)
        try object.encode(papersOptimum, forKey: .papersOptimum)
        try object.encode(singleModeOptimum, forKey: .singleModeOptimum)
    }
}
