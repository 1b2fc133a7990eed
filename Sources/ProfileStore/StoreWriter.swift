import GRDB
import Synchronization
import SystemCalls

/// Opens the store's file and writes into it; once its thread runs, from there only.
final class StoreWriter: Sendable {
    private let file: StoreFile
    private let board: String
    private let limits: ProfileStore.Limits
    private let notice: @Sendable (String) -> Void
    private let database = Mutex<StoreDatabase?>(nil)

    init(
        file: StoreFile, board: String, limits: ProfileStore.Limits, notice: @escaping @Sendable (String) -> Void
    ) {
        self.file = file
        self.board = board
        self.limits = limits
        self.notice = notice
    }

    /// Opens the file and reads it.
    func open() -> (workloads: [StoredWorkload], state: ProfileStore.State) {
        do {
            return (try opened(putsAside: true), .durable)
        } catch {
            let reason = Self.sentence(error, file.path)
            notice("\(reason) Profiles are kept in memory only.")
            return ([], .memoryOnly(reason))
        }
    }

    /// Writes what comes through `queue` until it is closed. A file that could not be used is tried again after a while, also
    /// where nothing is to be written: whether it is back is published.
    func run(_ queue: StoreQueue) {
        let pause = UInt64(max(limits.retryMilliseconds, 1)) * 1_000_000
        var retryAt = queue.state == .durable ? nil : MonotonicClock.nanoseconds() + pause
        while true {
            let work = queue.peek()
            let isDue = retryAt.map { MonotonicClock.nanoseconds() >= $0 } ?? work.hasChanges
            if isDue || work.isUrgent || (work.isClosing && work.hasChanges) {
                let failure = write(queue.take())
                retryAt = failure == nil ? nil : MonotonicClock.nanoseconds() + pause
                tell(queue.settle(failure), failure)
            }
            if work.isClosing {
                try? database.withLock { try $0?.close() }
                return queue.end()
            }
            if retryAt == nil, queue.peek().hasChanges { continue }
            queue.news.wait(milliseconds: retryAt == nil ? -1 : limits.retryMilliseconds)
        }
    }

    private func tell(_ before: ProfileStore.State, _ failure: String?) {
        switch (before, failure) {
        case (.durable, let failure?): notice("\(failure) Profiles are kept in memory only until it can be written.")
        case (.memoryOnly, nil): notice("The profile store \(file.path) can be written again.")
        default: break
        }
    }

    /// Commits `changes`. Why it could not, as a sentence; nil where it could.
    private func write(_ changes: [StoreChange]) -> String? {
        do {
            if database.withLock({ $0 == nil }) { _ = try opened(putsAside: true) }
            if !changes.isEmpty { try database.withLock { try $0?.apply(changes) } }
            return nil
        } catch {
            // The next try opens it anew, which also finds out whether the file is damaged.
            try? database.withLock { database in
                let old = database
                database = nil
                try old?.close()
            }
            return Self.sentence(error, file.path)
        }
    }

    /// A damaged file is put aside, once, and an empty one takes its place.
    private func opened(putsAside: Bool) throws -> [StoredWorkload] {
        do {
            try file.prepare(byteLimit: limits.bytes)
            let opened = try StoreDatabase(path: file.path, board: board, limits: limits)
            let (workloads, skipped) = try opened.load()
            if skipped > 0 {
                notice("\(skipped) records of \(file.path) hold what no profile can and are passed over.")
            }
            database.withLock { $0 = opened }
            return workloads
        } catch {
            guard putsAside, let damage = Self.damage(error) else { throw error }
            try file.putAside()
            notice(
                "The profile store \(file.path) cannot be read: \(damage). It was put aside as \(file.path).damaged, and "
                    + "workloads are profiled anew.")
            return try opened(putsAside: false)
        }
    }

    /// What is wrong with the file's content, as a sentence part; nil where something else is the matter.
    private static func damage(_ error: any Error) -> String? {
        switch error {
        case StoreDatabase.Refusal.damaged(let part): part
        case let refused as StoreFile.Refused: refused.reason
        case let error as DatabaseError
        where [.SQLITE_CORRUPT, .SQLITE_NOTADB, .SQLITE_ERROR, .SQLITE_MISMATCH].contains(error.resultCode):
            "SQLite says \"\(error.message ?? "nothing")\""
        default: nil
        }
    }

    private static func sentence(_ error: any Error, _ path: String) -> String {
        switch error {
        case StoreDatabase.Refusal.newer(let version):
            "The profile store \(path) was written by a later version of Fulcrum (schema \(version), this one reads "
                + "\(StoreDatabase.version)) and is left as it is."
        case let error as DatabaseError:
            "Could not use the profile store \(path): \(error.message ?? "no message") "
                + "(SQLite error \(error.extendedResultCode.rawValue))."
        default: "\(error)"
        }
    }
}
