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
    /// write, so that no answer is slower than what was there, if that met the budget. `isSearching` tells a search under way, which runs to its end, from a new budget, which is
    /// answered from the observed modes alone where they cover it: the best of them uses at least `coverRatio` of the budget,
    /// or is the fastest mode that exists on the grid.
    static func next(
        observed: ObservedModes, budgetWatts: Double, strategy: any TrainingSearch, grid: ModeGrid, coverRatio: Double,
        stock: PowerMode?, isSearching: Bool
    ) -> TrainingPlan {
        if observed.all.isEmpty, let stock { return .profile(stock) }
        let best = observed.fastest(withinWatts: budgetWatts)
        if !isSearching, let best, best.powerWatts >= coverRatio * budgetWatts || best.mode == grid.highest {
            return .settle(
                best,
                reason:
                    "answered from \(observed.all.count) observed modes: the best draws \(watts(best.powerWatts)) of "
                    + "\(watts(budgetWatts))")
        }
        switch strategy.next(observed: observed) {
        case .profile(let mode): return .profile(mode)
        case .answer:
            // Everything observed counts, also what an earlier budget's search has seen.
            guard let best else {
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
}
