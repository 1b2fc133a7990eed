import Glibc
import SystemCalls
import SystemPackage

/// Where results go: a file, a pipe or a terminal. Opened before anything is computed, so that a path that cannot be written costs
/// no run.
public struct OutputFile: ~Copyable {
    private let path: String
    private let descriptor: OwnedDescriptor

    /// Opens or creates `path`. What a file holds stays until `write`, and is lost only then. Throws where it is one of `inputs`:
    /// a table is hours of measuring.
    public init(opening path: String, reading inputs: [String] = []) throws(EvaluationError) {
        let opened: OwnedDescriptor
        do throws(SystemCallError) {
            opened = try OwnedDescriptor(opening: path, flags: O_WRONLY | O_CREAT)
        } catch {
            throw EvaluationError(error.description)
        }
        if let input = Self.input(inputs, sameAs: opened.rawValue) {
            throw EvaluationError(
                "\(path) is \(input), which is read; results are not written over it. Name another file.")
        }
        self.path = path
        descriptor = opened
    }

    private static func input(_ inputs: [String], sameAs descriptor: Int32) -> String? {
        var own = stat()
        guard unsafe fstat(descriptor, &own) == 0, own.st_mode & S_IFMT == S_IFREG else { return nil }
        return inputs.first { input in
            var other = stat()
            return unsafe stat(input, &other) == 0 && (own.st_dev, own.st_ino) == (other.st_dev, other.st_ino)
        }
    }

    /// Prints `text` and a line end on standard output. Throws where not all of it could be written, as on a full disk.
    public static func print(_ text: String) throws(EvaluationError) {
        try write([UInt8](text.utf8) + [UInt8(ascii: "\n")], to: STDOUT_FILENO, named: "standard output")
    }

    /// Replaces what the file holds with `text`. Not by renaming a new file over it: the path may be a device.
    public func write(_ text: String) throws(EvaluationError) {
        var status = stat()
        // A device or a pipe has nothing to cut.
        if unsafe fstat(descriptor.rawValue, &status) == 0, status.st_mode & S_IFMT == S_IFREG {
            guard ftruncate(descriptor.rawValue, 0) == 0 else {
                throw Self.failure("truncate", path, "Its old content is still there.")
            }
        }
        try Self.write([UInt8](text.utf8), to: descriptor.rawValue, named: path)
    }

    private static func write(_ bytes: [UInt8], to descriptor: Int32, named path: String) throws(EvaluationError) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = unsafe rest.withUnsafeBytes { unsafe Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0 {
                if Glibc.errno == EINTR { continue }
                throw failure("write", path, "It holds only part of the results.")
            }
            rest = rest.dropFirst(count)
        }
    }

    private static func failure(_ call: String, _ path: String, _ remedy: String) -> EvaluationError {
        EvaluationError(SystemCallError(call, path, Errno(rawValue: Glibc.errno), remedy: remedy).description)
    }
}
