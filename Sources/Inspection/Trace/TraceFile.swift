import Glibc
import SystemCalls
import SystemPackage

/// A file that appears under its name only when it is whole: written under another name in the same directory, then renamed. What
/// is not committed is removed.
struct TraceFile: ~Copyable {
    private let path: String
    private let temporary: String
    private let descriptor: OwnedDescriptor
    private var isCommitted = false

    /// Refuses a `path` that is there and is no plain file: renaming over a device would replace the device. Others may not
    /// read the file, as they may not read what processes of others do.
    init(_ path: String) throws(InspectionError) {
        var existing = stat()
        if unsafe stat(path, &existing) == 0, existing.st_mode & S_IFMT != S_IFREG {
            throw InspectionError("\(path) is no plain file, so no recording is written over it. Name another file.")
        }
        let name = FilePath(path).lastComponent?.string ?? ""
        guard !name.isEmpty, name != ".", name != ".." else {
            throw InspectionError("\"\(path)\" names no file to write a recording to.")
        }
        let temporary = FilePath(path).removingLastComponent().appending(".\(name).\(getpid()).new").string
        let descriptor = try Self.create(temporary)
        self.path = path
        self.temporary = temporary
        self.descriptor = descriptor
    }

    private static func create(_ path: String) throws(InspectionError) -> OwnedDescriptor {
        do throws(SystemCallError) {
            return try OwnedDescriptor(
                opening: path, flags: O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, mode: 0o600)
        } catch {
            throw InspectionError(error)
        }
    }

    deinit {
        if !isCommitted { _ = unsafe unlink(temporary) }
    }

    func write(_ bytes: [UInt8]) throws(InspectionError) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = unsafe rest.withUnsafeBytes {
                unsafe Glibc.write(descriptor.rawValue, $0.baseAddress, $0.count)
            }
            if count < 0, Glibc.errno == EINTR { continue }
            guard count > 0 else { throw failure("write", temporary, count == 0 ? EIO : Glibc.errno) }
            rest = rest.dropFirst(count)
        }
    }

    /// Puts the file under its name.
    consuming func commit() throws(InspectionError) {
        // A full disk may show only now.
        guard fsync(descriptor.rawValue) == 0 else { throw failure("fsync", temporary, Glibc.errno) }
        guard unsafe rename(temporary, path) == 0 else {
            throw failure("rename \(temporary) to", path, Glibc.errno)
        }
        isCommitted = true
    }

    private func failure(_ call: String, _ path: String, _ errno: Int32) -> InspectionError {
        InspectionError(
            SystemCallError(
                call, path, Errno(rawValue: errno), remedy: "There is no recording; what was written of it is removed.")
        )
    }
}
