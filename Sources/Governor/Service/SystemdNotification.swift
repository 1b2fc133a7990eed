import CLinux
import Glibc

/// Tells systemd about the service's state: one datagram to $NOTIFY_SOCKET (sd_notify(3)). Does nothing where there is none.
enum SystemdNotification {
    /// Sends assignments such as "READY=1".
    static func send(_ assignments: String) {
        guard let variable = unsafe getenv("NOTIFY_SOCKET") else { return }
        var path = unsafe [UInt8](String(cString: variable).utf8)
        guard path.count > 1, path.count < 108 else { return }
        let isAbstract = path[0] == UInt8(ascii: "@")
        if isAbstract { path[0] = 0 }
        let descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { return }
        defer { close(descriptor) }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        unsafe withUnsafeMutableBytes(of: &address.sun_path) { unsafe $0.copyBytes(from: path) }
        let length = socklen_t(MemoryLayout<sa_family_t>.size + path.count + (isAbstract ? 0 : 1))
        let message = [UInt8](assignments.utf8)
        _ = unsafe withUnsafePointer(to: &address) {
            unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { destination in
                unsafe sendto(descriptor, message, message.count, Int32(MSG_NOSIGNAL), destination, length)
            }
        }
    }
}
