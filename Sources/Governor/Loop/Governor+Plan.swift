import Board
import Logging
import Policy
import SystemCalls
import Telemetry

extension Governor {
    /// The training that the mode is searched for: the first that came and is at work.
    var primaryIndex: Int? {
        workloads.firstIndex { $0.workloadClass == .training && $0.state != .stalled }
            ?? workloads.firstIndex { $0.workloadClass == .training }
    }

    /// Moves the plan on: profiles, settles, notices drift.
    func advancePlan(at now: UInt64) {
        guard manualReason == nil else { return }
        wakeStalled()
        guard let index = primaryIndex else {
            if requestedMode != nil, !powerGuard.isHolding, now >= retryKnobsAt {
                restoreBoard(because: "no training runs")
            }
            return
        }
        switch workloads[index].state {
        case .matched, .waiting, .drifted:
            replan(index, isSearching: false, at: now)
        case .searching:
            continueProfile(index, at: now)
        case .settled:
            if noticeSilence(index, at: now) { return }
            refinePower(index, at: now)
            checkDrift(index, at: now)
        case .infeasible, .stalled, .ignored:
            break
        }
    }

    /// Stalled workloads that can be measured again wait for their turn.
    private func wakeStalled() {
        guard throttle == nil, measuredWatts != nil else { return }
        for index in workloads.indices
        where workloads[index].state == .stalled && workloads[index].lastBoundary > workloads[index].settledAt {
            enter(.waiting, index, "at work again")
        }
    }

    /// Leaves a workload alone until it can be measured; with `mode` the board goes there meanwhile.
    private func stall(_ index: Int, _ reason: String, in mode: PowerMode?, at now: UInt64) {
        workloads[index].window = nil
        workloads[index].settledAt = now
        if let mode { _ = move(to: mode, at: now) }
        enter(.stalled, index, reason)
        decide("\(workloads[index].name): stalled, as \(reason).")
    }

    /// The best mode that is known to fit, or the lowest that there is.
    private func refuge(_ index: Int) -> PowerMode {
        workloads[index].observed.fastest(withinWatts: configuration.budgetWatts)?.mode ?? grid.lowest
    }

    /// A settled workload that makes no minibatches for long gives its place to another; the mode stays.
    private func noticeSilence(_ index: Int, at now: UInt64) -> Bool {
        guard let settled = workloads[index].settled else { return false }
        let last = max(workloads[index].lastBoundary, min(workloads[index].settledAt, now))
        guard now - min(last, now) > max(silence(of: settled), profileSettings.timeoutNanoseconds) else { return false }
        stall(index, "no minibatch was seen for \((now - last) / 1_000_000_000) s", in: nil, at: now)
        return true
    }

    /// Why nothing can be profiled now; nil if it can.
    private var obstacle: String? {
        if let throttle { return "the clocks are throttled: \(throttle)" }
        return measuredWatts == nil ? "the power of the module cannot be measured" : nil
    }

    /// The budget is another one: what was observed answers at once, and the search goes on only where it does not cover.
    func budgetChanged(source: String) {
        budgetSource = source
        let now = MonotonicClock.nanoseconds()
        powerGuard.reset()
        takeUp()
        decide("The budget is now \(watts(configuration.budgetWatts)), from \(source).")
        planAnew(at: now)
        publish(at: now)
    }

    /// Drops the plan in force and makes another; where the knobs cannot be written now, the next ticks try again.
    func planAnew(at now: UInt64) {
        guard let index = primaryIndex else { return }
        workloads[index].window = nil
        enter(.matched, index, "the plan is made anew")
        replan(index, isSearching: false, at: now)
    }

    /// Asks the plan what comes next for one workload, and does it.
    func replan(_ index: Int, isSearching: Bool, at now: UInt64) {
        for known in remembered[workloads[index].profileKey]?.all ?? []
        where workloads[index].observed[known.mode] == nil {
            workloads[index].observed.record(known)
        }
        let strategy = GMD.Train(
            grid: grid, problem: TrainProblem(budgetWatts: configuration.budgetWatts))
        let plan = TrainingPlan.next(
            observed: workloads[index].observed, budgetWatts: configuration.budgetWatts, strategy: strategy, grid: grid,
            coverGain: configuration.coverGain, stock: stockMode, isSearching: isSearching)
        let name = workloads[index].name
        switch plan {
        case .profile(let mode):
            if let obstacle {
                stall(index, obstacle, in: refuge(index), at: now)
                return
            }
            guard move(to: mode, at: now) else { return }
            workloads[index].window = ProfileWindow(
                mode: mode, at: MonotonicClock.nanoseconds(), settings: profileSettings)
            workloads[index].settled = nil
            enter(.searching, index, "profiling mode \(mode), number \(workloads[index].observed.all.count + 1)")
            if !isSearching {
                decide(
                    "\(name): searching with \(configuration.strategy) within \(watts(configuration.budgetWatts)), "
                        + "\(workloads[index].observed.all.count) modes known.")
            }
        case .settle(let observation, let reason):
            settle(index, in: observation, reason: reason, at: now)
        case .lowest(let mode, let reason):
            guard move(to: mode, at: now) else { return }
            workloads[index].window = nil
            workloads[index].settled = nil
            workloads[index].settledAt = MonotonicClock.nanoseconds() + profileSettings.settleNanoseconds
            enter(.infeasible, index, reason)
            decide("\(name): \(reason).")
        }
    }

