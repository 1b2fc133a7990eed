import ProfileStore
import Board
import Policy
import SystemCalls
import Telemetry

extension Governor {
    /// Reads the rails and hands the total to a profile under way.
    func sampleRails(at now: UInt64) {
        rails.sample(now: now)
        if trace.isOpen {
            for sample in rails.samples where sample.isValid && sample.readNanoseconds == now {
                trace.tell(.rail(sample.label, at: now, microwatts: sample.powerMicrowatts))
            }
        }
        // Over a gap nobody knows what was drawn.
        let elapsed = now - powerSampledAt < 5_000_000_000 ? now - powerSampledAt : 0
        guard let microwatts = rails.totalMicrowatts(of: board.identity.totalPowerLabels) else {
            measuredWatts = nil
            if !isBlind { decide("The power of the module cannot be measured. \(powerTrouble)") }
            isBlind = true
            return
        }
        if isBlind { decide("The power of the module can be measured again.") }
        isBlind = false
        let watts = Double(microwatts) / 1e6
        measuredWatts = watts
        powerSampledAt = now
        if watts > configuration.budgetWatts {
            let microjoules = UInt64((watts - configuration.budgetWatts) * Double(elapsed) / 1e3)
            counters.overBudgetMicrojoules += microjoules
            if let index = primaryIndex, workloads[index].state.isSearching {
                workloads[index].searchOverBudgetMicrojoules += microjoules
            }
        }
        if let index = primaryIndex {
            // The register may hold a mean that ended up to one window ago.
            workloads[index].window?.addPower(watts, averagedOver: 2 * averagingNanoseconds, at: now)
            workloads[index].frontWindow?.addPower(watts, averagedOver: 2 * averagingNanoseconds, at: now)
            if measuresSettledMode(workloads[index], at: now) {
                workloads[index].settledWatts.append(watts)
            } else {
                workloads[index].settledWatts.removeAll(keepingCapacity: true)
            }
        }
    }

    /// Steps down at once when the settled board draws more than the budget and its band. A search is left alone: its profiles
    /// are short, GMD starts in the middle whatever the budget, and what it draws over the budget is counted.
    func guardPower(at now: UInt64) {
        guard manualReason == nil, let measuredWatts, powerSampledAt == now else { return }
        let index = primaryIndex
        if let index, workloads[index].state.isSearching { return }
        // The sensor still averages over the time before the last change.
        guard now >= lastMoveAt + 2 * averagingNanoseconds else { return }
        guard let current = requestedMode ?? effectiveMode else { return }
        powerGuard.settings = .init(
            bandWatts: bandWatts, returnNanoseconds: UInt64(configuration.guardReturnSeconds * 1e9))
        // Taken over only if the board follows: a step that could not be made is none.
        var judged = powerGuard
        let action = judged.judge(
            measuredWatts: measuredWatts, budgetWatts: configuration.budgetWatts, at: now, current: current,
            planned: index.flatMap { workloads[$0].settled },
            observed: index.map { workloads[$0].observed } ?? ObservedModes(),
            grid: grid)
        guard case .move(let mode, let reason) = action else {
            powerGuard = judged
            return
        }
        guard move(to: mode, at: now) else { return }
        powerGuard = judged
        if let index, measuredWatts > configuration.budgetWatts {
            noteOverrun(index, of: current, watts: measuredWatts)
        }
        counters.guardSteps += 1
        decide("Power guard: \(reason), mode \(mode).")
    }

    /// Once is chance; a mode that the guard leaves a second time draws more than its profile says, and is not taken again.
    private func noteOverrun(_ index: Int, of mode: PowerMode, watts: Double) {
        guard var observation = workloads[index].observed[mode] else { return }
        workloads[index].overruns[mode, default: 0] += 1
        guard workloads[index].overruns[mode, default: 0] >= 2, watts > observation.powerWatts else { return }
        observation.powerWatts = watts
        workloads[index].observed.record(observation)
        remember(workloads[index], observation, minibatches: 0, for: .settled)
    }

    /// Whether the rails show the settled mode at work: in force, past its transient, and with minibatches going on, since an
    /// idle or throttled workload draws less than its mode does.
    private func measuresSettledMode(_ workload: Workload, at now: UInt64) -> Bool {
        guard workload.state == .settled, let settled = workload.settled, requestedMode == settled.mode,
            throttle == nil,
            !powerGuard.isHolding, now >= workload.settledAt + 2 * averagingNanoseconds
        else { return false }
        return now - min(workload.lastBoundary, now) < max(silence(of: settled), 2 * averagingNanoseconds)
    }

    /// The time without a minibatch after which a workload is not at work.
    func silence(of settled: TrainingObservation) -> UInt64 {
        UInt64(min(max(settled.minibatchMilliseconds, 0), 1e9) * 4e6)
    }

    /// Why the total is missing, and what to do.
    var powerTrouble: String {
        let reasons = rails.faults + rails.skipped
        guard rails.samples.isEmpty else { return reasons.joined(separator: " ") }
        return
            ([
                "No power sensor (ina3221, ina3221x or ina238) was found under \(options.root)/sys/bus/i2c/devices; is its driver loaded?"
            ]
            + reasons).joined(separator: " ")
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
        return rails.descriptions.lazy.compactMap(\.averagingNanoseconds).max() ?? 0
    }
}
