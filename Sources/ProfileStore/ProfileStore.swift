public import SystemCalls

/// Keeps what was learned of workloads over restarts, in /var/lib/fulcrum/profiles.sqlite.
///
/// What is recorded is written by a thread of its own, in order, so that no caller waits for the disk; it is committed
/// milliseconds later, and at the latest by `close`. Where the file cannot be used, the store says so and keeps nothing:
/// the caller's memory is then all there is until the file can be written again.
public final class ProfileStore: Sendable {
    /// Bounds of the file.
    public struct Limits: Sendable {
        /// Most workloads; those that ran longest ago leave.
        public var workloads = 256
        /// Most profiles of one workload; the oldest leave.
        public var profiles = 1024
        /// Most ended searches of one workload; the oldest leave.
        public var searches = 256
        /// Largest file.
        public var bytes = 67_108_864
        /// Most changes that wait while the file cannot be written; the oldest are given up.
        public var waitingChanges = 4096
        /// Time after which a file that could not be written is tried again, milliseconds.
        public var retryMilliseconds: Int32 = 60_000

        /// The bounds of an installed daemon.
        public init() {}
    }

    /// Whether profiles outlive the daemon.
    public enum State: Sendable, Equatable {
        /// They are committed to the file.
        case durable
        /// They are not; why, as a sentence.
        case memoryOnly(String)
    }

    /// Name of the file in its directory.
    public static let fileName = "profiles.sqlite"

    /// What was known of this board's workloads when the store was opened, the last used first.
    public let workloads: [StoredWorkload]
    private let queue: StoreQueue
    private let thread: SystemThread

    /// Opens the store in `directory`, which is made if it is missing. `board` tells boards apart: profiles of another one are
    /// kept and not shown. What is wrong with the file is told by `state` and, once, to `notice`, from any thread; throws
    /// only where the system has no thread or descriptor left.
    public init(
        directory: String, board: String, limits: Limits = Limits(),
        notice: @escaping @Sendable (String) -> Void = { _ in }
    ) throws(SystemCallError) {
        let writer = StoreWriter(
            file: StoreFile(path: directory + "/" + Self.fileName), board: board, limits: limits, notice: notice)
        let (workloads, state) = writer.open()
        let queue = try StoreQueue(state: state, limit: limits.waitingChanges)
        self.workloads = workloads
        self.queue = queue
        thread = try SystemThread(name: "profiles") { writer.run(queue) }
    }

    /// Whether profiles outlive the daemon now.
    public var state: State { queue.state }

    /// Changes that were given up because too many waited.
    public var lost: UInt64 { queue.lost }

    /// Keeps a profile, in place of an earlier one of the same mode and minibatch size. One with values that no measurement
    /// has is not kept.
    public func record(_ profile: StoredProfile, key: String, name: String) {
        guard profile.isPlausible else { return }
        queue.add(.profile(profile, key: key, name: name))
    }

    /// Keeps that a search came to its end.
    public func record(_ search: StoredSearch, key: String, name: String, at time: Int) {
        queue.add(.search(search, key: key, name: name, at: time))
    }

    /// Notes that a workload runs, so that others leave before it.
    public func use(key: String, name: String, at time: Int) {
        queue.add(.use(key: key, name: name, at: time))
    }

    /// Keeps what is known under `key` as `former`, in place of what was there; `key` is unknown then.
    public func retire(key: String, former: String) {
        queue.add(.retire(key: key, former: former))
    }

    /// Waits until all that was recorded is committed. False if it could not be.
    public func flush() -> Bool { queue.flush() }

    /// Commits what waits, closes the file and ends the thread. Call once.
    public func close() {
        queue.close()
        thread.join()
    }
}
