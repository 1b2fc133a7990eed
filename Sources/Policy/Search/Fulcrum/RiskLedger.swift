/// How much risk the next profile may take, so that the expected share of profiles over the budget stays within a bound at any
/// time.
///
/// Each profile earns the bound; what earlier ones did not spend may be spent later, where the model is surer of what it does. A
/// profile that did draw more than the budget counts as one in full.
struct RiskLedger {
    /// The bound, per profile.
    let risk: Double
    private(set) var profiles = 0
    private var expected = 0.0
    private var happened = 0.0

    init(risk: Double) {
        self.risk = risk
    }

    /// Counts a profile with its chance as it was seen before, and what came of it. Of a chance that no candidate could have
    /// avoided only what was allowed is counted: what is left to spend is to be spent well.
    mutating func add(chance: Double, isOver: Bool) {
        expected += min(chance, allowance)
        profiles += 1
        if isOver { happened += 1 }
    }

    /// The highest chance that the next profile may have. Never less than the bound, or one that went wrong would end the search.
    var allowance: Double {
        max(risk, risk * Double(profiles + 1) - max(expected, happened))
    }
}