    private func continueProfile(_ index: Int, at now: UInt64) {
        guard let window = workloads[index].window else {
            replan(index, isSearching: true, at: now)
            return
        }
        if let obstacle {
            // What is measured now is not the mode's; the search goes on when it can be.
            stall(index, obstacle, in: refuge(index), at: now)
            return
        }
        let durations = ledger.durations(
            of: workloads[index].identity, since: window.countsFrom,
            max: profileSettings.minibatches + profileSettings.discardedMinibatches)
        switch window.verdict(minibatchMilliseconds: durations, at: now) {
        case .collecting:
            break
        case .complete(let observation):
            counters.profiles += 1
            workloads[index].profilesMade += 1
            workloads[index].observed.record(observation)
            remember(workloads[index])
            workloads[index].window = nil
            log.info(
                "\(workloads[index].name): mode \(observation.mode) takes \(milliseconds(observation.minibatchMilliseconds)) at \(watts(observation.powerWatts))."
            )
            replan(index, isSearching: true, at: now)
        case .failed(let missing):
            stall(index, "the profile of \(window.mode) saw only \(missing)", in: refuge(index), at: now)
        }
    }

    /// Samples whose mean replaces the few of a profile.
    private static let refiningSamples = 10

    /// A settled mode is measured for much longer than a profile takes. Its mean power replaces the profile's, and where that
    /// shows the mode to be over the budget after all, by less than the guard's band, the next observed mode takes its place.
    private func refinePower(_ index: Int, at now: UInt64) {
        guard workloads[index].settledWatts.count >= Self.refiningSamples, var refined = workloads[index].settled else {
            return
        }
        let mean = workloads[index].settledWatts.reduce(0, +) / Double(workloads[index].settledWatts.count)
        workloads[index].settledWatts.removeAll(keepingCapacity: true)
        let expected = refined.powerWatts
        // So much less is a workload that idles between minibatches; its mode may still draw what the profile saw.
        guard mean > 0.85 * expected else { return }
        refined.powerWatts = mean
        workloads[index].settled = refined
        workloads[index].observed.record(refined)
        remember(workloads[index])
        guard mean > configuration.budgetWatts else { return }
        let finding =
            "mode \(refined.mode) draws \(watts(mean)) in the long run, not \(watts(expected)), and that is over the budget"
        if let next = workloads[index].observed.fastest(withinWatts: configuration.budgetWatts) {
            settle(index, in: next, reason: finding, at: now)
        } else {
            replan(index, isSearching: true, at: now)
        }
    }

    private func settle(_ index: Int, in observation: TrainingObservation, reason: String, at now: UInt64) {
        guard move(to: observation.mode, at: now) else { return }
        workloads[index].window = nil
        workloads[index].settled = observation
        workloads[index].settledWatts.removeAll(keepingCapacity: true)
        workloads[index].settledAt = MonotonicClock.nanoseconds() + profileSettings.settleNanoseconds
        workloads[index].driftCheckedAt = workloads[index].settledAt
        enter(.settled, index, reason)
        powerGuard.reset()
        decide(
            "\(workloads[index].name): settled in mode \(observation.mode), \(reason). "
                + "Expected \(milliseconds(observation.minibatchMilliseconds)) a minibatch at \(watts(observation.powerWatts))."
        )
    }

    private func checkDrift(_ index: Int, at now: UInt64) {
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
        workloads[index].driftedChecks = 0
        // Slower because somebody turned a knob, or a clock got hot a moment ago, is no drift of the workload.
        noticeThrottle()
        guard !stepsBack(), throttle == nil else { return }
        let reason =
            "minibatches take \(milliseconds(measured)), \(milliseconds(settled.minibatchMilliseconds)) was expected"
        workloads[index].observed = ObservedModes()
        remembered[workloads[index].profileKey] = nil
        enter(.drifted, index, reason)
        decide("\(workloads[index].name): drifted, as \(reason); what was observed of it is dropped.")
    }

    /// Keeps what was observed for the day the workload returns. Bounded: names come from processes.
    func remember(_ workload: Workload) {
        guard
            var known = remembered[workload.profileKey]
                ?? (remembered.count < Self.workloadLimit ? ObservedModes() : nil)
        else { return }
        for observation in workload.observed.all { known.record(observation) }
        remembered[workload.profileKey] = known
    }

    func enter(_ state: Workload.State, _ index: Int, _ reason: String) {
        workloads[index].state = state
        workloads[index].reason = reason
    }

    var profileSettings: ProfileWindow.Settings {
        .init(
            minibatches: Int(configuration.profileMinibatches),
            discardedMinibatches: Int(configuration.profileDiscardedMinibatches),
            settleNanoseconds: UInt64(configuration.profileSettleMilliseconds * 1e6),
            powerSamples: Int(configuration.profilePowerSamples),
            timeoutNanoseconds: UInt64(configuration.profileTimeoutSeconds * 1e9),
            transientRatio: configuration.profileTransientRatio)
    }
}

extension String {
    /// Without `suffix`, where it ends in it.
    func trimmingSuffix(_ suffix: String) -> String {
        hasSuffix(suffix) ? String(dropLast(suffix.count)) : self
    }
}

/// Milliseconds for a sentence, one decimal.
func milliseconds(_ value: Double) -> String {
    let tenths = (value * 10).rounded()
    guard tenths.magnitude < 1e12 else { return "\(value) ms" }
    return "\(Int(tenths) / 10).\(abs(Int(tenths)) % 10) ms"
}
