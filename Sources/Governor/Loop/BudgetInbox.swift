import Synchronization

/// A budget that somebody has written to the tree, on its way from the tree's thread to the loop.
final class BudgetInbox: Sendable {
    private let pending = Mutex<(microwatts: Int, uid: UInt32)?>(nil)

    func put(_ microwatts: Int, from uid: UInt32) {
        pending.withLock { $0 = (microwatts, uid) }
    }

    func take() -> (microwatts: Int, uid: UInt32)? {
        pending.withLock { slot in
            let value = slot
            slot = nil
            return value
        }
    }
}
