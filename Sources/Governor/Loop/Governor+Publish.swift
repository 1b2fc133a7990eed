import Board
import Policy
import SystemCalls
import Telemetry

extension Governor {
    /// Shows everything as it is now.
    func publish(at now: UInt64) {
        var state = PublishedState()
        (state.state, state.reason) = summary
        state.decision = lastDecision
        state.features = features
        state.power = .init(
            totalMicrowatts: measuredWatts.map { Int($0 * 1e6) }, sampledAt: powerSampledAt,
            rule: board.identity.totalPowerLabels)
        state.budget = .init(
            microwatts: Int((configuration.budgetWatts * 1e6).rounded()),
            guardMicrowatts: bandWatts > 0 ? Int(bandWatts * 1e6) : nil,
            source: budgetSource)
        state.requestedMode = requestedMode
        state.effectiveMode = effectiveMode
        state.knobs = knobViews.map { knob in
            var knob = knob
            knob.limiter = limitations.first { $0.knob == knob.name }.map { "\($0)" } ?? "none"
            knob.owner = manualKnobs.contains(knob.name) ? "manual" : requestedMode == nil ? "stock" : "fulcrum"
            return knob
        }
        state.rails = rails.samples.map { Self.view(of: $0) }
        state.workloads = workloads.map { view(of: $0, at: now) }
        state.tasks = workloads.map { workload in
            .init(
                pid: workload.identity.pid, uid: workload.uid, startTicks: workload.identity.startTimeTicks,
                minibatches: workload.minibatches,
                lastMinibatchMicroseconds: ledger.durations(of: workload.identity, since: 0, max: 1).last
                    .map { Int(clampingMilliseconds: $0) })
        }
        counters.probeRecordsLost = probes?.losses.records
        state.counters = counters
        publishedAt = now
        publishedDecisions = counters.decisions
        tree.update(state)
    }

    private var summary: (String, String) {
        if let manualReason { return ("manual", manualReason) }
        if let knobTrouble { return ("degraded", knobTrouble) }
        if isBlind { return ("degraded", "the power of the module cannot be measured, so the budget cannot be held") }
        if let throttle { return ("throttled", throttle) }
        if powerGuard.isHolding, requestedMode == grid.lowest, (measuredWatts ?? 0) > configuration.budgetWatts {
            return ("guarding", "the budget cannot be met: the lowest mode draws \(watts(measuredWatts ?? 0))")
        }
        if powerGuard.isHolding { return ("guarding", "held below the plan to stay within the budget") }
        guard let index = primaryIndex else { return ("observing", "no training runs") }
        return (workloads[index].state.rawValue, "\(workloads[index].name): \(workloads[index].reason)")
    }

    private var features: [PublishedState.Feature] {
        var features = [probeFeature]
        let total = rails.totalMicrowatts(of: board.identity.totalPowerLabels)
        let faults = total == nil ? powerTrouble : rails.faults.joined(separator: " ")
        features.append(.init(name: "power_rails", answer: total == nil ? "no" : "yes", reason: faults))
        let missing = board.missingKnobs
        for name in ["cpu", "gpu", "emc"] {
            let lost = missing.filter { $0.name.hasPrefix(name) }
            features.append(
                .init(
                    name: "knob_\(name)", answer: lost.isEmpty ? "yes" : "no",
                    reason: lost.map(\.reason).joined(separator: " ")))
        }
        return features
    }

    private static func view(of sample: RailSample) -> PublishedState.Rail {
        .init(
            label: sample.label, microwatts: sample.isValid ? Int(sample.powerMicrowatts) : nil,
            microjoules: sample.readNanoseconds > 0 ? sample.energyMicrojoules : nil,
            microvolts: sample.isValid ? sample.millivolts * 1000 : nil,
            microamps: sample.isValid ? sample.milliamps * 1000 : nil, sampledAt: sample.readNanoseconds)
    }

    private func view(of workload: Workload, at now: UInt64) -> PublishedState.WorkloadView {
        var view = PublishedState.WorkloadView(name: workload.name)
        view.workloadClass = workload.workloadClass.rawValue
        view.state = workload.state.rawValue
        view.reason = workload.reason
        view.pids = [workload.identity.pid]
        view.mode = workload.window?.mode ?? workload.settled?.mode
        let recent = median(
            ledger.durations(of: workload.identity, since: workload.window?.begunAt ?? workload.settledAt, max: 40))
        view.throughputMillihertz = recent.flatMap { $0 > 0 ? Int(1e6 / $0) : nil }
        view.stat = [
            ("minibatches", Int(clamping: workload.minibatches)),
            ("minibatch_us", recent.map { Int(clampingMilliseconds: $0) }),
            ("predicted_minibatch_us", workload.settled.map { Int(clampingMilliseconds: $0.minibatchMilliseconds) }),
            ("predicted_power_uw", workload.settled.map { Int($0.powerWatts * 1e6) }),
            ("modes_known", workload.observed.all.count),
            ("profiles", Int(clamping: workload.profilesMade)),
            ("search_over_budget_uj", Int(clamping: workload.searchOverBudgetMicrojoules)),
        ]
        return view
    }

    /// Reads what each knob holds, for the tree.
    func readKnobViews() {
        knobViews = board.knobs.map { knob in
            var view = PublishedState.Knob(name: knob.name)
            if let current = try? knob.current() { view.current = "\(current)" }
            if let minimum = try? knob.min() { view.min = "\(minimum)" }
            if let maximum = try? knob.max() { view.max = "\(maximum)" }
            view.available = knob.available.map(String.init).joined(separator: " ")
            return view
        }
    }
}

extension Int {
    /// Microseconds of `milliseconds`, within the range of an Int.
    init(clampingMilliseconds milliseconds: Double) {
        let microseconds = (milliseconds * 1000).rounded()
        self = microseconds.isFinite ? Int(Swift.min(Swift.max(microseconds, 0), 9e15)) : 0
    }
}
