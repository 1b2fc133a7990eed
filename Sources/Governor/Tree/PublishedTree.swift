import Policy
import Synchronization
import SystemCalls
import SystemPackage
import Telemetry
import VirtualFiles

/// The virtual file tree, /run/fulcrum: one value per file, kernel units in the names. Directories of workloads and tasks come
/// and go with them.
final class PublishedTree: Sendable {
    /// Group that may write, beside root; 0 where the group `fulcrum` does not exist.
    private let writerGroup: UInt32
    private let publication: Publication
    private let tree = FileTree()
    private let server: FileServer
    private let shown = Mutex(Shown())
    private let setBudget: @Sendable (Int, Caller) -> Void

    private struct Shown {
        var workloads: [String] = []
        var tasks: [Int32: UInt32] = [:]
        var rails = 0
        var zones: Set<String> = []
        var fans: Set<String> = []
        var counters = PublishedState.Counters()
    }

    /// Builds the fixed part. `setBudget` takes microwatts that somebody with the right to has written.
    init(
        publication: Publication, initial: PublishedState, trace: TraceFeed, writerGroup: UInt32,
        setBudget: @escaping @Sendable (_ microwatts: Int, Caller) -> Void, log: @escaping @Sendable (String) -> Void
    ) throws(FileTreeError) {
        self.publication = publication
        self.writerGroup = writerGroup
        self.setBudget = setBudget
        server = FileServer(tree: tree, log: log)
        try addTop()
        try addPower()
        try addKnobs(initial.knobs.map(\.name))
        try addGPU()
        try tree.add("trace_pipe", .stream(mode: 0o440, gid: writerGroup) { _ throws(Errno) in try trace.open() })
        trace.onNews { [tree] in tree.notify("trace_pipe") }
        update(initial)
    }

    func mount(at path: String) throws(FileServerError) {
        try server.mount(at: path, name: "fulcrum", allowOther: true)
    }

    func unmount() {
        server.stop()
    }

    /// Shows a new state: adds and removes directories, wakes those who poll `events`.
    func update(_ state: PublishedState) {
        publication.replace(state)
        let before = shown.withLock { shown in
            let before = shown
            shown.workloads = state.workloads.map(\.name)
            shown.tasks = Dictionary(state.tasks.map { ($0.pid, $0.uid) }) { first, _ in first }
            shown.counters = state.counters
            shown.rails = max(shown.rails, state.rails.count)
            shown.zones.formUnion(state.thermalZones.map(\.name))
            shown.fans.formUnion(state.fans.map(\.name))
            return before
        }
        let names = Set(state.workloads.map(\.name))
        for name in before.workloads where !names.contains(name) { tree.remove("workload/\(name)") }
        for view in state.workloads where !before.workloads.contains(view.name) { addWorkload(view.name) }
        let pids = Set(state.tasks.map(\.pid))
        for pid in before.tasks.keys where !pids.contains(pid) { tree.remove("task/\(pid)") }
        for task in state.tasks where before.tasks[task.pid] != task.uid {
            tree.remove("task/\(task.pid)")
            addTask(task.pid, uid: task.uid)
        }
        for (index, rail) in state.rails.enumerated().dropFirst(before.rails) { addRail(index, rail.label) }
        for zone in state.thermalZones where !before.zones.contains(zone.name) { addZone(zone.name) }
        for fan in state.fans where !before.fans.contains(fan.name) { addFan(fan.name) }
        if before.counters != state.counters { tree.notify("events") }
        if before.counters.decisions != state.counters.decisions {
            tree.notify("decision")
            tree.notify("state")
        }
    }

    /// A read-only file that shows one view of the state.
    private func show(
        _ path: String, mode: UInt16 = 0o444, uid: UInt32 = 0, gid: UInt32 = 0,
        _ view: @escaping @Sendable (PublishedState) -> String
    ) throws(FileTreeError) {
        let publication = publication
        try tree.add(path, .readOnly(mode: mode, uid: uid, gid: gid) { () throws(Errno) in publication.read(view) })
    }

