import Board
import Policy
import SystemCalls
import Telemetry

extension Governor {
    /// Reads the rails and hands the total to a profile under way.
    func sampleRails(at now: UInt64) {
        rails.sample(now: now)
        let elapsed = powerSampledAt == 0 ? 0 : now - powerSampledAt
        guard let microwatts = rails.totalMicrowatts(of: board.identity.totalPowerLabels) else {
            measuredWatts = nil
            return
        }
        let watts = Double(microwatts) / 1e6
        measuredWatts = watts
        powerSampledAt = now
        if watts > configuration.budgetWatts {
            let microjoules = UInt64((watts - configuration.budgetWatts) * Double(elapsed) / 1e3)
            counters.overBudgetMicrojoules += microjoules
            if let index = primaryIndex, workloads[index].state == .searching {
                workloads[index].searchOverBudgetMicrojoules += microjoules
            }
        }
        if let index = primaryIndex {
            // The register may hold a mean that ended up to one window ago.
            workloads[index].window?.addPower(watts, averagedOver: 2 * averagingNanoseconds, at: now)
            if workloads[index].state == .settled, !powerGuard.isHolding,
                now >= workloads[index].settledAt + 2 * averagingNanoseconds
            {
                workloads[index].settledWatts.append(watts)
            }
        }
    }

    /// Steps down at once when the settled board draws more than the budget and its band. A search is left alone: its profiles
    /// are short, GMD starts in the middle whatever the budget, and what it draws over the budget is counted.
    func guardPower(at now: UInt64) {
        guard manualReason == nil, let measuredWatts, powerSampledAt == now else { return }
        let index = primaryIndex
        if let index, workloads[index].state == .searching { return }
        // The sensor still averages over the time before the last change.
        guard now >= lastMoveAt + 2 * averagingNanoseconds else { return }
        guard let current = requestedMode ?? effectiveMode else { return }
        powerGuard.settings = .init(
            bandWatts: bandWatts, returnNanoseconds: UInt64(configuration.guardReturnSeconds * 1e9))
        let action = powerGuard.judge(
            measuredWatts: measuredWatts, budgetWatts: configuration.budgetWatts, at: now, current: current,
            planned: index.flatMap { workloads[$0].settled },
            observed: index.map { workloads[$0].observed } ?? ObservedModes(),
            grid: grid)
        guard case .move(let mode, let reason) = action, move(to: mode, at: now) else { return }
        counters.guardSteps += 1
        decide("Power guard: \(reason), mode \(mode).")
    }

    /// The band over the budget: as configured, and at least what the rails can tell apart.
    var bandWatts: Double {
        let labels = board.identity.totalPowerLabels
        var microwatts: UInt64 = 0
        for (description, sample) in zip(rails.descriptions, rails.samples) where labels.contains(description.label) {
            microwatts += description.resolutionMicrowatts(atMillivolts: sample.millivolts) ?? 0
        }
        return max(configuration.guardBandWatts, Double(microwatts) / 1e6)
    }

    /// How long one rail value averages: as configured, or as the slowest sensor says.
    var averagingNanoseconds: UInt64 {
        if configuration.railAveragingMilliseconds > 0 { return UInt64(configuration.railAveragingMilliseconds * 1e6) }
        return rails.descriptions.compactMap(\.averagingNanoseconds).max() ?? 0
    }
}
