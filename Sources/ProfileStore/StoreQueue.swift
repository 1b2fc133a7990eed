import SystemCalls
import Synchronization

/// Changes on their way from the callers to the thread that writes them, in order, and what that thread says of the file.
final class StoreQueue: Sendable {
    private struct Contents {
        var changes: [StoreChange] = []
        /// Changes that the thread has taken and not settled.
        var taken: [StoreChange] = []
        var state: ProfileStore.State
        var lost: UInt64 = 0
        var isClosing = false
        /// Somebody waits for the file: no pause before the next try.
        var isUrgent = false
        /// Nobody writes any more.
        var hasEnded = false
    }

    /// Raised when there is something to do.
    let news: EventSignal
    /// Raised when changes were written, or could not be.
    private let settled: EventSignal
    private let contents: Mutex<Contents>
    private let limit: Int

    init(state: ProfileStore.State, limit: Int) throws(SystemCallError) {
        news = try EventSignal()
        settled = try EventSignal()
        contents = Mutex(Contents(state: state))
        self.limit = max(limit, 1)
    }

    var state: ProfileStore.State { contents.withLock { $0.state } }
    var lost: UInt64 { contents.withLock { $0.lost } }

    func add(_ change: StoreChange) {
        contents.withLock { contents in
            if let last = contents.changes.last, last.isReplaced(by: change) { contents.changes.removeLast() }
            contents.changes.append(change)
            Self.trim(&contents, to: limit)
        }
        news.raise()
    }

    /// Whether all that was added is committed, waiting for the thread's next word on it. One caller at a time.
    func flush() -> Bool {
        contents.withLock { $0.isUrgent = true }
        news.raise()
        while true {
            let isDone: Bool? = contents.withLock { contents in
                if contents.changes.isEmpty, contents.taken.isEmpty { return contents.state == .durable }
                return contents.isUrgent && !contents.hasEnded ? nil : false
            }
            if let isDone { return isDone }
            settled.wait()
        }
    }

    func close() {
        contents.withLock { $0.isClosing = true }
        news.raise()
    }

    // MARK: The thread's side

    /// What is to be done now.
    func peek() -> (hasChanges: Bool, isUrgent: Bool, isClosing: Bool) {
        contents.withLock { (!$0.changes.isEmpty, $0.isUrgent, $0.isClosing) }
    }

    func take() -> [StoreChange] {
        contents.withLock { contents in
            contents.taken = contents.changes
            contents.changes = []
            return contents.taken
        }
    }

    /// Says what became of the changes taken: nil, or why they could not be written. They go back to the head of the queue
    /// then. Returns the state before.
    func settle(_ failure: String?) -> ProfileStore.State {
        let before = contents.withLock { contents in
            let before = contents.state
            contents.state = failure.map(ProfileStore.State.memoryOnly) ?? .durable
            if failure != nil { contents.changes = contents.taken + contents.changes }
            contents.taken = []
            contents.isUrgent = false
            Self.trim(&contents, to: limit)
            return before
        }
        settled.raise()
        return before
    }

    func end(_ reason: String? = nil) {
        contents.withLock { contents in
            contents.hasEnded = true
            if let reason { contents.state = .memoryOnly(reason) }
        }
        settled.raise()
    }

    private static func trim(_ contents: inout Contents, to limit: Int) {
        let surplus = contents.changes.count - limit
        guard surplus > 0 else { return }
        contents.changes.removeFirst(surplus)
        contents.lost &+= UInt64(surplus)
    }
}