    private func addTop() throws(FileTreeError) {
        try show("version") { _ in FulcrumVersion.current }
        try show("features") { state in
            state.features.map { "\($0.name) \($0.answer)\($0.reason.isEmpty ? "" : " \($0.reason)")" }
                .joined(separator: "\n")
        }
        try show("state") { "\($0.state)\($0.reason.isEmpty ? "" : " \($0.reason)")" }
        try show("decision") { $0.decision }
        try show("events") { state in
            let counters = state.counters
            return """
                decisions \(counters.decisions)
                profiles \(counters.profiles)
                guard_steps \(counters.guardSteps)
                probe_records_lost \(Self.number(counters.probeRecordsLost))
                slices_lost \(Self.number(counters.slicesLost))
                trace_readers \(counters.traceReaders)
                rejected_reloads \(counters.rejectedReloads)
                over_budget_uj \(counters.overBudgetMicrojoules)
                """
        }
        try show("budget/guard_uw") { Self.number($0.budget.guardMicrowatts) }
        try show("budget/source") { $0.budget.source }
        let publication = publication
        let setBudget = setBudget
        try tree.add(
            "budget/power_uw",
            .readWrite(
                mode: 0o664, gid: writerGroup, limit: 32,
                read: { () throws(Errno) in publication.read { "\($0.budget.microwatts)" } },
                write: { text, caller throws(Rejection) in
                    guard let microwatts = Int(text), (1_000_000...200_000_000).contains(microwatts) else {
                        throw Rejection("expected a number of microwatts from 1000000 to 200000000")
                    }
                    setBudget(microwatts, caller)
                }))
        try show("mode/requested") { Self.line($0.requestedMode) }
        try show("mode/effective") { Self.line($0.effectiveMode) }
        try show("metrics/fulcrum.prom") { Metrics.text($0) }
        try tree.addDirectory("workload")
        try tree.addDirectory("task")
    }

    private func addPower() throws(FileTreeError) {
        try show("power/total_uw") { Self.number($0.power.totalMicrowatts) }
        try show("power/age_ms") { Self.age($0.power.sampledAt) }
        try show("power/rule") { $0.power.rule.joined(separator: " + ") }
        try show("power/energy.stat") { state in
            "\(Self.stat(state.energy))\nexited_uj \(Self.number(state.energy.exited))"
        }
    }

    /// Rails that appear later come last, so a rail keeps its place.
    private func addRail(_ index: Int, _ label: String) {
        let directory = "rail/\(WorkloadName.sanitised(label))"
        func add(_ file: String, _ view: @escaping @Sendable (PublishedState.Rail) -> String) {
            try? show("\(directory)/\(file)") { state in
                index < state.rails.count ? view(state.rails[index]) : "unmeasured"
            }
        }
        add("power_uw") { Self.number($0.microwatts) }
        add("energy_uj") { Self.number($0.microjoules) }
        add("energy.stat") { Self.stat($0.energy) }
        add("voltage_uv") { Self.number($0.microvolts) }
        add("current_ua") { Self.number($0.microamps) }
        add("age_ms") { Self.age($0.sampledAt) }
    }

    private func addKnobs(_ names: [String]) throws(FileTreeError) {
        for (index, name) in names.enumerated() {
            let knob: @Sendable (PublishedState, (PublishedState.Knob) -> String) -> String = { state, view in
                index < state.knobs.count ? view(state.knobs[index]) : "unmeasured"
            }
            let directory = "knob/\(WorkloadName.sanitised(name))"
            try show("\(directory)/current") { knob($0) { $0.current } }
            try show("\(directory)/min") { knob($0) { $0.min } }
            try show("\(directory)/max") { knob($0) { $0.max } }
            try show("\(directory)/available") { knob($0) { $0.available } }
            try show("\(directory)/owner") { knob($0) { $0.owner } }
            try show("\(directory)/limiter") { knob($0) { $0.limiter } }
        }
    }

    private func addGPU() throws(FileTreeError) {
        try show("gpu/load_permille") { Self.number($0.gpu.loadPermille) }
        try show("gpu/busy_us") { Self.number($0.gpu.busyMicroseconds) }
        try show("gpu/state") { $0.gpu.state }
        try show("memory/gpu_bytes") { Self.number($0.gpuMemoryBytes) }
    }

