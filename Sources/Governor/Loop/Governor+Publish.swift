import ProfileStore
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
        state.rails = zip(rails.samples.indices, rails.samples).map { view(of: $1, $0) }
        state.energy = totalEnergy(state.rails)
        state.workloads = workloads.map { view(of: $0, at: now) }
        let activities = Dictionary(ledger.snapshot().map { ($0.process, $0) }) { $1 }
        state.tasks = meter.processes.map { view(of: $0, activities[$0.process]) }
        state.gpu = .init(
            loadPermille: meter.gpuLoad.permille,
            busyMicroseconds: meter.gpuBusyNanoseconds.map { $0 / 1000 },
            state: meter.gpuLoad.isGated.map { $0 ? "gated" : "on" } ?? "unmeasured")
        state.thermalZones = sensors.zones
        state.fans = sensors.fans
        state.gpuMemoryBytes = sensors.gpuMemoryBytes
        counters.probeRecordsLost = observer.probes?.losses.records
        counters.slicesLost = meter.gpuBusyNanoseconds.map { _ in
            meter.gpuTotals.lateSlices &+ (observer.contextSwitchCounts?.losses ?? 0)
        }
        counters.traceReaders = trace.readers
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
        var features = [
            PublishedState.Feature("cuda_probes", observer.probeAnswer),
            PublishedState.Feature("ctxsw", observer.contextSwitchAnswer), storeFeature, referenceReport.feature,
        ]
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
        features.append(sensors.memoryFeature)
        return features
    }

    private var storeFeature: PublishedState.Feature {
        switch profileStore.state {
        case .durable: .init(name: "profile_store", answer: "yes", reason: "")
        case .memoryOnly(let reason): .init(name: "profile_store", answer: "no", reason: reason)
        }
    }

    private func view(of sample: RailSample, _ index: Int) -> PublishedState.Rail {
        var rail = PublishedState.Rail(
            label: sample.label, microwatts: sample.isValid ? Int(sample.powerMicrowatts) : nil,
            microjoules: sample.readNanoseconds > 0 ? sample.energyMicrojoules : nil,
            microvolts: sample.isValid ? sample.millivolts * 1000 : nil,
            microamps: sample.isValid ? sample.milliamps * 1000 : nil, sampledAt: sample.readNanoseconds)
        guard let account = meter.rails.first(where: { $0.label == sample.label }) else { return rail }
        // One number for both files, so that they agree; the account may be one reading behind the counter.
        rail.microjoules = account.energyMicrojoules &+ account.pendingMicrojoules
        rail.energy = .init(
            total: account.energyMicrojoules, processes: account.attributedMicrojoules,
            unattributed: account.unattributedMicrojoules, error: sample.errorMicrojoules)
        return rail
    }

    /// Of the rails whose sum is the board's power; nil while one of them is missing.
    private func totalEnergy(_ rails: [PublishedState.Rail]) -> PublishedState.Energy {
        let labels = board.identity.totalPowerLabels
        let parts = rails.filter { labels.contains($0.label) }.map(\.energy)
        func sum(_ value: (PublishedState.Energy) -> UInt64?) -> UInt64? {
            let values = parts.compactMap(value)
            return values.count == labels.count ? values.reduce(0, &+) : nil
        }
        return .init(
            total: sum(\.total), processes: sum(\.processes), unattributed: sum(\.unattributed),
            exited: meter.exited.totalMicrojoules, error: sum(\.error))
    }

    private func view(of metered: ProcessMeter.Metered, _ activity: ProcessActivity?) -> PublishedState.Task {
        let process = metered.process
        let window = meter.gpuTotals.windowNanoseconds
        var task = PublishedState.Task(pid: process.pid, uid: metered.uid, startTicks: process.startTimeTicks)
        task.source = metered.time.source
        task.busyMicroseconds = metered.time.busyNanoseconds / 1000
        task.busyPermille = window > 0 ? Int(clamping: metered.time.windowBusyNanoseconds &* 1000 / window) : nil
        task.launches = metered.launches?.counts.launches
        task.launchesInFlight = metered.launches?.launchesInFlight
        task.minibatches = activity?.minibatches
        task.boundaryConfidencePermille = activity.map { Int(($0.confidence * 1000).rounded()) }
        task.lastMinibatchMicroseconds = ledger.durations(of: process, since: 0, max: 1).last
            .map { Int(clampingMilliseconds: $0) }
        task.memoryBytes = sensors.gpuMemoryBytes(of: process.pid)
        task.totalMicrojoules = metered.energy?.totalMicrojoules
        task.gpuMicrojoules = metered.energy?.gpuMicrojoules
        task.cpuMicrojoules = metered.energy?.cpuMicrojoules
        task.sharedMicrojoules = metered.energy?.sharedMicrojoules
        task.powerMicrowatts = metered.energy?.powerMicrowatts.map { Int(clamping: $0) }
        return task
    }

    private func view(of workload: Workload, at now: UInt64) -> PublishedState.WorkloadView {
        var view = PublishedState.WorkloadView(name: workload.name)
        view.workloadClass = workload.workloadClass.rawValue
        view.state = workload.state.rawValue
        view.reason = workload.reason
        view.pids = [workload.identity.pid]
        view.mode = workload.window?.mode ?? workload.frontWindow?.mode ?? workload.settled?.mode
        // The next one is being chosen.
        if view.mode == nil, workload.state.isSearching { view.mode = requestedMode }
        let recent = median(
            ledger.durations(of: workload.identity, since: workload.window?.begunAt ?? workload.settledAt, max: 40))
        view.throughputMillihertz = recent.flatMap { $0 > 0 ? Int(1e6 / $0) : nil }
        // Of a mode that is being profiled for the first time, what the strategy expects of it.
        let expected = workload.window == nil ? nil : workload.steps.last?.expected
        let milliseconds = workload.settled?.minibatchMilliseconds ?? expected?.milliseconds.value
        let watts = workload.settled?.powerWatts ?? expected?.watts.value
        let measured = workload.window.map { median($0.powerWatts) } ?? workload.measuredWatts
        let search = workload.state.isSearching ? workload.search : nil
        view.stat = [
            ("minibatches", Int(clamping: workload.minibatches)),
            ("minibatch_us", recent.map { Int(clampingMilliseconds: $0) }),
            ("power_uw", measured.map { Int($0 * 1e6) }),
            ("predicted_minibatch_us", milliseconds.map { Int(clampingMilliseconds: $0) }),
            ("predicted_power_uw", watts.map { Int($0 * 1e6) }),
            ("modes_known", workload.observed.all.count),
            ("profiles", Int(clamping: workload.profilesMade)),
            ("search_step", search.map { workload.observed.all.count - $0.knownBefore + 1 }),
            ("search_limit", search?.profileLimit),
            ("settled_after_minibatches", workload.minibatchesToSettle.map { Int(clamping: $0) }),
            ("search_over_budget_uj", Int(clamping: workload.searchOverBudgetMicrojoules)),
        ]
        view.arrivals = workload.arrivals
        if let metered = meter.process(workload.identity) {
            view.gpuBusyMicroseconds = metered.time.busyNanoseconds / 1000
            view.microjoules = metered.energy?.totalMicrojoules
        }
        view.stat += [
            ("gpu_busy_us", view.gpuBusyMicroseconds.map { Int(clamping: $0) }),
            ("energy_uj", view.microjoules.map { Int(clamping: $0) }),
        ]
        view.explanation = workload.steps.enumerated().map { $1.line($0 + 1) }.joined(separator: "\n")
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
