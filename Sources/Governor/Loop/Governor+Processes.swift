import Board
import Logging
import Policy
import SystemCalls
import Telemetry

extension Governor {
    /// Most workloads that are followed at a time, and whose observations are kept.
    static let workloadLimit = 256

    /// Compares the ledger with the workloads that we know: arrivals, exits, progress.
    func reconcileProcesses(at now: UInt64) {
        for process in ledger.snapshot() {
            if process.hasExited {
                leave(process)
                continue
            }
            if let index = workloads.firstIndex(where: { $0.identity == process.process }) {
                workloads[index].minibatches = process.minibatches
                workloads[index].lastBoundary = process.lastBoundaryNanoseconds
                if let window = activity.closeWindow(of: process.process, at: now) {
                    workloads[index].arrivals.add(window)
                }
            } else {
                arrive(process, at: now)
            }
        }
    }

    /// A process has ended; its count is final.
    private func leave(_ process: ProcessActivity) {
        ledger.forget(process.process)
        guard let index = workloads.firstIndex(where: { $0.identity == process.process }) else {
            log.info("Process \(process.process.pid) came and went with \(process.minibatches) minibatches.")
            return
        }
        let wasPrimary = primaryIndex == index
        let workload = workloads.remove(at: index)
        activity.forget(workload.identity)
        if wasPrimary { powerGuard.reset() }
        restartWindow()
        decide(
            "\(workload.name): gone after \(process.minibatches) minibatches, \(workload.observed.all.count) modes known."
        )
    }

    private func arrive(_ process: ProcessActivity, at now: UInt64) {
        guard workloads.count < Self.workloadLimit else {
            if !isCrowded {
                decide("More than \(Self.workloadLimit) processes use the GPU; the later ones are not followed.")
            }
            isCrowded = true
            return
        }
        // Somebody may have chosen another preset while the board was its own.
        if requestedMode == nil { stockMode = (try? board.effectiveMode()) ?? stockMode }
        let description = ProcessDescription(pid: process.process.pid)
        let match = classify(description)
        var name = match.name
        if workloads.contains(where: { $0.name == name }) { name += "-\(process.process.pid)" }
        var workload = Workload(
            name: name, profileKey: match.key, workloadClass: match.workloadClass, identity: process.process,
            uid: UInt32(exactly: description.uid) ?? 0, state: .matched, reason: match.reason,
            observed: remembered[match.key]?.observed ?? ObservedModes())
        workload.minibatches = process.minibatches
        workload.lastBoundary = process.lastBoundaryNanoseconds
        if match.workloadClass == .ignore {
            workload.state = .ignored
        } else if primaryIndex != nil {
            workload.state = .waiting
            workload.reason = "one training is searched for at a time; this one runs in the mode of the first"
        }
        workloads.append(workload)
        activity.count(workload.identity, from: now)
        rememberUse(workload)
        restartWindow()
        decide(
            "\(name): arrived as process \(process.process.pid), class \(match.workloadClass.rawValue), \(match.reason)."
        )
    }

    /// Another process on the GPU changes what a minibatch takes: a profile under way begins anew.
    private func restartWindow() {
        guard let index = primaryIndex else { return }
        endFrontProfile(index, at: MonotonicClock.nanoseconds())
        guard let window = workloads[index].window else { return }
        workloads[index].window = ProfileWindow(
            mode: window.mode, at: MonotonicClock.nanoseconds(), settings: profileSettings)
    }

    private func classify(
        _ process: ProcessDescription
    ) -> (name: String, key: String, workloadClass: WorkloadClass, reason: String) {
        if let rule = configuration.rules.first(where: { $0.matches(process) }) {
            return (rule.name, rule.name, rule.workloadClass, "named by its [[workload]] rule")
        }
        // Most programs are a python3: what runs in it, and whose it is, tells them apart.
        return (
            WorkloadName.sanitised(process.executableName),
            // The user id stands last: no other user's program can have the same key, whatever its arguments are.
            "\(process.executable)\u{1f}\(process.commandLine)\u{1f}\(process.uid)", configuration.unmatchedClass,
            "no rule names it, so defaults.class holds"
        )
    }

    /// Applies new rules to the processes that are there: each arrives anew under the name that it has now.
    func rematch() {
        let now = MonotonicClock.nanoseconds()
        let stale = workloads.indices.filter { index in
            let match = classify(ProcessDescription(pid: workloads[index].identity.pid))
            return match.key != workloads[index].profileKey || match.workloadClass != workloads[index].workloadClass
        }
        if let primary = primaryIndex, stale.contains(primary) { powerGuard.reset() }
        for index in stale.reversed() { activity.forget(workloads.remove(at: index).identity) }
        if !stale.isEmpty { reconcileProcesses(at: now) }
    }
}
