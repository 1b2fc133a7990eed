/// The configurations of a report. Their steps are wider than the papers', as some strategies take milliseconds for each.
struct ReportSweep: Sendable {
    /// The axes of a problem with an inference.
    struct Axes: Sendable {
        let power: String
        let latencyMilliseconds: String
        let ratePerSecond: String

        /// Each combination.
        func limits() throws(EvaluationError) -> [Limits] {
            try SweptAxes.limits(
                power: Axis(parsing: power, name: "power"),
                latencyMilliseconds: Axis(parsing: latencyMilliseconds, name: "latency"),
                ratePerSecond: Axis(parsing: ratePerSecond, name: "rate"))
        }

        /// The axes as options of `evaluate infer` and `evaluate pair`.
        var text: String { "--power \(power) --latency-ms \(latencyMilliseconds) --rate \(ratePerSecond)" }
    }

    let infer: Axes
    let pair: Axes

    /// The ranges of Fulcrum's evaluation (arXiv 2509.20205).
    static let standard = ReportSweep(
        infer: Axes(power: "10..50/1", latencyMilliseconds: "50..150/20", ratePerSecond: "30..90/15"),
        pair: Axes(power: "10..50/2", latencyMilliseconds: "500..2000/300", ratePerSecond: "30..120/30"))
}
