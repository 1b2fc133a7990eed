import Policy

/// What a model expects of a mode before it was profiled.
struct Expectation: Sendable, Equatable {
    /// A value and the interval that it lies in with the model's stated confidence.
    struct Interval: Sendable, Equatable {
        var value: Double
        var low: Double
        var high: Double
    }

    var milliseconds: Interval
    var watts: Interval
    /// The chance that the mode is over the budget, 0 to 1; nil where the model states none.
    var overBudgetChance: Double?
}

/// One step of a search as it can be read afterwards: what was expected, how sure that was, what was seen.
struct SearchStepRecord: Sendable, Equatable {
    var mode: PowerMode
    /// Nil where the strategy expects nothing.
    var expected: Expectation?
    /// Why the mode was chosen, as a sentence part.
    var reason: String
    /// Nil while it is profiled, and for ever where that was broken off.
    var measured: TrainingObservation?

    /// `N mode C_C_G_M expected_ms V LOW HIGH expected_w V LOW HIGH over_budget P measured_ms V measured_w V why TEXT`.
    func line(_ number: Int) -> String {
        func number3(_ value: Double?) -> String {
            guard let value, value.isFinite, value.magnitude < 1e12 else { return "unmeasured" }
            return Metrics.decimal(Int((value * 1000).rounded()), scale: 3)
        }
        func interval(_ interval: Expectation.Interval?) -> String {
            guard let interval else { return "unknown unknown unknown" }
            return [interval.value, interval.low, interval.high].map(number3).joined(separator: " ")
        }
        let chance = expected?.overBudgetChance.map(number3) ?? "unknown"
        return "\(number) mode \(mode) expected_ms \(interval(expected?.milliseconds)) "
            + "expected_w \(interval(expected?.watts)) over_budget \(chance) "
            + "measured_ms \(number3(measured?.minibatchMilliseconds)) measured_w \(number3(measured?.powerWatts)) "
            + "why \(reason)"
    }
}
