/// One record of the context-switch firmware (FECS): who leaves the engine and who comes.
struct ContextSwitch: Hashable, Sendable {
    /// A context as the firmware and the driver know it.
    struct Party: Hashable, Sendable {
        /// What nvgpu calls context_id: the page frame of the context's image, never 0.
        var id: UInt32
        /// What the driver registered for it: the thread group of its creator.
        var pid: UInt32
    }

    enum Kind: Hashable, Sendable {
        /// `from` is saved, then `to` restored; nil where the engine was or becomes empty. `hadWork`: `from` was preempted
        /// with work left.
        case change(from: Party?, to: Party?, hadWork: Bool)
        /// The driver reset the engine for what this context did.
        case reset(Party)
    }

    /// CLOCK_MONOTONIC nanoseconds.
    var time: UInt64
    var kind: Kind
}
