import CFuse
import Glibc
import Synchronization
import SystemCalls
import SystemPackage

/// What the serving thread and the others know of each other.
final class SessionProgress: Sendable {
    /// Set before an intended unmount, so that it is not reported as somebody else's.
    let isStopping = Atomic<Bool>(false)
    let hasEnded = Atomic<Bool>(false)
    /// pthread_self() of the serving thread while it runs, else 0.
    let thread = Atomic<UInt>(0)
}

/// One /dev/fuse descriptor being served, from first request to end, on the calling thread.
enum FuseSession {
    /// Serves `descriptor` until it is unmounted, fails or `stop` is raised; then closes it and every file that
    /// clients left open.
    static func run(
        descriptor: Int32, place: String, files: OpenFiles, stop: EventSignal, progress: SessionProgress,
        log: @Sendable (String) -> Void
    ) {
        progress.thread.store(UInt(pthread_self()), ordering: .relaxed)
        defer {
            progress.thread.store(0, ordering: .relaxed)
            progress.hasEnded.store(true, ordering: .releasing)
        }
        let waiters = PollWaiters()
        let served = Served(files: files, waiters: waiters)
        var table = FuseOperations.table()
        let userdata = unsafe Unmanaged.passUnretained(served).toOpaque()
        guard let session = unsafe cfuse_session_new(&table, userdata) else {
            log("Could not serve \(place): libfuse could not make a session. Is there memory left?")
            _ = Glibc.close(descriptor)
            return
        }
        // libfuse adopts a mounted descriptor under this name, and closes it with the session.
        guard unsafe fuse_session_mount(session, "/dev/fd/\(descriptor)") == 0 else {
            log("Could not serve \(place): libfuse refused descriptor \(descriptor).")
            unsafe fuse_session_destroy(session)
            _ = Glibc.close(descriptor)
            return
        }
        files.tree.watch(waiters)
        let problem = unsafe loop(session, descriptor, stop)
        files.tree.unwatch(waiters)
        waiters.close()
        files.closeAll()
        unsafe fuse_session_destroy(session)
        withExtendedLifetime(served) {}
        if !progress.isStopping.load(ordering: .acquiring) {
            log("Serving \(place) has ended: \(problem ?? "it was unmounted, or its connection was aborted").")
        }
    }

    /// Returns what went wrong; nil after an unmount or a stop.
    private static func loop(_ session: OpaquePointer, _ descriptor: Int32, _ stop: EventSignal) -> String? {
        var buffer = unsafe fuse_buf()
        defer { unsafe free(buffer.mem) }
        // A request may be withdrawn between poll() and read(): with a blocking read() nobody could stop us then.
        let flags = fcntl(descriptor, F_GETFL)
        guard flags >= 0, fcntl(descriptor, F_SETFL, flags | O_NONBLOCK) == 0 else {
            return "the descriptor could not be made non-blocking (\(Errno(rawValue: Glibc.errno)))"
        }
        var waits = [
            pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0),
            pollfd(fd: stop.rawDescriptor, events: Int16(POLLIN), revents: 0),
        ]
        while unsafe fuse_session_exited(session) == 0 {
            if unsafe poll(&waits, nfds_t(waits.count), -1) < 0 {
                if Glibc.errno == EINTR { continue }
                return "poll() said \(Errno(rawValue: Glibc.errno))"
            }
            if waits[1].revents != 0 { return nil }
            let count = unsafe fuse_session_receive_buf(session, &buffer)
            if count == -EINTR || count == -EAGAIN { continue }
            if count < 0 { return "reading requests failed with \(Errno(rawValue: -count))" }
            if count == 0 { return nil }
            unsafe fuse_session_process_buf(session, &buffer)
        }
        return nil
    }
}
