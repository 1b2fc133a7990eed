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
        if workloads[index].pendingQuestion != nil, workloads[index].state != .settled {
            takeRefuge(index, at: now)
            return
        }
        switch workloads[index].state {
        case .matched, .waiting, .drifted:
            replan(index, isSearching: false)
        case .predicted, .searching:
            continueProfile(index, at: now)
        case .settled:
            // A model over all modes takes megabytes; the next search makes its own.
            if workloads[index].search != nil {
                workloads[index].search = nil
                planner.releaseMemory()
            }
            if noticeSilence(index, at: now) { return }
            refinePower(index, at: now)
            checkDrift(index, at: now)
            fillFront(index, at: now)
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
    func stall(_ index: Int, _ reason: String, in mode: PowerMode?, at now: UInt64) {
        dropQuestion(index)
        workloads[index].settledAt = now
        if let mode { _ = move(to: mode, at: now) }
        let reason = reason + boundaryTrouble(workloads[index].identity)
        enter(.stalled, index, reason)
        decide("\(workloads[index].name): stalled, as \(reason).")
    }

    /// What to add where a process calls the driver and its minibatches cannot be told apart.
    private func boundaryTrouble(_ process: ProcessIdentity) -> String {
        guard let activity = ledger.snapshot().first(where: { $0.process == process }), activity.state == .unknown,
            activity.calls.waits > 0
        else { return "" }
        return "; nothing that repeats was found in its \(activity.calls.waits) waits for the GPU"
            + (configuration.probeLevel == .boundaries
                ? ", and probes.level = \"launches\" would show its launches too" : "")
    }

    /// The best mode that is known to fit, or the lowest that there is.
    func refuge(_ index: Int) -> PowerMode {
        workloads[index].observed.fastest(withinWatts: configuration.budgetWatts)?.mode ?? grid.lowest
    }

    /// While the planner thinks, a mode that is known to draw more than the budget is left.
    private func takeRefuge(_ index: Int, at now: UInt64) {
        guard let requestedMode, let known = workloads[index].observed[requestedMode],
            known.powerWatts > configuration.budgetWatts
        else { return }
        let mode = refuge(index)
        if mode != requestedMode { _ = move(to: mode, at: now) }
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
    var obstacle: String? {
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
        dropQuestion(index)
        enter(.matched, index, "the plan is made anew")
        replan(index, isSearching: false)
    }

    /// Ends what goes on for a workload: an answer of the planner that is still to come does not count.
    private func dropQuestion(_ index: Int) {
        workloads[index].window = nil
        workloads[index].frontWindow = nil
        workloads[index].pendingQuestion = nil
    }

    /// Asks the planner what comes next for one workload.
    func replan(_ index: Int, isSearching: Bool) {
        guard workloads[index].pendingQuestion == nil else { return }
        let known = remembered[workloads[index].profileKey]?.observed.all ?? []
        for observation in known where workloads[index].observed[observation.mode] == nil {
            workloads[index].observed.record(observation)
        }
        // A drifted workload is known to be within the budget where it is, if anywhere.
        let first = workloads[index].state == .drifted ? requestedMode ?? stockMode : stockMode
        ask(
            index,
            .plan(
                .init(
                    budgetWatts: configuration.budgetWatts, grid: grid, coverGain: configuration.coverGain,
                    first: first,
                    isSearching: isSearching, wasSearched: wasSearched(workloads[index]))))
    }

    func ask(_ index: Int, _ kind: PlanQuestion.Kind) {
        questionCount += 1
        workloads[index].pendingQuestion = questionCount
        planner.ask(
            PlanQuestion(
                process: workloads[index].identity, number: questionCount, kind: kind, settings: configuration.search,
                observed: workloads[index].observed, others: references(for: workloads[index]),
                search: workloads[index].search))
    }

    /// Does what the planner says, unless something else has become of the workload.
    func takePlan() {
        guard let answer = planner.take(),
            let index = workloads.firstIndex(where: { $0.identity == answer.process }),
            workloads[index].pendingQuestion == answer.number
        else { return }
        workloads[index].pendingQuestion = nil
        guard manualReason == nil, primaryIndex == index else { return }
        let now = MonotonicClock.nanoseconds()
        switch answer.content {
        case .plan(let plan, let search, let step, let isPredicted):
            workloads[index].search = search
            carryOut(plan, step, isPredicted: isPredicted, index, at: now)
        case .front(let mode):
            beginFrontProfile(index, of: mode, at: now)
        }
        if counters.decisions != publishedDecisions { publish(at: now) }
    }

    private func carryOut(
        _ plan: TrainingPlan, _ step: SearchStepRecord?, isPredicted: Bool, _ index: Int, at now: UInt64
    ) {
        let name = workloads[index].name
        switch plan {
        case .profile(let mode):
            if let obstacle {
                stall(index, obstacle, in: refuge(index), at: now)
                return
            }
            guard move(to: mode, at: now) else { return }
            let begins = !workloads[index].state.isSearching
            workloads[index].window = ProfileWindow(
                mode: mode, at: MonotonicClock.nanoseconds(), settings: profileSettings)
            workloads[index].settled = nil
            if let step { workloads[index].append(step) }
            let known = workloads[index].observed.all.count - (workloads[index].search?.knownBefore ?? 0)
            let progress =
                "profiling mode \(mode), number \(known + 1) of at most \(max(workloads[index].search?.profileLimit ?? 0, known + 1))"
            enter(isPredicted ? .predicted : .searching, index, progress)
            if isPredicted, let expected = step?.expected {
                decide(
                    "\(name): starts in mode \(mode), \(step?.reason ?? "predicted"): "
                        + "\(milliseconds(expected.milliseconds.value)) a minibatch at \(watts(expected.watts.value)), "
                        + "\(watts(expected.watts.high)) at the most.")
            } else if begins {
                decide(
                    "\(name): searching with \(configuration.search.strategy.rawValue) within "
                        + "\(watts(configuration.budgetWatts)), \(workloads[index].observed.all.count) modes known.")
            }
        case .settle(let observation, let reason, let endsSearch):
            if endsSearch { rememberSearch(workloads[index]) }
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

    func settle(_ index: Int, in observation: TrainingObservation, reason: String, at now: UInt64) {
        guard move(to: observation.mode, at: now) else { return }
        workloads[index].window = nil
        workloads[index].settled = observation
        workloads[index].settledWatts.removeAll(keepingCapacity: true)
        workloads[index].measuredWatts = nil
        workloads[index].settledAt = MonotonicClock.nanoseconds() + profileSettings.settleNanoseconds
        workloads[index].driftCheckedAt = workloads[index].settledAt
        workloads[index].frontProfileAt = now + frontPauseNanoseconds
        workloads[index].minibatchesToSettle = workloads[index].minibatchesToSettle ?? workloads[index].minibatches
        enter(.settled, index, reason)
        powerGuard.reset()
        decide(
            "\(workloads[index].name): settled in mode \(observation.mode), \(reason). "
                + "Expected \(milliseconds(observation.minibatchMilliseconds)) a minibatch at \(watts(observation.powerWatts))."
        )
    }

    func enter(_ state: Workload.State, _ index: Int, _ reason: String) {
        workloads[index].state = state
        workloads[index].reason = reason
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
