import CLinux
import Glibc
import SystemCalls
import SystemPackage

/// Notices when configuration files are written, replaced or removed (inotify(7) on their directories, as editors replace
/// files rather than write them).
struct ConfigurationWatch: ~Copyable {
    private let inotify: OwnedDescriptor

    /// Watches the directories that exist now.
    init(directories: [String]) throws(SystemCallError) {
        let descriptor = inotify_init1(Int32(IN_CLOEXEC) | Int32(IN_NONBLOCK))
        guard descriptor >= 0 else { throw SystemCallError("create", "inotify", Errno(rawValue: Glibc.errno)) }
        let inotify = OwnedDescriptor(adopting: descriptor)
        for directory in directories where Directory.exists(directory) {
            let mask = UInt32(IN_CLOSE_WRITE) | UInt32(IN_MOVED_TO) | UInt32(IN_DELETE)
            guard unsafe inotify_add_watch(inotify.rawValue, directory, mask) >= 0 else {
                throw SystemCallError("watch", directory, Errno(rawValue: Glibc.errno))
            }
        }
        self.inotify = inotify
    }

    /// Readable when something happened.
    var rawDescriptor: Int32 { inotify.rawValue }

    /// Takes all that happened. Returns whether a configuration file was among it; the daemon's log may lie beside them.
    func takeChanges() -> Bool {
        var isChanged = false
        var buffer = [UInt8](repeating: 0, count: 4096)
        while true {
            let count = unsafe read(inotify.rawValue, &buffer, buffer.count)
            guard count > 0 else { return isChanged }
            if Self.names(in: buffer[..<count]).contains(where: { $0.hasSuffix(".toml") }) { isChanged = true }
        }
    }

    /// The names in a run of `struct inotify_event`: four 32-bit fields, of which the last is the length of the name after it.
    static func names(in bytes: ArraySlice<UInt8>) -> [String] {
        var names = [String]()
        var rest = bytes
        while rest.count >= 16 {
            let field = rest.dropFirst(12).prefix(4).reversed().reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
            rest = rest.dropFirst(16)
            let length = Int(min(field, UInt32(rest.count)))
            names.append(String(decoding: rest.prefix(length).prefix { $0 != 0 }, as: UTF8.self))
            rest = rest.dropFirst(length)
        }
        return names
    }
}
