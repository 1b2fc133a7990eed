public import Glibc
import SystemPackage

/// Whole-file access to small text files (sysfs, procfs, /etc), always with a bound on the size.
public enum SmallFile {
    /// Reads at most `limit` bytes of `path`; a longer file is refused with EFBIG, so nothing is taken by halves.
    public static func bytes(_ path: String, limit: Int = 65_536) throws(SystemCallError) -> [UInt8] {
        let file = try OwnedDescriptor(opening: path, flags: O_RDONLY)
        var content = [UInt8]()
        var chunk = [UInt8](repeating: 0, count: min(limit + 1, 65_536))
        while true {
            // read() and not pread(): some virtual files (sockets of procfs, pipes) do not seek.
            let count = unsafe chunk.withUnsafeMutableBytes {
                unsafe Glibc.read(file.rawValue, $0.baseAddress, $0.count)
            }
            if count == 0 { return content }
            if count < 0 {
                if Glibc.errno == EINTR { continue }
                throw SystemCallError("read", path, Errno(rawValue: Glibc.errno))
            }
            content.append(contentsOf: chunk[..<count])
            if content.count > limit {
                throw SystemCallError(
                    "read", path, Errno(rawValue: EFBIG), remedy: "It is longer than the \(limit) bytes expected here.")
            }
        }
    }

    /// Reads `path` as UTF-8 (broken sequences become U+FFFD) without the white space at both ends.
    public static func text(_ path: String, limit: Int = 65_536) throws(SystemCallError) -> String {
        trimmed(try bytes(path, limit: limit))
    }

    /// The first `limit` bytes of `path`, or all of them if there are fewer: for files whose tail does not matter.
    public static func prefix(_ path: String, limit: Int) throws(SystemCallError) -> [UInt8] {
        let file = try OwnedDescriptor(opening: path, flags: O_RDONLY)
        var content = [UInt8](repeating: 0, count: limit)
        let count = unsafe content.withUnsafeMutableBytes { unsafe file.read(into: $0) }
        guard count >= 0 else { throw SystemCallError("read", path, Errno(rawValue: Int32(-count))) }
        return Array(content[..<count])
    }

    /// Where the symbolic link `path` points, as written in it.
    public static func linkTarget(_ path: String) throws(SystemCallError) -> String {
        var buffer = [UInt8](repeating: 0, count: Int(PATH_MAX))
        let count = unsafe buffer.withUnsafeMutableBytes { bytes in
            guard let start = unsafe bytes.assumingMemoryBound(to: CChar.self).baseAddress else { return -1 }
            return unsafe readlink(path, start, bytes.count)
        }
        guard count >= 0 else { throw SystemCallError("read the link", path, Errno(rawValue: Glibc.errno)) }
        return String(decoding: buffer[..<count], as: UTF8.self)
    }

    /// Writes `text` in one write call to an existing file, as sysfs attributes want it; no O_CREAT, no O_TRUNC.
    public static func write(_ text: String, to path: String) throws(SystemCallError) {
        let file = try OwnedDescriptor(opening: path, flags: O_WRONLY)
        if let errno = file.write([UInt8](text.utf8)) {
            throw SystemCallError("write \"\(text)\" to", path, errno)
        }
    }

    /// Replaces `path` so that a reader, or a machine that loses power, sees the old content or the new, never a mix:
    /// a new file beside it, fsync, rename, fsync of the directory.
    public static func replaceAtomically(
        _ path: String, with bytes: [UInt8], mode: mode_t = 0o600
    ) throws(SystemCallError) {
        let temporary = path + ".new"
        _ = unsafe temporary.withCString { unsafe unlink($0) }
        let file = try OwnedDescriptor(opening: temporary, flags: O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, mode: mode)
        if let errno = file.write(bytes) { throw SystemCallError("write", temporary, errno) }
        guard fsync(file.rawValue) == 0 else {
            throw SystemCallError("fsync", temporary, Errno(rawValue: Glibc.errno))
        }
        guard unsafe rename(temporary, path) == 0 else {
            throw SystemCallError("rename \(temporary) to", path, Errno(rawValue: Glibc.errno))
        }
        try syncDirectory(of: path)
    }

    /// Makes creation, renaming or removal of `path` durable by fsync of the directory that holds it.
    public static func syncDirectory(of path: String) throws(SystemCallError) {
        let parent = FilePath(path).removingLastComponent().string
        let directory = try OwnedDescriptor(opening: parent.isEmpty ? "." : parent, flags: O_RDONLY | O_DIRECTORY)
        guard fsync(directory.rawValue) == 0 else {
            throw SystemCallError("fsync directory", parent, Errno(rawValue: Glibc.errno))
        }
    }

    /// Text without leading and trailing ASCII white space and NUL (device-tree strings end in NUL).
    public static func trimmed(_ bytes: [UInt8]) -> String {
        let isBlank: (UInt8) -> Bool = { $0 == 0 || $0 == 0x20 || (0x09...0x0d).contains($0) }
        guard let first = bytes.firstIndex(where: { !isBlank($0) }),
            let last = bytes.lastIndex(where: { !isBlank($0) })
        else { return "" }
        return String(decoding: bytes[first...last], as: UTF8.self)
    }
}
