import Policy

/// The rows of `--csv`: one per configuration, numbers that read back exactly.
public enum ConfigurationCSV {
    /// The columns of all problems; those that a problem has no value for stay empty. `time_ms` is a training minibatch or,
    /// where there is an inference, its minibatch, and so is `optimum_time_ms`. Throughputs are training (or background)
    /// minibatches per second; an inference alone has none, as it serves what arrives. `best_throughput` is the largest of
    /// any point that keeps the limits. `violations` lists power, latency, rate and non_urgent with blanks between.
    public static let header =
        "power_w,latency_ms,rate,mode,minibatch,time_ms,power_measured_w,tau,throughput,profiles,"
        + "optimum_time_ms,optimum_throughput,fluid_throughput,over_budget_profiles,over_budget_watt_seconds,"
        + "background_time_ms,best_throughput,violations,robust_optimum_time_ms,robust_optimum_throughput,"
        + "background_mode,switches_per_second,papers_optimum_throughput,single_mode_optimum_throughput"

    /// Header and rows, each line with its end. Without an answer, or without an optimum, their fields are empty.
    public static func text(_ configurations: [Configuration]) -> String {
        var text = header + "\n"
        for configuration in configurations {
            text += fields(configuration).joined(separator: ",")
            text += "\n"
        }
        return text
    }

    private static func fields(_ configuration: Configuration) -> [String] {
        func number(_ value: Double?) -> String { value.map(shortest) ?? "" }
        func whole(_ value: Int?) -> String { value.map { "\($0)" } ?? "" }
        let limits = configuration.limits
        let answer = configuration.answer
        return [
            number(limits.budgetWatts), number(limits.latencyMilliseconds), number(limits.ratePerSecond),
            answer.map { "\($0.mode)" } ?? "", whole(answer?.minibatch), number(answer?.milliseconds),
            number(answer?.powerWatts), number(answer?.tau), number(answer?.throughput),
            whole(configuration.profiles),
            number(configuration.optimum?.milliseconds), number(configuration.optimum?.throughput),
            number(configuration.fluidThroughput),
            whole(configuration.overBudgetProfiles), number(configuration.overBudgetWattSeconds),
            number(answer?.backgroundMilliseconds), number(configuration.bestThroughput),
            configuration.violations.names.joined(separator: " "),
            number(configuration.robustOptimum?.milliseconds), number(configuration.robustOptimum?.throughput),
            answer?.backgroundMode.map { "\($0)" } ?? "", number(answer?.switchesPerSecond),
            number(configuration.papersOptimum?.throughput), number(configuration.singleModeOptimum?.throughput),
        ]
    }
}

extension Violations {
    /// The names of the limits that are broken, as in the JSON summary.
    var names: [String] {
        zip([power, latency ?? false, rate ?? false, nonUrgent ?? false], ["power", "latency", "rate", "non_urgent"])
            .filter(\.0).map(\.1)
    }
}
