import Policy

/// What a training workload should do next, from what was observed of it. Pure.
enum TrainingPlan: Equatable {
    /// Profile this mode.
    case profile(PowerMode)
    /// Run in this observed mode; the search is over.
    case settle(TrainingObservation, reason: String)
    /// No profiled mode meets the budget: run in the lowest mode of the grid.
    case lowest(PowerMode, reason: String)

    /// Decides for `budgetWatts`. The first profile is that of `stock`, the mode that was in force before the governor's first
    /// write, so that no answer is slower than what was there, if that met the budget. `isSearching` tells a search under way,
    /// which runs to its end, from a new budget, which is answered from the observed modes alone where a search could gain
    /// at most the share `coverGain` of the minibatch time.
    static func next(
        observed: ObservedModes, budgetWatts: Double, strategy: any Search<TrainProblem>, grid: ModeGrid,
        coverGain: Double,
        stock: PowerMode?, isSearching: Bool
    ) -> TrainingPlan {
        if observed.all.isEmpty, let stock { return .profile(stock) }
        let best = observed.fastest(withinWatts: budgetWatts)
        if !isSearching, let best,
            let gain = possibleGain(over: best, observed: observed, budgetWatts: budgetWatts, grid: grid),
            gain <= coverGain
        {
            return .settle(
                best,
                reason: "answered from \(observed.all.count) observed modes: a search could gain "
                    + "\(Int((gain * 100).rounded())) % at most")
        }
        var search = strategy
        switch search.next(observed: observed) {
        case .profile(let mode): return .profile(mode)
        case .answer:
            // Everything observed counts, also what an earlier budget's search has seen.
            guard let best else {
                if observed[grid.lowest] == nil { return .profile(grid.lowest) }
                return .lowest(
                    grid.lowest,
                    reason:
                        "none of \(observed.all.count) observed modes meets \(watts(budgetWatts)); the lowest mode is in force"
                )
            }
            return .settle(
                best, reason: "fastest of \(observed.all.count) observed modes within \(watts(budgetWatts))")
        }
    }

    /// The share of `best`'s minibatch time that another mode within the budget might save, by the front that the observed
    /// modes suggest. Nil where they suggest nothing: all of them are over the budget, or all within it.
    private static func possibleGain(
        over best: TrainingObservation, observed: ObservedModes, budgetWatts: Double, grid: ModeGrid
    ) -> Double? {
        if best.mode == grid.highest { return 0 }
        return observed.attainableMilliseconds(atWatts: budgetWatts).map { max(0, 1 - $0 / best.minibatchMilliseconds) }
    }
}
