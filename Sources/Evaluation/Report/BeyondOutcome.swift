/// What an idea reaches beside the papers' optimum, over the same configurations.
struct BeyondOutcome: Sendable {
    /// Background throughput, percent of the papers' optimum's: the ratio of sums over the configurations that this solves, where
    /// one without a sound answer counts as 0. Nil where its sum is 0.
    let throughputPercent: Double?
    /// Configurations with a sound answer, percent of those.
    let solvedPercent: Double?
    /// Profiles per configuration in the mean; nil for what profiles nothing.
    let profiles: Double?
    /// Watt-seconds over the budget per configuration in the mean; nil for what profiles nothing.
    let overBudgetWattSeconds: Double?

    /// Takes the configurations of some runs, which are averaged, and the throughput that each answer is worth.
    init(
        _ runs: [[Configuration]], beside papersOptimum: [Configuration],
        throughput: (Configuration) -> Double? = { $0.sound?.throughput }
    ) {
        var (sum, papersSum, solved, compared) = (0.0, 0.0, 0, 0)
        for configurations in runs {
            for (configuration, papers) in zip(configurations, papersOptimum) {
                guard let papersThroughput = papers.sound?.throughput else { continue }
                compared += 1
                papersSum += papersThroughput
                guard let throughput = throughput(configuration) else { continue }
                solved += 1
                sum += throughput
            }
        }
        throughputPercent = papersSum > 0 ? sum / papersSum * 100 : nil
        solvedPercent = compared > 0 ? Double(solved) / Double(compared) * 100 : nil
        let all = runs.flatMap { $0 }
        let profiled = all.reduce(0) { $0 + $1.profiles }
        guard profiled > 0 else {
            (profiles, overBudgetWattSeconds) = (nil, nil)
            return
        }
        profiles = Double(profiled) / Double(all.count)
        overBudgetWattSeconds = all.reduce(0) { $0 + $1.overBudgetWattSeconds } / Double(all.count)
    }
}
