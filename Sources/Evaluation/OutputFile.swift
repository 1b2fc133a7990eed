import Glibc
import SystemCalls
import SystemPackage

/// Writes results where the user pointed: a file, a pipe or a terminal.
public enum OutputFile {
    /// Opens or creates `path`, empties it and writes `text`. Not by renaming a new file over it: the path may be a device.
    public static func write(_ text: String, to path: String) throws(EvaluationError) {
        do throws(SystemCallError) {
            let file = try OwnedDescriptor(opening: path, flags: O_WRONLY | O_CREAT | O_TRUNC)
            var rest = [UInt8](text.utf8)[...]
            while !rest.isEmpty {
                let count = unsafe rest.withUnsafeBytes { unsafe Glibc.write(file.rawValue, $0.baseAddress, $0.count) }
                if count < 0 {
                    if Glibc.errno == EINTR { continue }
                    throw SystemCallError(
                        "write", path, Errno(rawValue: Glibc.errno), remedy: "The file holds only part of the rows.")
                }
                rest = rest.dropFirst(count)
            }
        } catch {
            throw EvaluationError(error.description)
        }
    }
}
