import CLinux
import Glibc
import Synchronization
import SystemCalls
import SystemPackage
import Testing

@testable import VirtualFiles

/// Mounting, taking over, and ending.
@Suite(.enabled(if: Fuse.isUsable, Fuse.reason)) struct FileServerTests {
    private func temporaryPath() -> String { "/tmp/fulcrum-files-\(getpid())-\(UInt32.random(in: 0 ... .max))" }

    private func serverOfOne(_ text: String, _ log: Log = Log()) throws -> FileServer {
        let tree = FileTree()
        try tree.add("f", .readOnly { () throws(Errno) -> String in text })
        return FileServer(tree: tree) { log.add($0) }
    }

    private func isMounted(_ path: String) throws -> Bool {
        try SmallFile.text("/proc/self/mountinfo", limit: 1 << 24).split(separator: "\n").contains {
            $0.contains(" \(path) ")
        }
    }

    /// Whether `path` is a mount without a server. A process that is being started elsewhere may hold a copy of the
    /// descriptor until its exec: then the question waits and is aborted.
    private func isDead(_ path: String) -> Bool {
        var status = stat()
        return unsafe stat(path, &status) == -1 && [ENOTCONN, ECONNABORTED].contains(errno)
    }

    @Test func stopUnmountsAndCanBeRepeated() throws {
        let path = temporaryPath()
        defer { _ = unsafe rmdir(path) }
        let log = Log()
        let server = try serverOfOne("one", log)
        #expect(!server.hasEnded)
        server.stop()
        for _ in 0..<3 {
            try server.mount(at: path, name: "fulcrum-test")
            #expect(!server.hasEnded)
            #expect(try SmallFile.text(path + "/f") == "one")
            #expect(
                try SmallFile.text("/proc/self/mountinfo", limit: 1 << 24).contains(
                    " - fuse.fulcrum-test fulcrum-test "))
            server.stop()
            server.stop()
            #expect(server.hasEnded)
            #expect(try !isMounted(path))
            #expect(try Directory.names(path) == [])
        }
        #expect(log.lines == [])
    }

    @Test func refusesALivePlaceAndASecondMount() throws {
        let path = temporaryPath()
        defer { _ = unsafe rmdir(path) }
        let first = try serverOfOne("first")
        try first.mount(at: path, name: "fulcrum-test")
        let second = try serverOfOne("second")
        #expect { try second.mount(at: path, name: "fulcrum-test") } throws: { error in
            if case FileServerError.occupied = error { true } else { false }
        }
        #expect { try first.mount(at: path + "-2", name: "fulcrum-test") } throws: { error in
            if case FileServerError.alreadyServing = error { true } else { false }
        }
        #expect(!Directory.exists(path + "-2"))
        #expect(try SmallFile.text(path + "/f") == "first")
        first.stop()
        try second.mount(at: path, name: "fulcrum-test")
        #expect(try SmallFile.text(path + "/f") == "second")
        second.stop()
    }

    @Test func replacesAStackOfDeadMounts() throws {
        let path = temporaryPath()
        defer { _ = unsafe rmdir(path) }
        // The kernel's view of a server that was killed: its descriptor is closed, the mount stays.
        _ = try mountByHand(path, options: ",allow_other")
        #expect(isDead(path))
        let server = try serverOfOne("new")
        try server.mount(at: path, name: "fulcrum-test")
        #expect(try SmallFile.text(path + "/f") == "new")
        server.stop()
        #expect(try !isMounted(path))
    }

    @Test func endsWhenUnmountedFromOutsideAndMountsAgain() throws {
        let path = temporaryPath()
        defer { _ = unsafe rmdir(path) }
        let log = Log()
        let server = try serverOfOne("one", log)
        try server.mount(at: path, name: "fulcrum-test")
        #expect(try SmallFile.text(path + "/f") == "one")
        // A plain unmount, as an administrator's: the server may not pin its own mount.
        #expect(try shell("umount \(path)") == (0, ""))
        #expect(waitUntil { server.hasEnded })
        #expect(log.lines.count == 1 && log.lines[0].contains("\(path) has ended"))
        try server.mount(at: path, name: "fulcrum-test")
        #expect(try SmallFile.text(path + "/f") == "one")
        server.stop()
    }

    @Test func takesItsOwnDeadMountOffAfterAnAbort() throws {
        let path = temporaryPath()
        let control = temporaryPath()
        try Directory.create(control)
        defer { _ = unsafe (rmdir(path), rmdir(control)) }
        try #require(unsafe mount("fusectl", control, "fusectl", 0, nil) == 0)
        defer { _ = unsafe umount2(control, Int32(MNT_DETACH)) }
        let server = try serverOfOne("one")
        try server.mount(at: path, name: "fulcrum-test")
        var status = stat()
        try #require(unsafe stat(path, &status) == 0)
        let connection = status.st_dev & 0xff | (status.st_dev >> 12) & 0xfff00
        try #require(try shell("echo 1 > \(control)/\(connection)/abort").status == 0)
        #expect(waitUntil { server.hasEnded })
        #expect(try isMounted(path))
        server.stop()
        #expect(try !isMounted(path))
    }

    @Test func stopLeavesSomebodyElsesMountAlone() throws {
        let path = temporaryPath()
        let server = try serverOfOne("one")
        try server.mount(at: path, name: "fulcrum-test")
        try #require(try shell("umount \(path)").status == 0)
        try #require(unsafe mount("other", path, "tmpfs", 0, nil) == 0)
        server.stop()
        #expect(try isMounted(path))
        #expect(unsafe umount2(path, 0) == 0)
        _ = unsafe rmdir(path)
    }

    @Test func servesADescriptorMountedByOthers() throws {
        let path = temporaryPath()
        let server = try serverOfOne("handed over")
        let device = try mountByHand(path, options: ",allow_other,default_permissions")
        try server.serve(descriptor: device.relinquish())
        #expect(try SmallFile.text(path + "/f") == "handed over")
        server.stop()
        // Letting go leaves a dead mount: it is the mounter's to remove.
        #expect(isDead(path))
        #expect(unsafe umount2(path, Int32(MNT_DETACH)) == 0)
        _ = unsafe rmdir(path)
    }

    @Test func checksPermissionsItselfWhereTheKernelDoesNot() throws {
        let path = temporaryPath()
        let tree = FileTree()
        let cell = Cell(1)
        try tree.add("open", cell.attribute())
        try tree.add("group", .readOnly(mode: 0o440, gid: 4242) { () throws(Errno) -> String in "g" })
        let server = FileServer(tree: tree) { _ in }
        let device = try mountByHand(path, options: ",allow_other")
        try server.serve(descriptor: device.relinquish())
        defer {
            server.stop()
            _ = unsafe umount2(path, Int32(MNT_DETACH))
            _ = unsafe rmdir(path)
        }
        func nobody(_ script: String, groups: String? = nil) throws -> String {
            try shell("cd \(path) && \(script)", asUser: 65534, gid: 65534, groups: groups).output
        }
        #expect(try nobody("cat open") == "1")
        #expect(try nobody("echo 2 > open").contains("Permission denied"))
        #expect(try nobody("cat group").contains("Permission denied"))
        #expect(try nobody("cat group", groups: "7,4242") == "g")
        #expect(try nobody("test -w open || echo no") == "no")
        #expect(cell.value == 1)
    }

    @Test func refusesWhatIsNoFuseDevice() throws {
        let server = try serverOfOne("x")
        let other = try OwnedDescriptor(opening: "/dev/null")
        for number in [other.rawValue, -1, 100_000] {
            #expect { try server.serve(descriptor: number) } throws: { error in
                if case FileServerError.notFuseDevice(number) = error { true } else { false }
            }
        }
        for name in ["", "a,allow_other", "a b", String(repeating: "x", count: 33)] {
            #expect { try server.mount(at: temporaryPath(), name: name) } throws: { error in
                if case FileServerError.badName(name) = error { true } else { false }
            }
        }
        #expect { try server.mount(at: "/proc/version", name: "fulcrum-test") } throws: { error in
            "\(error)".hasPrefix("Could not mount a FUSE file system at /proc/version")
        }
        #expect(!server.hasEnded)
    }

    @Test func cannotBeStoppedByItsOwnFile() throws {
        let path = temporaryPath()
        defer { _ = unsafe rmdir(path) }
        let tree = FileTree()
        let log = Log()
        let server = FileServer(tree: tree) { log.add($0) }
        try tree.add("stop", .writeOnly { [unowned server] (_: String, _: Caller) throws(Rejection) in server.stop() })
        try server.mount(at: path, name: "fulcrum-test")
        try SmallFile.write("1", to: path + "/stop")
        #expect(!server.hasEnded && log.lines.count == 1)
        server.stop()
    }
}
