import Glibc
import SystemCalls
import SystemPackage

/// A folder below /tmp that goes with the value.
final class ScratchFolder {
    let path: String

    init(_ name: String, below parent: String = "/tmp") throws {
        path = "\(parent)/fulcrum-bench-\(name)-\(getpid())"
        try Directory.create(path)
    }

    deinit {
        let remove = try? ChildProcess(["rm", "-rf", "--one-file-system", path])
        _ = remove?.wait()
    }

    /// Writes `text` to `name`; makes missing directories.
    func write(_ text: String, _ name: String, mode: mode_t = 0o644) throws {
        let file = FilePath("\(path)/\(name)")
        try Directory.create(file.removingLastComponent().string)
        try SmallFile.replaceAtomically(file.string, with: [UInt8](text.utf8), mode: mode)
    }
}
