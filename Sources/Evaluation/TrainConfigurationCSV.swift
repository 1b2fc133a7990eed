import Policy

/// The rows of `--csv`: one per configuration, numbers that read back exactly.
public enum TrainConfigurationCSV {
    /// The columns, shared with the other problems; those that training has no value for stay empty: latency_ms, rate,
    /// minibatch (fixed), tau and fluid_throughput. Throughput is in training minibatches per second.
    public static let header =
        "power_w,latency_ms,rate,mode,minibatch,time_ms,power_measured_w,tau,throughput,profiles,"
        + "optimum_time_ms,optimum_throughput,fluid_throughput,over_budget_profiles,over_budget_watt_seconds"

    /// Header and rows, each line with its end. Without an answer, or without an optimum, their fields are empty.
    public static func text(_ configurations: [TrainConfiguration]) -> String {
        var text = header + "\n"
        for configuration in configurations {
            text += fields(configuration).joined(separator: ",")
            text += "\n"
        }
        return text
    }

    private static func fields(_ configuration: TrainConfiguration) -> [String] {
        let answer = configuration.answer
        let optimum = configuration.optimum
        return [
            shortest(configuration.budgetWatts),
            "",
            "",
            answer.map { "\($0.mode)" } ?? "",
            "",
            answer.map { shortest($0.minibatchMilliseconds) } ?? "",
            answer.map { shortest($0.powerWatts) } ?? "",
            "",
            answer.map { shortest(1000 / $0.minibatchMilliseconds) } ?? "",
            "\(configuration.profiles)",
            optimum.map { shortest($0.minibatchMilliseconds) } ?? "",
            optimum.map { shortest(1000 / $0.minibatchMilliseconds) } ?? "",
            "",
            "\(configuration.overBudgetProfiles)",
            shortest(configuration.overBudgetWattSeconds),
        ]
    }
}
