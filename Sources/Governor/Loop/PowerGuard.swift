import Policy

/// Keeps measured power under the budget: feed-forward from what was observed, feedback as a correction that grows at once
/// and fades slowly. Pure: knows no clock and no board.
///
/// A sample above budget + band is over budget; the guard then assumes that every mode draws as much more than its profile as
/// was just seen, and takes the fastest observed mode that still fits. Where none fits, or nothing was observed, it walks the
/// grid down one operating point at a time. After a quiet time it takes back one step.
struct PowerGuard {
    struct Settings: Equatable {
        var bandWatts = 1.0
        var returnNanoseconds: UInt64 = 10_000_000_000
    }

    enum Action: Equatable {
        case none
        /// Go to this mode now; the text says why.
        case move(PowerMode, reason: String)
    }

    var settings: Settings
    /// Watts that modes are assumed to draw beyond their profiles.
    private(set) var correctionWatts = 0.0
    private var quietSince: UInt64?
    /// Steps that were taken down the grid, with the mode left at each.
    private var gridSteps: [PowerMode] = []

    init(settings: Settings) {
        self.settings = settings
    }

    /// Whether the guard holds the board below the plan.
    var isHolding: Bool { correctionWatts > 0 || !gridSteps.isEmpty }

    /// Forgets all corrections: the plan, the budget or the workload is another one now.
    mutating func reset() {
        correctionWatts = 0
        quietSince = nil
        gridSteps.removeAll()
    }

    /// Judges one power sample. `current` is the mode in force, `planned` the observation that the plan rests on, if any.
    mutating func judge(
        measuredWatts: Double, budgetWatts: Double, at now: UInt64, current: PowerMode, planned: TrainingObservation?,
        observed: ObservedModes, grid: ModeGrid
    ) -> Action {
        if measuredWatts > budgetWatts + settings.bandWatts {
            quietSince = nil
            return stepDown(measuredWatts, budgetWatts, current: current, observed: observed, grid: grid)
        }
        guard isHolding else { return .none }
        guard measuredWatts <= budgetWatts else {
            quietSince = nil
            return .none
        }
        let since = quietSince ?? now
        quietSince = since
        guard now - since >= settings.returnNanoseconds else { return .none }
        quietSince = now
        return stepUp(measuredWatts, budgetWatts, current: current, planned: planned, observed: observed)
    }

    private mutating func stepDown(
        _ measured: Double, _ budget: Double, current: PowerMode, observed: ObservedModes, grid: ModeGrid
    ) -> Action {
        let over = "measured \(watts(measured)) is over the budget of \(watts(budget)) by more than the band"
        if gridSteps.isEmpty, let profile = observed[current] {
            correctionWatts = max(correctionWatts, measured - profile.powerWatts)
            if let next = observed.fastest(withinWatts: budget - correctionWatts), next.powerWatts < profile.powerWatts
            {
                return .move(next.mode, reason: "\(over); stepping down to the next observed mode that fits")
            }
        }
        guard let lower = grid.stepDown(from: current) else { return .none }
        gridSteps.append(current)
        return .move(lower, reason: "\(over); no observed mode fits, stepping down the grid")
    }

    private mutating func stepUp(
        _ measured: Double, _ budget: Double, current: PowerMode, planned: TrainingObservation?, observed: ObservedModes
    ) -> Action {
        let quiet = "measured \(watts(measured)) has stayed within the budget of \(watts(budget))"
        if let former = gridSteps.last {
            // Known to draw too much: it was for that that the step was taken.
            if let known = observed[former], known.powerWatts + correctionWatts > budget { return .none }
            gridSteps.removeLast()
            return .move(former, reason: "\(quiet); taking back one step")
        }
        correctionWatts = correctionWatts < 0.2 ? 0 : correctionWatts / 2
        guard let target = observed.fastest(withinWatts: budget - correctionWatts) ?? planned, target.mode != current
        else { return .none }
        return .move(target.mode, reason: "\(quiet); taking back one step")
    }
}

extension ModeGrid {
    /// One operating point lower in the GPU and the CPU frequency; once both are lowest, in memory; then in cores. Nil at the
    /// lowest mode. A mode between operating points goes to the next lower one.
    func stepDown(from mode: PowerMode) -> PowerMode? {
        var lower = mode
        for group in [[Dimension.gpu, .cpu], [.emc], [.cores]] {
            for dimension in group {
                if let value = self[dimension].last(where: { $0 < mode[dimension] }) { lower[dimension] = value }
            }
            if lower != mode { return lower }
        }
        return nil
    }
}

/// Watts for a sentence.
func watts(_ value: Double) -> String {
    let tenths = (value * 10).rounded()
    guard tenths.magnitude < 1e12 else { return "\(value) W" }
    let whole = Int(tenths)
    return "\(whole < 0 ? "-" : "")\(abs(whole) / 10).\(abs(whole) % 10) W"
}
