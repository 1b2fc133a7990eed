import Policy

/// What a training workload should do next, from what was observed of it. Pure.
enum TrainingPlan: Equatable, Sendable {
    /// Profile this mode.
    case profile(PowerMode)
    /// Run in this observed mode. `endsSearch` tells an answer that the strategy gave from one that needed no search.
    case settle(TrainingObservation, reason: String, endsSearch: Bool)
    /// No profiled mode meets the budget: run in the lowest mode of the grid.
    case lowest(PowerMode, reason: String)

    /// What the plan is made for.
    struct Situation: Sendable {
        var budgetWatts: Double
        var grid: ModeGrid
        /// A budget is answered from the observed modes alone where a search could gain at most this share of the minibatch
        /// time.
        var coverGain: Double
        /// The mode that a workload is profiled in first where nothing was observed and the strategy does not say better:
        /// the one that was in force before, so that no answer is slower than what was there, if that met the budget.
        var first: PowerMode?
        /// A search under way runs to its end; a new question is answered from what is known where that suffices.
        var isSearching: Bool
        /// A search for this budget came to its end before.
        var wasSearched: Bool
    }

    /// Decides. `search` may keep what it computed on the way. `probe` is the same search, but one that answers where no profile
    /// is expected to gain more than `coverGain`; nil where the strategy has no expectations.
    static func next(
        observed: ObservedModes, in situation: Situation, search: inout any Search<TrainProblem>,
        probe: (any Search<TrainProblem>)? = nil
    ) -> TrainingPlan {
        let (budget, grid) = (situation.budgetWatts, situation.grid)
        if observed.all.isEmpty, let first = situation.first { return .profile(first) }
        let best = observed.fastest(withinWatts: budget)
        if let known = answeredBefore(observed: observed, in: situation) { return known }
        if !situation.isSearching, let best {
            if let reason = coverage(of: best, observed: observed, in: situation, probe: probe) {
                return .settle(
                    best, reason: "answered from \(observed.all.count) observed modes: \(reason)", endsSearch: false)
            }
        }
        switch search.next(observed: observed) {
        case .profile(let mode): return .profile(mode)
        case .answer:
            // Everything observed counts, also what an earlier budget's search has seen.
            guard let best else {
                if observed[grid.lowest] == nil { return .profile(grid.lowest) }
                return .lowest(
                    grid.lowest,
                    reason:
                        "none of \(observed.all.count) observed modes meets \(watts(budget)); the lowest mode is in force"
                )
            }
            return .settle(
                best, reason: "fastest of \(observed.all.count) observed modes within \(watts(budget))",
                endsSearch: true)
        }
    }

    /// The answer to a question that was searched to its end before, for which no strategy has to be asked; nil for any other.
    static func answeredBefore(observed: ObservedModes, in situation: Situation) -> TrainingPlan? {
        guard !situation.isSearching, situation.wasSearched,
            let best = observed.fastest(withinWatts: situation.budgetWatts)
        else { return nil }
        return .settle(
            best,
            reason:
                "answered from \(observed.all.count) observed modes: \(watts(situation.budgetWatts)) was searched before",
            endsSearch: false)
    }

    /// Why no search is needed, as a sentence part; nil where one could gain more than `coverGain`. The probe tells what the
    /// strategy's model expects; without one, the front that the observed modes suggest tells what could be reached.
    private static func coverage(
        of best: TrainingObservation, observed: ObservedModes, in situation: Situation,
        probe: (any Search<TrainProblem>)?
    ) -> String? {
        func percent(_ share: Double) -> Int { Int((share * 100).rounded()) }
        if best.mode == situation.grid.highest { return "no mode is faster" }
        if var probe {
            guard case .answer = probe.next(observed: observed) else { return nil }
            return "no profile is expected to gain \(percent(situation.coverGain)) %"
        }
        // Nothing is suggested where all modes are over the budget, or all within it.
        guard let attainable = observed.attainableMilliseconds(atWatts: situation.budgetWatts) else { return nil }
        let gain = max(0, 1 - attainable / best.minibatchMilliseconds)
        return gain <= situation.coverGain ? "a search could gain \(percent(gain)) % at most" : nil
    }
}
