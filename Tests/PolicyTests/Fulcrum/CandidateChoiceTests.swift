import Testing

@testable import Policy

@Suite struct CandidateChoiceTests {
    private func close(_ left: Double, _ right: Double) -> Bool { abs(left - right) < 1e-12 }

    // MARK: The ledger

    @Test func whatIsNotSpentMayBeSpentLater() {
        var ledger = RiskLedger(risk: 0.05)
        #expect(close(ledger.allowance, 0.05) && ledger.profiles == 0)
        for profiles in 1...5 {
            ledger.add(chance: 0, isOver: false)
            #expect(ledger.profiles == profiles && close(ledger.allowance, 0.05 * Double(profiles + 1)))
        }
        ledger.add(chance: 0.2, isOver: false)
        #expect(close(ledger.allowance, 0.15))
        // A profile over the budget is one in full, and the bound is what is always left.
        ledger.add(chance: 0.01, isOver: true)
        #expect(close(ledger.allowance, 0.05))
        for _ in 0..<12 { ledger.add(chance: 0, isOver: false) }
        #expect(close(ledger.allowance, 0.05))
        ledger.add(chance: 0, isOver: false)
        #expect(close(ledger.allowance, 0.05 * 21 - 1))
    }

    @Test func aChanceThatCouldNotBeAvoidedIsCountedAsFarAsItWasAllowed() {
        var ledger = RiskLedger(risk: 0.05)
        ledger.add(chance: 0.9, isOver: false)
        #expect(close(ledger.allowance, 0.05))
        ledger.add(chance: 0, isOver: false)
        #expect(close(ledger.allowance, 0.1))
    }

    @Test(arguments: [0.01, 0.05, 0.3]) func theExpectedShareStaysWithinTheBound(risk: Double) {
        var generator = SeededGenerator(seed: 11)
        for _ in 0..<50 {
            var ledger = RiskLedger(risk: risk)
            var expected = 0.0
            for profiles in 1...40 {
                let chance = ledger.allowance * Double.random(in: 0.5...1, using: &generator)
                expected += chance
                ledger.add(chance: chance, isOver: Double.random(in: 0..<1, using: &generator) < chance)
                #expect(expected <= risk * Double(profiles) + 1e-9)
            }
        }
    }

    // MARK: The choice

    private func choice(
        profiles: Int? = 3, hasAnswer: Bool = true, _ candidates: [(Double, Double)]
    ) -> CandidateChoice {
        var ledger = profiles.map { _ in RiskLedger(risk: 0.05) }
        for _ in 0..<(profiles ?? 0) { ledger?.add(chance: 0.05, isOver: false) }
        var choice = CandidateChoice(ledger: ledger, hasAnswer: hasAnswer)
        for (index, candidate) in candidates.enumerated() {
            choice.offer(index, .init(gain: candidate.0, overBudgetChance: candidate.1))
        }
        return choice
    }

    @Test func theLargestGainThatIsAllowed() {
        let candidates = [(0.2, 0.04), (0.9, 0.5), (0.3, 0.05), (0.1, 0.0)]
        #expect(choice(candidates).chosen(leastGain: 0.01, informationWeight: 2) { _ in [0, 0, 0, 0] } == 2)
        // Without a bound that of all.
        #expect(
            choice(profiles: nil, candidates).chosen(leastGain: 0.01, informationWeight: 2) { _ in [0, 0, 0, 0] } == 1)
    }

    @Test func itStopsWhereNothingIsWorthAProfile() {
        let candidates = [(0.005, 0.01), (0.002, 0.0)]
        #expect(choice(candidates).chosen(leastGain: 0.01, informationWeight: 2) { _ in [0, 0] } == nil)
        #expect(choice(candidates).chosen(leastGain: 0.001, informationWeight: 2) { _ in [0, 0] } == 0)
        // As long as nothing is known to keep the limits, anything is.
        #expect(
            choice(hasAnswer: false, candidates).chosen(leastGain: 0.01, informationWeight: 2) { _ in [0, 0] } == 0)
        for hasAnswer in [true, false] {
            for profiles in [Int?.none, 0, 3] {
                #expect(
                    choice(profiles: profiles, hasAnswer: hasAnswer, []).chosen(leastGain: 0, informationWeight: 2) {
                        _ in []
                    } == nil)
            }
        }
    }

    @Test func whatTellsAboutTheMostPromisingOneCounts() {
        let candidates = [(0.01, 0.0), (0.01, 0.0), (0.5, 0.6)]
        var targets: [Int] = []
        let index = choice(candidates).chosen(leastGain: 0.02, informationWeight: 2) { target in
            targets.append(target)
            return [0.1, 0.3, 1]
        }
        #expect(index == 1 && targets == [2])
        // It tells nothing, or may be profiled itself, or there is no bound: then nobody asks.
        #expect(choice(candidates).chosen(leastGain: 0.02, informationWeight: 2) { _ in [0, 0, 1] } == nil)
        var asked = 0
        let allowed = [(0.01, 0.0), (0.5, 0.04)]
        for profiles in [Int?.none, 3] {
            let index = choice(profiles: profiles, allowed).chosen(leastGain: 0.02, informationWeight: 2) { _ in
                asked += 1
                return [1, 1]
            }
            #expect(index == 1)
        }
        #expect(asked == 0)
    }

    @Test func onlyTheFirstAndOnlyWithHopeIsForced() {
        let risky = [(0.9, 0.8), (0.1, 0.6)]
        func forced(_ profiles: Int?, _ hasAnswer: Bool, _ candidates: [(Double, Double)]) -> Int? {
            choice(profiles: profiles, hasAnswer: hasAnswer, candidates).chosen(leastGain: 0, informationWeight: 2) {
                _ in [0, 0]
            }
        }
        #expect(forced(0, false, risky) == 1)
        #expect(forced(3, false, risky) == nil)
        #expect(forced(3, false, [(0.9, 0.8), (0.1, 0.5)]) == 1)
        #expect(forced(3, true, [(0.9, 0.8), (0.1, 0.5)]) == nil)
        #expect(forced(0, true, risky) == nil)
    }

    @Test func nothingOverTheAllowanceIsChosenBesides() {
        var generator = SeededGenerator(seed: 12)
        var (allowed, forced, none) = (0, 0, 0)
        for _ in 0..<3_000 {
            let least = [0, 0.06, 0.4, 0.6][Int.random(in: 0..<4, using: &generator)]
            var candidates: [(Double, Double)] = []
            for _ in 0..<Int.random(in: 1...6, using: &generator) {
                let gain = Double.random(in: 0...1, using: &generator)
                candidates.append((gain, Double.random(in: least...1, using: &generator)))
            }
            let profiles = Int.random(in: 0...4, using: &generator)
            let hasAnswer = Bool.random(using: &generator)
            let offered = choice(profiles: profiles, hasAnswer: hasAnswer, candidates)
            let informedness = candidates.map { _ in Double.random(in: 0...1, using: &generator) }
            guard let index = offered.chosen(leastGain: 0.05, informationWeight: 2, informedness: { _ in informedness })
            else {
                none += 1
                continue
            }
            if candidates[index].1 <= offered.allowance {
                allowed += 1
            } else {
                forced += 1
                #expect(!hasAnswer && (profiles == 0 || candidates[index].1 <= 0.5))
                #expect(candidates.allSatisfy { $0.1 >= candidates[index].1 })
            }
        }
        #expect(allowed > 100 && forced > 100 && none > 100)
    }
}
