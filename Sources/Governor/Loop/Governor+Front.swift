import Logging
import ProfileStore
import Policy
import SystemCalls

/// The front below a settled mode, made known in the background, so that a lower budget is answered at once: one profile now and
/// then, each of a mode that no knob lifts above the settled one. Whatever happens ends it.
extension Governor {
    var frontPauseNanoseconds: UInt64 { UInt64(configuration.frontIntervalSeconds * 1e9) }

    /// Begins, continues or ends a background profile of a settled workload.
    func fillFront(_ index: Int, at now: UInt64) {
        guard let window = workloads[index].frontWindow else {
            guard configuration.fillsFront, workloads[index].state == .settled, isNothingUrgent,
                now >= workloads[index].frontProfileAt, let settled = workloads[index].settled,
                workloads[index].pendingQuestion == nil, requestedMode == settled.mode
            else { return }
            ask(index, .front(below: settled.mode, grid))
            return
        }
        guard isNothingUrgent, configuration.fillsFront else {
            endFrontProfile(index, at: now)
            return
        }
        switch verdict(of: window, index, at: now) {
        case .collecting: break
        case .complete(let observation, let minibatches):
            counters.profiles += 1
            workloads[index].profilesMade += 1
            workloads[index].observed.record(observation)
            workloads[index].complete(observation)
            remember(workloads[index], observation, minibatches: minibatches, for: .front)
            endFrontProfile(index, at: now)
        case .failed: endFrontProfile(index, at: now)
        }
    }

    /// Whether there is time for what nobody waits for.
    private var isNothingUrgent: Bool {
        obstacle == nil && !powerGuard.isHolding
            && workloads.count { $0.workloadClass == .training && $0.state != .stalled } == 1
    }

    func beginFrontProfile(_ index: Int, of mode: PowerMode?, at now: UInt64) {
        workloads[index].frontProfileAt = now + frontPauseNanoseconds
        guard let mode, workloads[index].state == .settled, isNothingUrgent, move(to: mode, at: now) else { return }
        workloads[index].frontWindow = ProfileWindow(
            mode: mode, at: MonotonicClock.nanoseconds(), settings: profileSettings)
        workloads[index].append(
            SearchStepRecord(mode: mode, expected: nil, reason: "makes the front below the settled mode known"))
        log.info("\(workloads[index].name): profiling mode \(mode) in the background.")
    }

    /// Gives the workload its settled mode back.
    func endFrontProfile(_ index: Int, at now: UInt64) {
        guard workloads[index].frontWindow != nil else { return }
        workloads[index].frontWindow = nil
        workloads[index].frontProfileAt = now + frontPauseNanoseconds
        guard let settled = workloads[index].settled, workloads[index].state == .settled else { return }
        // What the guard found out in that mode is no ground to leave the settled one.
        powerGuard.reset()
        if move(to: settled.mode, at: now) {
            workloads[index].settledAt = MonotonicClock.nanoseconds() + profileSettings.settleNanoseconds
            workloads[index].driftCheckedAt = workloads[index].settledAt
        } else {
            planAnew(at: now)
        }
    }
}
