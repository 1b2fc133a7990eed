import Glibc
import SystemCalls

/// Which file a path leads to, whatever its name.
struct FileIdentity: Hashable, Sendable {
    let device: UInt64
    let inode: UInt64
}

/// Where libcuda is, and which copies of it are fit to be probed.
enum CUDALibrary {
    /// Where the system's own libcuda lies: JetPack 6, JetPack 4 and 5, JetPack 7 on Orin, and the places of Debian.
    static let systemPaths = [
        "/usr/lib/aarch64-linux-gnu/nvidia/libcuda.so.1.1",
        "/usr/lib/aarch64-linux-gnu/tegra/libcuda.so.1.1",
        "/opt/nvidia/l4t-gpu-libs/nvgpu/libcuda.so.1.1",
        "/usr/lib/aarch64-linux-gnu/libcuda.so.1",
        "/usr/lib/x86_64-linux-gnu/libcuda.so.1",
    ]

    /// Opens `path` and holds it, so that what is checked is what is probed.
    static func open(_ path: String) throws(ProbeError) -> OwnedDescriptor {
        do {
            // A pipe put in the library's place must not make us wait.
            return try OwnedDescriptor(opening: path, flags: O_RDONLY | O_NONBLOCK)
        } catch {
            throw ProbeError(.refused, "\(error)")
        }
    }

    /// Names the file behind `file`, if nobody but root could have written it: a probe puts a breakpoint into every
    /// process that maps the file, and its symbol table says where.
    static func identify(_ file: borrowing OwnedDescriptor, path: String) throws(ProbeError) -> FileIdentity {
        var status = stat()
        guard unsafe fstat(file.rawValue, &status) == 0 else {
            throw ProbeError(.failed, "Could not look at the library \(path): errno \(Glibc.errno).")
        }
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw ProbeError(.refused, "The library \(path) is not a regular file: it was not probed.")
        }
        guard status.st_uid == 0 else {
            throw ProbeError(
                .refused,
                "The library \(path) belongs to uid \(status.st_uid), not to root: it was not probed. Install it as root."
            )
        }
        guard status.st_mode & (S_IWGRP | S_IWOTH) == 0 else {
            throw ProbeError(
                .refused,
                "The library \(path) can be written by its group or by others: it was not probed. Run chmod go-w on it."
            )
        }
        return FileIdentity(device: UInt64(status.st_dev), inode: UInt64(status.st_ino))
    }
}
