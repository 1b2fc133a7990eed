import CFuse
import Synchronization

/// The kernel's promise to ask again: libfuse's poll handle, freed with the last reference.
@safe final class PollHandle: @unchecked Sendable {
    // Immutable, and libfuse only reads from it: a wake-up is one write() to /dev/fuse.
    private let pointer: OpaquePointer

    init(adopting pointer: OpaquePointer) { unsafe self.pointer = pointer }

    deinit { unsafe fuse_pollhandle_destroy(pointer) }

    func wake() { _ = unsafe fuse_lowlevel_notify_poll(pointer) }
}

/// Who waits in poll(), by inode and open file. Any thread wakes; only the serving thread adds and removes.
final class PollWaiters: Sendable {
    private struct State {
        var handles: [UInt64: [UInt64: PollHandle]] = [:]
        var isClosed = false
    }
    private let state = Mutex(State())

    /// Replaces what open file `file` waited with before.
    func add(_ handle: PollHandle, inode: UInt64, file: UInt64) {
        state.withLock { state in
            if !state.isClosed { state.handles[inode, default: [:]][file] = handle }
        }
    }

    func remove(inode: UInt64, file: UInt64) {
        state.withLock { state in
            guard state.handles[inode] != nil else { return }
            state.handles[inode]?[file] = nil
            if state.handles[inode]?.isEmpty == true { state.handles[inode] = nil }
        }
    }

    /// Makes the kernel ask every waiting poller of `inode` again. Holds the lock, so that no wake-up reaches a session
    /// after `close`; the write to /dev/fuse does not wait for anybody.
    func wake(_ inode: UInt64) {
        state.withLock { state in
            guard let waiting = state.handles[inode] else { return }
            for handle in waiting.values { handle.wake() }
        }
    }

    /// How many open files have been waited on and not closed.
    var count: Int {
        state.withLock { $0.handles.values.reduce(0) { $0 + $1.count } }
    }

    /// Forgets all; called before the session goes.
    func close() {
        state.withLock { state in
            state.isClosed = true
            state.handles = [:]
        }
    }
}
