public import Policy

/// What came of a mode: what was asked for, and what the board says is in force.
public struct AppliedMode: Hashable, Sendable {
    /// The mode as asked for.
    public let requested: PowerMode
    /// The mode that the knobs read back.
    public let effective: PowerMode
    /// Every difference between the two, and who explains it.
    public let adjustments: [Adjustment]
    /// Knob files written; 0 when everything was in force already.
    public let writes: Int
}

/// One knob that does not hold what was asked for.
public struct Adjustment: Hashable, Sendable, CustomStringConvertible {
    /// Why a knob differs.
    public enum Cause: Hashable, Sendable {
        /// The value is no operating point; the next lower one was taken.
        case roundedDown
        /// A connected display needs at least this memory clock.
        case display
        /// The board does not have the knob now, for the reason given.
        case missing(String)
        /// Somebody else holds the clock down: the cooling device named.
        case limited(String)
        /// The kernel took the value and reads back another; no limiter of ours or the kernel's explains it.
        case unexplained
    }

    /// The knob, as in `Knob.name`, or the dimension of a missing one.
    public let knob: String
    /// The value asked for, in the knob's unit.
    public let requested: Int
    /// The value in force.
    public let effective: Int
    /// Why they differ.
    public let cause: Cause

    /// One sentence for people.
    public var description: String {
        switch cause {
        case .roundedDown: "\(knob): \(requested) is no operating point; \(effective) was taken."
        case .display: "\(knob): \(requested) was raised to \(effective), as a display is connected."
        case .missing(let reason): "\(knob): \(requested) was not set. \(reason)"
        case .limited(let limiter): "\(knob): \(effective) is in force instead of \(requested): \(limiter)."
        case .unexplained:
            "\(knob): \(effective) is in force instead of \(requested), and nothing on the board says why."
        }
    }
}
