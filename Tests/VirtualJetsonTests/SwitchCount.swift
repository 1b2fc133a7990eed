import Synchronization

@testable import Telemetry

/// Counts what the context-switch source tells.
final class SwitchCount: ContextSwitchReceiver {
    private let counts = Mutex((complete: UInt64(0), begins: 0, ends: 0))

    /// Slices that are not continued.
    var complete: UInt64 { counts.withLock { $0.complete } }
    var begins: Int { counts.withLock { $0.begins } }
    var ends: Int { counts.withLock { $0.ends } }

    func tracingBegan(at nanoseconds: UInt64) { counts.withLock { $0.begins += 1 } }
    func received(_ slice: ContextSwitchSlice) {
        if slice.ending != .continues && slice.ending != .lost { counts.withLock { $0.complete += 1 } }
    }
    func delivered(until nanoseconds: UInt64) {}
    func tracingEnded(at nanoseconds: UInt64) { counts.withLock { $0.ends += 1 } }
}

/// Tells an account and a count.
struct Both: ContextSwitchReceiver {
    let account: GPUTimeAccount
    let count: SwitchCount

    func tracingBegan(at nanoseconds: UInt64) {
        account.tracingBegan(at: nanoseconds)
        count.tracingBegan(at: nanoseconds)
    }
    func received(_ slice: ContextSwitchSlice) {
        account.received(slice)
        count.received(slice)
    }
    func delivered(until nanoseconds: UInt64) { account.delivered(until: nanoseconds) }
    func tracingEnded(at nanoseconds: UInt64) {
        account.tracingEnded(at: nanoseconds)
        count.tracingEnded(at: nanoseconds)
    }
}
