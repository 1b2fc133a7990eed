import ProfileStore
import Logging
import Policy
import SystemCalls
import Telemetry

/// Profiles, and what a settled mode shows beyond them.
extension Governor {
    func continueProfile(_ index: Int, at now: UInt64) {
        guard let window = workloads[index].window else {
            replan(index, isSearching: true)
            return
        }
        if let obstacle {
            // What is measured now is not the mode's; the search goes on when it can be.
            stall(index, obstacle, in: refuge(index), at: now)
            return
        }
        switch verdict(of: window, index, at: now) {
        case .collecting:
            break
        case .complete(let observation, let minibatches):
            counters.profiles += 1
            workloads[index].profilesMade += 1
            workloads[index].observed.record(observation)
            workloads[index].complete(observation)
            remember(workloads[index], observation, minibatches: minibatches, for: .search)
            workloads[index].window = nil
            log.info(
                "\(workloads[index].name): mode \(observation.mode) takes \(milliseconds(observation.minibatchMilliseconds)) at \(watts(observation.powerWatts))."
            )
            if workloads[index].state == .predicted { enter(.searching, index, "choosing the next mode") }
            replan(index, isSearching: true)
        case .failed(let missing):
            stall(index, "the profile of \(window.mode) saw only \(missing)", in: refuge(index), at: now)
        }
    }

    func verdict(of window: ProfileWindow, _ index: Int, at now: UInt64) -> ProfileWindow.Verdict {
        let durations = ledger.durations(
            of: workloads[index].identity, since: window.countsFrom,
            max: profileSettings.minibatches + profileSettings.discardedMinibatches)
        return window.verdict(
            minibatchMilliseconds: durations, budgetWatts: configuration.budgetWatts + bandWatts, at: now)
    }

    /// Samples whose mean replaces the few of a profile.
    private static let refiningSamples = 10

    /// A settled mode is measured for much longer than a profile takes. Its mean power replaces the profile's, and where that
    /// shows the mode to be over the budget after all, by less than the guard's band, the next observed mode takes its place.
    func refinePower(_ index: Int, at now: UInt64) {
        guard workloads[index].settledWatts.count >= Self.refiningSamples, var refined = workloads[index].settled else {
            return
        }
        let mean = workloads[index].settledWatts.reduce(0, +) / Double(workloads[index].settledWatts.count)
        workloads[index].settledWatts.removeAll(keepingCapacity: true)
        workloads[index].measuredWatts = mean
        let expected = refined.powerWatts
        if abs(mean / expected - 1) > configuration.driftRatio {
            workloads[index].driftedPowerChecks += 1
            if workloads[index].driftedPowerChecks >= 2 {
                drift(index, "mode \(refined.mode) draws \(watts(mean)), \(watts(expected)) was expected")
            }
            return
        }
        workloads[index].driftedPowerChecks = 0
        // So much less is a workload that idles between minibatches; its mode may still draw what the profile saw.
        guard mean > 0.85 * expected else { return }
        refined.powerWatts = mean
        workloads[index].settled = refined
        workloads[index].observed.record(refined)
        remember(workloads[index], refined, minibatches: Self.refiningSamples, for: .settled)
        guard mean > configuration.budgetWatts else { return }
        let finding =
            "mode \(refined.mode) draws \(watts(mean)) in the long run, not \(watts(expected)), and that is over the budget"
        if let next = workloads[index].observed.fastest(withinWatts: configuration.budgetWatts) {
            settle(index, in: next, reason: finding, at: now)
        } else {
            enter(.searching, index, finding)
            replan(index, isSearching: true)
        }
    }

    func checkDrift(_ index: Int, at now: UInt64) {
        let durations = ledger.durations(
            of: workloads[index].identity, since: workloads[index].driftCheckedAt, max: profileSettings.minibatches)
        guard let settled = workloads[index].settled, durations.count >= profileSettings.minibatches,
            let measured = median(durations)
        else { return }
        // The next check gets minibatches of its own.
        workloads[index].driftCheckedAt = now
        // Slower in another mode, or throttled, is no drift of the workload.
        guard requestedMode == settled.mode, throttle == nil, !powerGuard.isHolding else { return }
        let deviation = abs(measured / settled.minibatchMilliseconds - 1)
        guard deviation > configuration.driftRatio else {
            workloads[index].driftedChecks = 0
            return
        }
        workloads[index].driftedChecks += 1
        guard workloads[index].driftedChecks >= 2 else { return }
        drift(
            index,
            "minibatches take \(milliseconds(measured)), \(milliseconds(settled.minibatchMilliseconds)) was expected")
    }

    /// What was observed of the workload holds no more. It is set aside, and a new search begins.
    private func drift(_ index: Int, _ reason: String) {
        workloads[index].driftedChecks = 0
        workloads[index].driftedPowerChecks = 0
        // Slower because somebody turned a knob, or a clock got hot a moment ago, is no drift of the workload.
        noticeThrottle()
        guard !stepsBack(), throttle == nil else { return }
        workloads[index].observed = ObservedModes()
        workloads[index].search = nil
        workloads[index].settled = nil
        workloads[index].frontWindow = nil
        workloads[index].pendingQuestion = nil
        forget(workloads[index])
        enter(.drifted, index, reason)
        decide(
            "\(workloads[index].name): drifted, as \(reason); what was observed of it is set aside, and it is searched anew."
        )
    }

    var profileSettings: ProfileWindow.Settings {
        .init(
            minibatches: Int(configuration.profileMinibatches),
            discardedMinibatches: Int(configuration.profileDiscardedMinibatches),
            settleNanoseconds: UInt64(configuration.profileSettleMilliseconds * 1e6),
            powerSamples: Int(configuration.profilePowerSamples),
            slowNanoseconds: UInt64(configuration.profileSlowSeconds * 1e9),
            timeoutNanoseconds: UInt64(configuration.profileTimeoutSeconds * 1e9),
            transientRatio: configuration.profileTransientRatio)
    }
}
