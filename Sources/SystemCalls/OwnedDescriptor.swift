public import Glibc
public import SystemPackage

/// A file descriptor with one owner: closed when the owner goes, never twice.
public struct OwnedDescriptor: ~Copyable, Sendable {
    /// The number, valid while this value lives. Do not close it.
    public let rawValue: Int32

    /// Takes over a descriptor that nobody else will close.
    public init(adopting rawValue: Int32) {
        self.rawValue = rawValue
    }

    /// Opens `path` with O_CLOEXEC added to `flags` (Glibc `O_*` values).
    public init(
        opening path: String, flags: Int32 = O_RDONLY, mode: mode_t = 0o644, remedy: String = ""
    ) throws(SystemCallError) {
        let opened = unsafe path.withCString { unsafe Glibc.open($0, flags | O_CLOEXEC, mode) }
        guard opened >= 0 else {
            throw SystemCallError("open", path, Errno(rawValue: Glibc.errno), remedy: remedy)
        }
        rawValue = opened
    }

    deinit {
        _ = Glibc.close(rawValue)
    }

    /// Gives the descriptor away; the caller closes it.
    public consuming func relinquish() -> Int32 {
        let number = rawValue
        discard self
        return number
    }

    /// Reads up to `buffer.count` bytes from `offset`, allocating nothing. Returns the number read, or a negated errno.
    public func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int = 0) -> Int {
        while true {
            let count = unsafe pread(rawValue, buffer.baseAddress, buffer.count, off_t(offset))
            if count >= 0 { return count }
            if Glibc.errno != EINTR { return -Int(Glibc.errno) }
        }
    }

    /// Writes all of `bytes` at `offset` in one call, as sysfs wants it. Returns nil, or the errno.
    public func write(_ bytes: [UInt8], at offset: Int = 0) -> Errno? {
        while true {
            var count = unsafe bytes.withUnsafeBytes {
                unsafe pwrite(rawValue, $0.baseAddress, $0.count, off_t(offset))
            }
            // Pipes and some files of procfs have no offset.
            if count < 0, Glibc.errno == ESPIPE, offset == 0 {
                count = unsafe bytes.withUnsafeBytes { unsafe Glibc.write(rawValue, $0.baseAddress, $0.count) }
            }
            if count == bytes.count { return nil }
            if count >= 0 { return Errno(rawValue: EIO) }
            if Glibc.errno != EINTR { return Errno(rawValue: Glibc.errno) }
        }
    }
}
