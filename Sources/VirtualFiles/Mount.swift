import CFuse
import CLinux
import Glibc
import SystemCalls
import SystemPackage

/// A FUSE file system mounted by this process, known by the kernel's mount id, so that only this one is ever unmounted.
struct Mount: Sendable {
    let path: String
    private let id: String
    /// FUSE_SUPER_MAGIC, linux/magic.h.
    private static let fuseMagic = 0x6573_5546

    /// Mounts at `path` (made if missing, a dead mount there removed first). The caller serves and closes the
    /// descriptor; until then every access to the mount waits.
    static func attach(
        at path: String, name: String, allowOther: Bool
    ) throws(FileServerError) -> (mount: Mount, descriptor: Int32) {
        let isPlain = { (byte: UInt8) -> Bool in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"):
                true
            default: false
            }
        }
        guard (1...32).contains(name.utf8.count), name.utf8.allSatisfy(isPlain) else { throw .badName(name) }
        let isOccupied: Bool
        do throws(SystemCallError) { isOccupied = try prepare(path) } catch { throw .system(error) }
        if isOccupied { throw .occupied(path: path) }
        do throws(SystemCallError) {
            let device = try OwnedDescriptor(
                opening: "/dev/fuse", flags: O_RDWR, remedy: "Load the fuse module (modprobe fuse) and run as root.")
            let options =
                "fd=\(device.rawValue),rootmode=40000,user_id=\(geteuid()),group_id=\(getegid()),default_permissions"
                + (allowOther ? ",allow_other" : "")
            let flags = UInt(MS_NOSUID | MS_NODEV | MS_NOEXEC | MS_NOATIME)
            let result = unsafe options.withCString { unsafe mount(name, path, "fuse.\(name)", flags, $0) }
            guard result == 0 else {
                throw SystemCallError(
                    "mount a FUSE file system at", path, Errno(rawValue: Glibc.errno),
                    remedy: "Mounting needs root (CAP_SYS_ADMIN) and a directory.")
            }
            do throws(SystemCallError) {
                let mount = Mount(path: path, id: try identity(try anchor(path)))
                return (mount, device.relinquish())
            } catch {
                _ = unsafe umount2(path, Int32(MNT_DETACH))
                throw error
            }
        } catch {
            throw .system(error)
        }
    }

    /// Unmounts, if it is still this mount that is seen at `path`. Clients with open files are cut off when the session
    /// ends. The kernel gives mount ids out again, so what answers must be FUSE, and cannot be ours without a server.
    func detach(hasServer: Bool) throws(SystemCallError) {
        let anchor: OwnedDescriptor
        do throws(SystemCallError) {
            anchor = try Self.anchor(path)
        } catch {
            if error.errno == .noSuchFileOrDirectory { return }
            throw error
        }
        guard try Self.identity(anchor) == id else { return }
        var fileSystem = statfs()
        if unsafe fstatfs(anchor.rawValue, &fileSystem) == 0 {
            guard Int(fileSystem.f_type) == Self.fuseMagic, hasServer else { return }
        } else if Glibc.errno != ENOTCONN && Glibc.errno != ECONNABORTED {
            throw SystemCallError("look at", path, Errno(rawValue: Glibc.errno))
        }
        // Through the descriptor: the path may have come to mean something else.
        guard unsafe umount2("/proc/self/fd/\(anchor.rawValue)", Int32(MNT_DETACH)) == 0 else {
            throw SystemCallError("unmount", path, Errno(rawValue: Glibc.errno))
        }
    }

    /// O_PATH asks the file system nothing, so it works on a mount whose server is dead or not yet running.
    private static func anchor(_ path: String) throws(SystemCallError) -> OwnedDescriptor {
        let pathOnly: Int32 = 0o10_000_000  // O_PATH, asm-generic/fcntl.h; Glibc's module does not export it.
        return try OwnedDescriptor(opening: path, flags: pathOnly | O_DIRECTORY)
    }

    private static func identity(_ anchor: borrowing OwnedDescriptor) throws(SystemCallError) -> String {
        let path = "/proc/self/fdinfo/\(anchor.rawValue)"
        for line in try SmallFile.text(path).split(separator: "\n") where line.hasPrefix("mnt_id:") {
            return String(line.dropFirst("mnt_id:".count).drop { $0 == " " || $0 == "\t" })
        }
        throw SystemCallError("find mnt_id in", path, .noData)
    }

    /// Makes the directory and takes dead mounts off it. Returns whether a FUSE server answers there already.
    private static func prepare(_ path: String) throws(SystemCallError) -> Bool {
        // Several dead servers may have left a stack of mounts.
        for _ in 0..<64 {
            var status = stat()
            if unsafe stat(path, &status) == 0 {
                guard status.st_mode & Glibc.S_IFMT == Glibc.S_IFDIR else {
                    throw SystemCallError("mount a FUSE file system at", path, .notDirectory)
                }
                return try isLiveFuseMount(path, device: status.st_dev)
            }
            switch Glibc.errno {
            case ENOENT:
                try Directory.create(path)
            case ENOTCONN, ECONNABORTED:
                guard unsafe umount2(path, Int32(MNT_DETACH)) == 0 else {
                    throw SystemCallError("unmount the dead file system at", path, Errno(rawValue: Glibc.errno))
                }
            case let other:
                throw SystemCallError("look at", path, Errno(rawValue: other))
            }
        }
        throw SystemCallError("clear dead mounts from", path, .resourceBusy, remedy: "Unmount them by hand.")
    }

    /// FUSE, and mounted right here: a directory within another FUSE file system (a container's root) is free.
    private static func isLiveFuseMount(_ path: String, device: dev_t) throws(SystemCallError) -> Bool {
        var fileSystem = statfs()
        var parent = stat()
        guard unsafe statfs(path, &fileSystem) == 0, unsafe stat(path + "/..", &parent) == 0 else {
            throw SystemCallError("look at", path, Errno(rawValue: Glibc.errno))
        }
        return Int(fileSystem.f_type) == fuseMagic && parent.st_dev != device
    }
}