    /// Once found, a zone or a fan keeps its files: what it cannot say any more is `unmeasured`.
    private func addZone(_ name: String) {
        try? show("thermal/\(name)/temp_mc") { state in
            Self.number(state.thermalZones.first { $0.name == name }?.millicelsius)
        }
    }

    private func addFan(_ name: String) {
        try? show("fan/\(name)/rpm") { state in Self.number(state.fans.first { $0.name == name }?.rpm) }
        try? show("fan/\(name)/pwm") { state in Self.number(state.fans.first { $0.name == name }?.pwm) }
    }

    private static func stat(_ energy: PublishedState.Energy) -> String {
        """
        energy_uj \(number(energy.total))
        processes_uj \(number(energy.processes))
        unattributed_uj \(number(energy.unattributed))
        error_uj \(number(energy.error))
        """
    }

    private func addWorkload(_ name: String) {
        func add(_ file: String, _ view: @escaping @Sendable (PublishedState.WorkloadView) -> String) {
            // The only failure is a name that is taken, and names are unique and were removed before.
            try? show("workload/\(name)/\(file)") { state in
                state.workloads.first { $0.name == name }.map(view) ?? "unmeasured"
            }
        }
        add("class") { $0.workloadClass }
        add("state") { $0.state }
        add("reason") { $0.reason }
        add("pids") { $0.pids.map(String.init).joined(separator: "\n") }
        add("mode") { Self.line($0.mode) }
        add("throughput_millihz") { Self.number($0.throughputMillihertz) }
        add("rate_millihz") { Self.number($0.arrivals.millihertz) }
        add("rate.stat") { view in
            """
            rate_millihz \(Self.number(view.arrivals.millihertz))
            lower_millihz \(Self.number(view.arrivals.lowerMillihertz))
            upper_millihz \(Self.number(view.arrivals.upperMillihertz))
            is_lower_bound \(Self.number(view.arrivals.meaning.map { $0 == .lowerBound ? 1 : 0 }))
            """
        }
        add("explain") { $0.explanation }
        add("stat") { $0.stat.map { "\($0.key) \(Self.number($0.value))" }.joined(separator: "\n") }
    }

    private func addTask(_ pid: Int32, uid: UInt32) {
        func add(_ file: String, _ view: @escaping @Sendable (PublishedState.Task) -> String) {
            try? show("task/\(pid)/\(file)", mode: 0o440, uid: uid, gid: writerGroup) { state in
                state.tasks.first { $0.pid == pid }.map(view) ?? "unmeasured"
            }
        }
        add("source") { $0.source.rawValue }
        add("start_time") { "\($0.startTicks)" }
        add("gpu.stat") { task in
            """
            busy_us \(Self.number(task.busyMicroseconds))
            busy_permille \(Self.number(task.busyPermille))
            launches \(Self.number(task.launches))
            launches_in_flight \(Self.number(task.launchesInFlight))
            minibatches \(Self.number(task.minibatches))
            last_minibatch_us \(Self.number(task.lastMinibatchMicroseconds))
            boundary_confidence_permille \(Self.number(task.boundaryConfidencePermille))
            memory_bytes \(Self.number(task.memoryBytes))
            """
        }
        add("energy.stat") { task in
            """
            total_uj \(Self.number(task.totalMicrojoules))
            gpu_uj \(Self.number(task.gpuMicrojoules))
            cpu_uj \(Self.number(task.cpuMicrojoules))
            shared_uj \(Self.number(task.sharedMicrojoules))
            power_uw \(Self.number(task.powerMicrowatts))
            """
        }
    }

    static func line(_ mode: PowerMode?) -> String {
        guard let mode else { return "unmeasured" }
        return "\(mode.cores) \(mode.cpuKHz) \(mode.gpuHz) \(mode.emcHz)"
    }

    static func number(_ value: (some BinaryInteger)?) -> String {
        value.map { String($0) } ?? "unmeasured"
    }

    private static func age(_ sampledAt: UInt64) -> String {
        guard sampledAt > 0 else { return "unmeasured" }
        let now = MonotonicClock.nanoseconds()
        return "\((now - min(sampledAt, now)) / 1_000_000)"
    }
}
