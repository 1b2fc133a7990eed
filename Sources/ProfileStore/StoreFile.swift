import Glibc
import SystemCalls
import SystemPackage

/// The store's file as the file system sees it, before SQLite does.
struct StoreFile: Sendable {
    let path: String

    /// What makes a file no store of ours, as a sentence part.
    struct Refused: Error {
        let reason: String
    }

    /// Makes the directory and an empty file where there is none; SQLite gives its companions the same permissions. Command
    /// lines stand in it, so only root reads it.
    func prepare(byteLimit: Int) throws {
        try Directory.create(FilePath(path).removingLastComponent().string)
        let file = try OwnedDescriptor(opening: path, flags: O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK, mode: 0o600)
        var status = stat()
        guard unsafe fstat(file.rawValue, &status) == 0 else {
            throw SystemCallError("look at", path, Errno(rawValue: errno))
        }
        guard status.st_mode & S_IFMT == S_IFREG else { throw Refused(reason: "it is not a plain file") }
        guard status.st_size <= byteLimit else {
            throw Refused(reason: "it has \(status.st_size) bytes, and a store has \(byteLimit) at most")
        }
    }

    /// Renames the file to NAME.damaged, for whoever wants to look at it, in place of an earlier one. Its log goes with it.
    func putAside() throws(SystemCallError) {
        for suffix in ["", "-wal"] {
            let from = path + suffix
            let target = path + ".damaged" + suffix
            _ = unsafe unlink(target)
            guard unsafe rename(from, target) == 0 || errno == ENOENT else {
                throw SystemCallError("rename to \(target)", from, Errno(rawValue: errno))
            }
        }
        _ = unsafe unlink(path + "-shm")
    }
}
