/// The configurations of a run: each combination of the values of its axes.
public enum SweptAxes {
    /// More configurations than this are refused.
    public static let configurationLimit = 500_000

    /// One configuration per budget.
    public static func limits(power: Axis) -> [Limits] {
        power.values.map { Limits(budgetWatts: $0) }
    }

    /// Each combination, the rate changing first, then the latency (milliseconds), then the power. Throws where there are too
    /// many, or where a latency or a rate is 0.
    public static func limits(
        power: Axis, latencyMilliseconds: Axis, ratePerSecond: Axis
    ) throws(EvaluationError) -> [Limits] {
        try positive(latencyMilliseconds, name: "--latency-ms", "0 ms can never be met")
        try positive(ratePerSecond, name: "--rate", "without requests there is nothing to plan")
        // Each axis has at most 100,000 values: three multiply to far less than 2^63.
        let count = power.values.count * latencyMilliseconds.values.count * ratePerSecond.values.count
        guard count <= configurationLimit else {
            throw EvaluationError(
                "--power, --latency-ms and --rate have \(count) combinations; \(configurationLimit) are the most allowed. "
                    + "Take larger steps.")
        }
        return power.values.flatMap { watts in
            latencyMilliseconds.values.flatMap { milliseconds in
                ratePerSecond.values.map {
                    Limits(budgetWatts: watts, latencyMilliseconds: milliseconds, ratePerSecond: $0)
                }
            }
        }
    }

    private static func positive(_ axis: Axis, name: String, _ reason: String) throws(EvaluationError) {
        guard axis.values.allSatisfy({ $0 > 0 }) else {
            throw EvaluationError("\(name) has the value 0: \(reason). Start above 0.")
        }
    }
}
