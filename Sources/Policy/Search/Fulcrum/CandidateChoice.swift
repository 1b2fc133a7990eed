/// Which candidate to profile next.
struct CandidateChoice {
    /// What is expected of a candidate.
    struct Assessment {
        /// Expected gain, times the chance of keeping the limits.
        var gain: Double
        /// The chance of drawing more than the budget.
        var overBudgetChance: Double
    }

    /// Once something was profiled, a candidate over the allowance is taken only with this chance of keeping the budget, and only
    /// while nothing is known to keep it.
    private static let leastHope = 0.5

    let ledger: RiskLedger?
    /// Whether any point is known that keeps the limits.
    let hasAnswer: Bool
    /// The highest chance of being over the budget that a candidate may have to be chosen.
    let allowance: Double
    private var candidates: [(index: Int, assessment: Assessment)] = []
    private var safest: (index: Int, chance: Double)?

    init(ledger: RiskLedger?, hasAnswer: Bool) {
        self.ledger = ledger
        self.hasAnswer = hasAnswer
        allowance = ledger?.allowance ?? 1
    }

    mutating func offer(_ index: Int, _ assessment: Assessment) {
        if assessment.overBudgetChance < safest?.chance ?? .infinity { safest = (index, assessment.overBudgetChance) }
        candidates.append((index, assessment))
    }

    /// The candidate to profile; nil where none is worth it. `leastGain` is in the unit of the gains. What a candidate tells about
    /// the power of the most promising one, where that is too risky, counts as well, `informationWeight` times as much as a gain:
    /// with a bound on risk the way up to the budget matters more than the next step. `informedness` is that of each index.
    func chosen(leastGain: Double, informationWeight: Double, informedness: (_ target: Int) -> [Double]) -> Int? {
        var bonus: [Double] = []
        var promised = 0.0
        if ledger != nil, informationWeight > 0, let target = candidates.max(by: { Self.isLess($0, $1) }),
            target.assessment.overBudgetChance > allowance, target.assessment.gain > 0
        {
            promised = target.assessment.gain
            bonus = informedness(target.index)
        }
        var best: (index: Int, gain: Double)?
        for (index, assessment) in candidates where assessment.overBudgetChance <= allowance {
            let gain = assessment.gain + (bonus.isEmpty ? 0 : informationWeight * promised * bonus[index])
            if gain > best?.gain ?? -.infinity { best = (index, gain) }
        }
        if let best { return !hasAnswer || best.gain > leastGain ? best.index : nil }
        guard !hasAnswer, let safest, let ledger else { return nil }
        return ledger.profiles == 0 || 1 - safest.chance >= Self.leastHope ? safest.index : nil
    }

    private static func isLess(
        _ left: (index: Int, assessment: Assessment), _ right: (index: Int, assessment: Assessment)
    ) -> Bool {
        (left.assessment.gain, -left.index) < (right.assessment.gain, -right.index)
    }
}
