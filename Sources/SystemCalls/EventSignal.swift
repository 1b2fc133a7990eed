import CLinux
import Glibc
import SystemPackage

/// An eventfd: one thread raises it, another finds it readable in poll or epoll.
public final class EventSignal: Sendable {
    private let descriptor: OwnedDescriptor

    /// Makes a non-blocking, close-on-exec eventfd.
    public init() throws(SystemCallError) {
        let number = eventfd(0, Int32(EFD_CLOEXEC) | Int32(EFD_NONBLOCK))
        guard number >= 0 else { throw SystemCallError("create", "eventfd", Errno(rawValue: Glibc.errno)) }
        descriptor = OwnedDescriptor(adopting: number)
    }

    /// The descriptor to wait on; readable while raised.
    public var rawDescriptor: Int32 { descriptor.rawValue }

    /// Makes the descriptor readable. Safe from any thread.
    public func raise() {
        _ = eventfd_write(descriptor.rawValue, 1)
    }

    /// Makes it unreadable again. Returns whether it had been raised.
    @discardableResult
    public func clear() -> Bool {
        var count: eventfd_t = 0
        return unsafe eventfd_read(descriptor.rawValue, &count) == 0
    }
}
