import Board
import Logging
import Policy
import SystemCalls

/// The board's knobs as the loop deals with them: ours, somebody else's, or held down by heat.
extension Governor {
    /// Writes a mode to the board. False if it failed; the loop comes back to it.
    func move(to mode: PowerMode, at now: UInt64) -> Bool {
        // Asked before every change, so that a foreign value is never written over.
        guard now >= retryKnobsAt, !stepsBack() else { return false }
        do {
            let applied = try board.apply(mode, journal: journal)
            requestedMode = mode
            takesUp = false
            effectiveMode = applied.effective
            lastMoveAt = MonotonicClock.nanoseconds()
            if knobTrouble != nil {
                knobTrouble = nil
                decide("The knobs can be written again.")
            }
            for adjustment in applied.adjustments { log.info("Mode \(mode): \(adjustment)") }
            return true
        } catch {
            retryKnobsAt = now + 1_000_000_000
            if knobTrouble != "\(error)" {
                knobTrouble = "\(error)"
                decide("\(error)")
            }
            return false
        }
    }

    /// Ends the state of having stepped back, as the administrator asks the governor to act.
    func takeUp() {
        guard manualReason != nil else { return }
        manualReason = nil
        manualKnobs.removeAll()
        takesUp = true
    }

    /// Every other second: sees whether the knobs are still ours, and reads them for the tree. These are some eighty files, the
    /// most that the daemon reads; before each change of mode they are looked at anyway.
    func checkKnobs(at now: UInt64) {
        guard now >= knobsReadAt + 2_000_000_000 else { return }
        knobsReadAt = now
        _ = stepsBack()
        noticeThrottle()
        effectiveMode = try? board.effectiveMode()
        readKnobViews()
    }

    /// A cooling device that holds a clock below our cap is neither ours nor somebody's will (S3): said when it begins and
    /// when it ends.
    func noticeThrottle() {
        limitations = board.limitations()
        let held =
            limitations.isEmpty
            ? nil : limitations.map { "\($0)".trimmingSuffix(".") }.joined(separator: "; ")
        if (held == nil) != (throttle == nil) {
            decide(held.map { "Throttled: \($0)." } ?? "No clock is throttled any more.")
        }
        throttle = held
    }

    /// Whether somebody else has the knobs. A value that is not ours and that no limiter explains is somebody's will: the
    /// governor steps back and says so (S3), until a new budget or a reload asks it back.
    func stepsBack() -> Bool {
        guard manualReason == nil else { return true }
        guard requestedMode != nil, !takesUp else { return false }
        let foreign = board.foreignWrites().filter { $0.limiter == nil && $0.now != nil }
        guard let first = foreign.first else { return false }
        manualKnobs = Set(foreign.map(\.knob))
        let reason = "\(first.path) reads \(first.now ?? "nothing"), we had set \(first.ours): somebody else wrote it"
        manualReason = reason
        if let index = primaryIndex {
            workloads[index].window = nil
            workloads[index].frontWindow = nil
        }
        decide("Stepping back: \(reason). A new budget or a reload (SIGHUP) takes the board up again.")
        return true
    }
}
