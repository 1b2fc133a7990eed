import Glibc
import SystemPackage

/// A named POSIX thread that is joined exactly once. Work that must not share the cooperative pool (a FUSE session, the
/// probe's ring) lives on one of these.
public final class SystemThread: Sendable {
    private let handle: pthread_t

    /// Starts `body`. `name` is cut to the kernel's 15 bytes. All signals are blocked in the new thread: the daemon's
    /// main thread reads them from a signalfd.
    public init(name: String, _ body: @escaping @Sendable () -> Void) throws(SystemCallError) {
        let box = unsafe Unmanaged.passRetained(Start(name: name, body: body))
        var started = pthread_t()
        let result = unsafe pthread_create(
            &started, nil,
            { argument in
                guard let argument = unsafe argument else { return nil }
                let start = unsafe Unmanaged<Start>.fromOpaque(argument).takeRetainedValue()
                var all = sigset_t()
                _ = unsafe sigfillset(&all)
                _ = unsafe pthread_sigmask(SIG_BLOCK, &all, nil)
                try? SmallFile.write(String(start.name.prefix(15)), to: "/proc/thread-self/comm")
                start.body()
                return nil
            }, unsafe box.toOpaque())
        guard result == 0 else {
            unsafe box.release()
            throw SystemCallError("start thread", name, Errno(rawValue: result))
        }
        handle = started
    }

    /// Waits until the body has returned. Call once.
    public func join() {
        pthread_join(handle, nil)
    }

    private final class Start: Sendable {
        let name: String
        let body: @Sendable () -> Void
        init(name: String, body: @escaping @Sendable () -> Void) {
            self.name = name
            self.body = body
        }
    }
}
