import CLinux
import Glibc
import Synchronization
import SystemCalls
import SystemPackage
import Testing
import VirtualFiles

/// What the tests that mount need of the machine.
enum Fuse {
    static let reason: Comment = "mounting needs root and /dev/fuse"
    static let isUsable: Bool = {
        guard geteuid() == 0 else { return false }
        return unsafe access("/dev/fuse", R_OK | W_OK) == 0
    }()
}

/// Lines that a server has logged.
final class Log: Sendable {
    private let kept = Mutex<[String]>([])

    func add(_ line: String) { kept.withLock { $0.append(line) } }

    var lines: [String] { kept.withLock { $0 } }
}

/// A tree mounted at a place of its own for one test.
final class MountedTree: Sendable {
    let tree = FileTree()
    let log = Log()
    let path: String
    let server: FileServer

    init(handlesPerUser: Int = 1024) throws {
        path = "/tmp/fulcrum-files-\(getpid())-\(UInt32.random(in: 0 ... .max))"
        server = FileServer(tree: tree, handlesPerUser: handlesPerUser) { [log] in log.add($0) }
        try server.mount(at: path, name: "fulcrum-test")
    }

    deinit {
        server.stop()
        _ = unsafe rmdir(path)
    }

    func at(_ name: String) -> String { path + "/" + name }

    func open(_ name: String, _ flags: Int32 = O_RDONLY) throws(SystemCallError) -> OwnedDescriptor {
        try OwnedDescriptor(opening: at(name), flags: flags)
    }

    /// The errno of opening; nil when it works.
    func openErrno(_ name: String, _ flags: Int32 = O_RDONLY) -> Errno? {
        do throws(SystemCallError) { _ = try open(name, flags) } catch { return error.errno }
        return nil
    }
}

extension OwnedDescriptor {
    /// The text from `offset` on, or what the system said.
    func text(at offset: Int = 0, size: Int = 4096) -> Result<String, Errno> {
        var bytes = [UInt8](repeating: 0, count: size)
        let count = unsafe bytes.withUnsafeMutableBytes { unsafe read(into: $0, at: offset) }
        if count < 0 { return .failure(Errno(rawValue: CInt(-count))) }
        return .success(String(decoding: bytes.prefix(count), as: UTF8.self))
    }

    /// What poll() says; nil after `milliseconds` without an event.
    func poll(_ events: Int32, milliseconds: Int32 = 0) -> Int32? {
        var wait = pollfd(fd: rawValue, events: Int16(events), revents: 0)
        return unsafe Glibc.poll(&wait, 1, milliseconds) == 1 ? Int32(wait.revents) : nil
    }
}

/// Runs `sh -c SCRIPT` and returns its exit code and all that it printed.
func shell(_ script: String, asUser uid: UInt32 = 0, gid: UInt32 = 0, groups: String? = nil) throws -> (
    status: Int32, output: String
) {
    var arguments = ["sh", "-c", script]
    if uid != 0 || groups != nil {
        let supplementary = groups.map { "--groups=\($0)" } ?? "--clear-groups"
        arguments = ["setpriv", "--reuid=\(uid)", "--regid=\(gid)", supplementary, "--"] + arguments
    }
    let output = "/tmp/fulcrum-shell-\(getpid())-\(UInt32.random(in: 0 ... .max))"
    defer { _ = unsafe unlink(output) }
    var actions = unsafe posix_spawn_file_actions_t()
    unsafe posix_spawn_file_actions_init(&actions)
    defer { unsafe posix_spawn_file_actions_destroy(&actions) }
    unsafe posix_spawn_file_actions_addopen(&actions, 1, output, O_WRONLY | O_CREAT | O_EXCL, 0o600)
    unsafe posix_spawn_file_actions_adddup2(&actions, 1, 2)
    var argv = unsafe arguments.map { unsafe strdup($0) } + [nil]
    defer { for index in unsafe argv.indices { unsafe free(argv[index]) } }
    var child = pid_t()
    let result = unsafe posix_spawnp(&child, arguments[0], &actions, nil, &argv, environ)
    guard result == 0 else { throw SystemCallError("start", arguments[0], Errno(rawValue: result)) }
    var status: Int32 = 0
    while unsafe waitpid(child, &status, 0) < 0 {
        guard Glibc.errno == EINTR else { throw SystemCallError("wait for", arguments[0], Errno(rawValue: errno)) }
    }
    return ((status >> 8) & 0xff, try SmallFile.text(output))
}

/// Mounts with mount(2), as a helper outside the server's namespace would, and returns the descriptor.
func mountByHand(_ path: String, options: String) throws(SystemCallError) -> OwnedDescriptor {
    try Directory.create(path)
    let device = try OwnedDescriptor(opening: "/dev/fuse", flags: O_RDWR)
    let all = "fd=\(device.rawValue),rootmode=40000,user_id=0,group_id=0" + options
    guard unsafe all.withCString({ unsafe mount("fulcrum-test", path, "fuse.fulcrum-test", 0, $0) }) == 0 else {
        throw SystemCallError("mount", path, Errno(rawValue: errno))
    }
    return device
}

/// An integer that a file's closures and a test share.
final class Cell: Sendable {
    private let kept: Mutex<Int>

    init(_ value: Int) { kept = Mutex(value) }

    var value: Int {
        get { kept.withLock { $0 } }
        set { kept.withLock { $0 = newValue } }
    }

    /// 0 to 100, as an attribute of mode 0644.
    func attribute() -> VirtualFile {
        .integer(
            range: 0...100, read: { () throws(Errno) -> Int in self.value },
            write: { (value: Int, _: Caller) throws(Rejection) in self.value = value })
    }
}

/// Waits for what no event tells: the kernel's RELEASE after a close(), the end of a serving thread.
func waitUntil(_ isTrue: () -> Bool) -> Bool {
    let deadline = MonotonicClock.nanoseconds() + 10_000_000_000
    while !isTrue() {
        if MonotonicClock.nanoseconds() > deadline { return false }
        sched_yield()
    }
    return true
}
