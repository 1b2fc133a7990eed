/// Whether a board may switch power modes between slices, and how often. Everything that stands against it is a state
/// with a reason that can be shown; nothing but a measurement of the board's own switch cost opens it.
public struct SwitchGate: Hashable, Sendable {
    /// What the gate stands at.
    public enum State: Hashable, Sendable {
        /// The cost of a switch on this board has not been measured: one mode for all slices.
        case unmeasured
        /// Switches are allowed, at this cost.
        case open(SwitchCost)
        /// An over-current counter moved: one mode for all slices, for good.
        case overCurrent(counter: String, from: UInt64, to: UInt64)
    }

    /// Where it stands.
    public private(set) var state = State.unmeasured
    /// The most switches per second, in any second and in any plan.
    public let switchesPerSecondLimit: Double
    /// Counters as they were last seen, by name.
    private var counters: [String: UInt64] = [:]
    /// Switches that may be made at once, up to `burst`; it refills at the limit.
    private var allowance: Double
    private var refilledAt = -Double.infinity

    /// Switches that may follow each other at once: into an inference slice and out of it.
    static let burst = 2.0

    /// A gate that is shut until `measured`. A limit that is not a number above 0 keeps it shut.
    public init(switchesPerSecondLimit: Double) {
        self.switchesPerSecondLimit = switchesPerSecondLimit > 0 ? switchesPerSecondLimit : 0
        allowance = Self.burst
    }

    /// The cost of a switch was measured on this board, or measured again. Without effect once an over-current counter
    /// moved.
    public mutating func measured(_ cost: SwitchCost) {
        if case .overCurrent = state { return }
        state = .open(cost)
    }

    /// An over-current counter reads `value`. The first reading of a counter is what it is compared with; any other
    /// value shuts the gate for good. True where this reading shut it.
    @discardableResult public mutating func read(counter: String, value: UInt64) -> Bool {
        guard let before = counters[counter] else {
            counters[counter] = value
            return false
        }
        counters[counter] = value
        guard value != before, !isShutForGood else { return false }
        state = .overCurrent(counter: counter, from: before, to: value)
        return true
    }

    /// Whether an over-current counter has moved.
    public var isShutForGood: Bool {
        if case .overCurrent = state { return true }
        return false
    }

    /// The cost to plan with; nil where slices share one mode.
    public var cost: SwitchCost? {
        if case .open(let cost) = state, switchesPerSecondLimit > 0 { return cost }
        return nil
    }

    /// Whether `plan` may be put into effect: one with a single mode always.
    public func permits(_ plan: SlicePlan) -> Bool {
        plan.moving.isEmpty || (cost?[plan.moving] != nil && plan.switchesPerSecond <= switchesPerSecondLimit)
    }

    /// Whether a switch may be made at `now`, seconds on a clock that never goes back; if so it is counted. At most the
    /// limit in any second, and two more.
    public mutating func takeSwitch(at now: Double) -> Bool {
        guard cost != nil, now.isFinite else { return false }
        let elapsed = refilledAt.isFinite ? max(0, now - refilledAt) : 0
        allowance = min(Self.burst, allowance + elapsed * switchesPerSecondLimit)
        refilledAt = max(refilledAt, now)
        guard allowance >= 1 else { return false }
        allowance -= 1
        return true
    }

    /// Why slices share one mode, as a sentence; nil where they need not.
    public var reason: String? {
        switch state {
        case .unmeasured:
            return "One mode for all slices: what a switch of modes costs on this board has not been measured."
        case .overCurrent(let counter, let from, let to):
            return "One mode for all slices, for good: the over-current counter \(counter) went from \(from) to \(to)."
        case .open:
            return switchesPerSecondLimit > 0
                ? nil : "One mode for all slices: the limit of switches per second allows none."
        }
    }
}
