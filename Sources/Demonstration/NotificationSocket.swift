import CLinux
import Glibc
import SystemCalls
import SystemPackage

/// Receives what a service tells its manager (sd_notify(3)).
final class NotificationSocket {
    let path: String
    private let descriptor: OwnedDescriptor

    /// Binds a datagram socket at `path`, in place of one that is there.
    init(_ path: String) throws {
        self.path = path
        let number = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard number >= 0 else { throw SystemCallError("create a socket for", path, Errno(rawValue: errno)) }
        descriptor = OwnedDescriptor(adopting: number)
        _ = unsafe unlink(path)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let bytes = [UInt8](path.utf8)
        guard bytes.count < 108 else { throw SystemCallError("bind", path, Errno(rawValue: ENAMETOOLONG)) }
        unsafe withUnsafeMutableBytes(of: &address.sun_path) { unsafe $0.copyBytes(from: bytes) }
        let result = unsafe withUnsafePointer(to: &address) {
            unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe bind(number, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        guard result == 0 else { throw SystemCallError("bind", path, Errno(rawValue: errno)) }
    }

    /// Whether a message with `text` in it comes in time.
    func receives(_ text: String, withinMilliseconds timeout: Int32) -> Bool {
        var entry = pollfd(fd: descriptor.rawValue, events: Int16(POLLIN), revents: 0)
        guard unsafe poll(&entry, 1, timeout) > 0 else { return false }
        var buffer = [UInt8](repeating: 0, count: 512)
        let count = unsafe recv(descriptor.rawValue, &buffer, buffer.count, 0)
        return count > 0 && String(decoding: buffer[..<count], as: UTF8.self).contains(text)
    }
}
