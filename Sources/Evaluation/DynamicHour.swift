public import Policy

/// What one window of a `DynamicFollow` gave; an hour, with windows of 3600 s.
public struct DynamicHour: Hashable, Sendable {
    /// The number of the window in the series, from 0.
    public let window: Int
    /// Its seconds.
    public let seconds: Int
    /// Requests that arrived.
    public internal(set) var requests = 0.0
    /// The most in one second.
    public internal(set) var highestRate = 0.0
    /// Background minibatches that were run.
    public internal(set) var background = 0.0
    /// Background minibatches of the oracle: in each second the best point for its rate, without the cost of a change. Nothing in
    /// a second that no point keeps up with.
    public internal(set) var oracleBackground = 0.0
    /// Of the best single plan that keeps up with every second of the series; nil where there is none.
    public internal(set) var fixedBackground: Double?
    /// The same where the dispatcher waits until minibatches are full; nil where no such plan is in time in every second.
    public internal(set) var fullFixedBackground: Double?
    /// Of the papers' planner, which is told the mean rate of this window and runs full minibatches: in the seconds that its plan
    /// keeps up with, in time or not.
    public internal(set) var toldBackground = 0.0
    /// Seconds in which that plan does not keep up, or is late: all of them where it finds no plan.
    public internal(set) var toldViolatedSeconds = 0
    /// Seconds in which more requests arrived than the plan keeps up with.
    public internal(set) var violatedSeconds = 0
    /// Those of them that no point keeps up with.
    public internal(set) var unservableSeconds = 0
    /// Seconds with more requests than were planned for; a plan may keep up all the same.
    public internal(set) var unplannedSeconds = 0
    /// Requests that were late.
    public internal(set) var lateRequests = 0.0
    /// How often the rate left the band of the plan.
    public internal(set) var replans = 0
    /// Plans with another power mode.
    public internal(set) var modeChanges = 0
    /// Plans with the same mode and another minibatch size.
    public internal(set) var minibatchChanges = 0
    /// Points profiled.
    public internal(set) var profiles = 0
    /// Profiled points over the power budget.
    public internal(set) var overBudgetProfiles = 0
    /// The rate planned for at the end, requests per second; nil before the first plan.
    public internal(set) var plannedRate: Double?
    /// The point in force at the end; nil without one.
    public internal(set) var point: InferencePoint?

    init(window: Int, seconds: Int) {
        self.window = window
        self.seconds = seconds
    }

    /// Background throughput over that of the oracle; nil where that has none.
    public var shareOfOracle: Double? { oracleBackground > 0 ? background / oracleBackground : nil }
}

/// The rows of `--csv` with `--follow`, one per window.
public enum DynamicHourCSV {
    /// The columns. Throughputs are background minibatches per second.
    public static let header =
        "window,start_seconds,requests,highest_rate,throughput,oracle_throughput,fixed_throughput,full_fixed_throughput,"
        + "violated_seconds,unservable_seconds,late_requests,replans,mode_changes,minibatch_changes,profiles,"
        + "over_budget_profiles,planned_rate,mode,minibatch,told_throughput,told_violated_seconds,"
        + "unplanned_seconds"

    /// Header and rows, each line with its end.
    public static func text(_ hours: [DynamicHour]) -> String {
        hours.reduce(into: header + "\n") { $0 += fields($1).joined(separator: ",") + "\n" }
    }

    private static func fields(_ hour: DynamicHour) -> [String] {
        func throughput(_ background: Double?) -> String {
            background.map { shortest($0 / Double(hour.seconds)) } ?? ""
        }
        return [
            "\(hour.window)", "\(hour.window * hour.seconds)", shortest(hour.requests), shortest(hour.highestRate),
            throughput(hour.background), throughput(hour.oracleBackground), throughput(hour.fixedBackground),
            throughput(hour.fullFixedBackground), "\(hour.violatedSeconds)", "\(hour.unservableSeconds)",
            shortest(hour.lateRequests), "\(hour.replans)", "\(hour.modeChanges)", "\(hour.minibatchChanges)",
            "\(hour.profiles)", "\(hour.overBudgetProfiles)", hour.plannedRate.map(shortest) ?? "",
            hour.point.map { "\($0.mode)" } ?? "", hour.point.map { "\($0.minibatch)" } ?? "",
            throughput(hour.toldBackground), "\(hour.toldViolatedSeconds)", "\(hour.unplannedSeconds)",
        ]
    }
}
