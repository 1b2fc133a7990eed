public import Glibc
import SystemPackage

/// Looking at and making directories.
public enum Directory {
    /// The names in `path`, sorted bytewise, without "." and "..".
    public static func names(_ path: String) throws(SystemCallError) -> [String] {
        guard let stream = unsafe opendir(path) else {
            throw SystemCallError("list", path, Errno(rawValue: Glibc.errno))
        }
        defer { _ = unsafe closedir(stream) }
        var names = [String]()
        while let entry = unsafe readdir(stream) {
            let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) {
                unsafe $0.withMemoryRebound(to: CChar.self, capacity: 256) { unsafe String(cString: $0) }
            }
            if name != "." && name != ".." { names.append(name) }
        }
        return names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }

    /// Whether `path` can be reached by this process (follows links).
    public static func exists(_ path: String) -> Bool {
        unsafe access(path, F_OK) == 0
    }

    /// Makes a new directory whose name nobody could know before, `prefix` and six characters (mkdtemp(3)), and that others may
    /// enter and only the caller may change. Returns its path.
    public static func createTemporary(_ prefix: String) throws(SystemCallError) -> String {
        var template = [UInt8](prefix.utf8) + [UInt8]("XXXXXX\0".utf8)
        let isMade = unsafe template.withUnsafeMutableBytes { bytes in
            guard let start = unsafe bytes.assumingMemoryBound(to: CChar.self).baseAddress else { return false }
            return unsafe mkdtemp(start) != nil
        }
        let path = String(decoding: template.dropLast(), as: UTF8.self)
        guard isMade, unsafe chmod(path, 0o755) == 0 else {
            throw SystemCallError("make a temporary directory", path, Errno(rawValue: Glibc.errno))
        }
        return path
    }

    /// Makes `path` and its missing parents.
    public static func create(_ path: String, mode: mode_t = 0o755) throws(SystemCallError) {
        if unsafe mkdir(path, mode) == 0 || Glibc.errno == EEXIST { return }
        let errno = Errno(rawValue: Glibc.errno)
        let parent = FilePath(path).removingLastComponent().string
        guard errno == .noSuchFileOrDirectory, !parent.isEmpty, parent != path else {
            throw SystemCallError("make directory", path, errno)
        }
        try create(parent, mode: mode)
        guard unsafe mkdir(path, mode) == 0 || Glibc.errno == EEXIST else {
            throw SystemCallError("make directory", path, Errno(rawValue: Glibc.errno))
        }
    }
}
