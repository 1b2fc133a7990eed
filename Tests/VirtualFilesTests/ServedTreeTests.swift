import Glibc
import Synchronization
import SystemCalls
import SystemPackage
import Testing

@testable import VirtualFiles

/// Files as programs see them, through the kernel.
@Suite(.enabled(if: Fuse.isUsable, Fuse.reason)) struct ServedTreeTests {
    @Test func readsAndWritesAndSaysWhyNot() throws {
        let mounted = try MountedTree()
        let cell = Cell(42)
        try mounted.tree.add("knob/gpu/max", cell.attribute())
        let path = mounted.at("knob/gpu/max")
        #expect(try SmallFile.text(path) == "42")
        #expect(
            try shell("cat \(path); head -c 1 \(path); dd if=\(path) bs=1 status=none; wc -c < \(path)").output
                == "42\n442\n3")
        #expect(try shell("echo 7 > \(path)").status == 0)
        #expect(cell.value == 7)
        #expect(try shell("printf 8 >> \(path) && printf '9\\n' | tee \(path)").output == "9")
        #expect(cell.value == 9)

        #expect(try shell("echo abc > \(path)").status != 0)
        let failed = try shell("echo abc | tee \(path)")
        #expect(failed.status != 0 && failed.output.contains("Invalid argument"))
        #expect(cell.value == 9)
        let line = try #require(mounted.log.lines.last)
        #expect(line.hasPrefix("Refused at knob/gpu/max: uid 0 gid 0 pid "))
        #expect(line.contains("wrote \"abc\": expected an integer from 0 to 100, got \"abc\" (Invalid argument"))

        let file = try mounted.open("knob/gpu/max", O_WRONLY)
        #expect(file.write([UInt8](repeating: 0x31, count: 65)) == .argListTooLong)
        #expect(file.write([UInt8](repeating: 0x31, count: 65_536)) == .argListTooLong)
        #expect(file.write([UInt8](repeating: 0x31, count: 1_000_000)) == .argListTooLong)
        #expect(file.write([0xff, 0x31]) == .invalidArgument)
        #expect(cell.value == 9)
    }

    @Test func oneHandleSeesOneTextUntilItStartsAgain() throws {
        let mounted = try MountedTree()
        let reads = Cell(0)
        try mounted.tree.add(
            "f",
            .readOnly { () throws(Errno) -> String in
                reads.value += 1
                return "read \(reads.value)"
            })
        let file = try mounted.open("f")
        #expect(reads.value == 0)
        #expect(file.text(size: 2) == .success("re"))
        #expect(file.text(at: 2) == .success("ad 1\n"))
        #expect(file.text(at: 7) == .success(""))
        #expect(file.text(at: 100_000) == .success(""))
        #expect(reads.value == 1)
        #expect(file.text() == .success("read 2\n"))
        #expect(file.text(at: 5) == .success("2\n"))
        let late = try mounted.open("f")
        #expect(late.text(at: 5) == .success("3\n"))
    }

    @Test func readErrorsAndLongTextsArriveWhole() throws {
        let mounted = try MountedTree()
        try mounted.tree.add("bad", .readOnly { () throws(Errno) -> String in throw .noData })
        try mounted.tree.add("odd", .readOnly { () throws(Errno) -> String in throw Errno(rawValue: 100_000) })
        // The kernel drops replies from 512 on: this read() would never return.
        try mounted.tree.add("restart", .readOnly { () throws(Errno) -> String in throw Errno(rawValue: 512) })
        let long = String(repeating: "0123456789abcde\n", count: 40_000)
        try mounted.tree.add("long", .readOnly { () throws(Errno) -> String in long })
        try mounted.tree.add("nul", .readOnly { () throws(Errno) -> String in "a\0b\0" })
        #expect(try mounted.open("bad").text() == .failure(.noData))
        #expect(try mounted.open("odd").text() == .failure(.ioError))
        #expect(try mounted.open("restart").text() == .failure(.ioError))
        #expect(try SmallFile.bytes(mounted.at("long"), limit: 1_000_000) == [UInt8](long.utf8))
        #expect(try SmallFile.bytes(mounted.at("nul")) == [0x61, 0, 0x62, 0])
    }

    @Test func accessIsWhatTheModeSays() throws {
        let mounted = try MountedTree()
        let cell = Cell(1)
        let read: VirtualFile.Read = { () throws(Errno) -> String in "secret" }
        try mounted.tree.add("public", cell.attribute())
        try mounted.tree.add("mine", .readOnly(mode: 0o440, uid: 65534, gid: 4242, read))
        try mounted.tree.add("theirs", .readOnly(mode: 0o440, uid: 1, gid: 4242, read))
        try mounted.tree.add("write-only", .writeOnly { (_: String, _: Caller) throws(Rejection) in })
        try mounted.tree.addDirectory("closed", mode: 0o500)
        try mounted.tree.add("closed/f", .readOnly(read))
        func nobody(_ script: String, groups: String? = nil) throws -> String {
            try shell("cd \(mounted.path) && \(script)", asUser: 65534, gid: 65534, groups: groups).output
        }
        #expect(try nobody("cat public mine") == "1\nsecret")
        #expect(try nobody("echo 5 > public").contains("Permission denied"))
        #expect(try nobody("cat theirs").contains("Permission denied"))
        #expect(try nobody("cat theirs", groups: "4242") == "secret")
        #expect(try nobody("cat closed/f").contains("Permission denied"))
        #expect(try nobody("ls closed").contains("Permission denied"))
        #expect(cell.value == 1)
        // What has no reader or writer is refused to root too, as in sysfs.
        #expect(mounted.openErrno("mine", O_RDWR) == .permissionDenied)
        #expect(mounted.openErrno("write-only", O_RDONLY) == .permissionDenied)
        #expect(mounted.openErrno("write-only", O_WRONLY) == nil)
    }

    @Test func nothingElseCanBeChanged() throws {
        let mounted = try MountedTree()
        try mounted.tree.add("d/f", Cell(3).attribute())
        try mounted.tree.addDirectory("empty")
        func errno(_ result: Int32) -> Errno? { result == 0 ? nil : Errno(rawValue: Glibc.errno) }
        let file = mounted.at("d/f")
        #expect(errno(unsafe mkdir(mounted.at("new"), 0o755)) == .notPermitted)
        #expect(errno(unsafe rmdir(mounted.at("empty"))) == .notPermitted)
        #expect(errno(unsafe unlink(file)) == .notPermitted)
        #expect(errno(unsafe rename(file, mounted.at("d/g"))) == .notPermitted)
        #expect(errno(unsafe symlink("x", mounted.at("l"))) == .notPermitted)
        #expect(errno(unsafe link(file, mounted.at("l"))) == .notPermitted)
        #expect(errno(unsafe chmod(file, 0o777)) == .notPermitted)
        #expect(errno(unsafe chown(file, 1, 1)) == .notPermitted)
        #expect(errno(unsafe truncate(file, 5)) == .notPermitted)
        #expect(errno(unsafe truncate(file, 0)) == nil)
        #expect(mounted.openErrno("new", O_WRONLY | O_CREAT) == .notPermitted)
        #expect(try shell("touch \(file)").status == 0)
        #expect(errno(unsafe access(file, R_OK | W_OK)) == nil)
        #expect(errno(unsafe access(mounted.at("nothing"), F_OK)) == .noSuchFileOrDirectory)
        var status = statvfs()
        #expect(errno(unsafe statvfs(mounted.path, &status)) == nil && status.f_namemax == 255)
        #expect(
            try shell("ls -l \(file) >/dev/null && cp \(file) /dev/null").status == 0)
        #expect(try SmallFile.text(file) == "3")
    }

    @Test func directoriesComeAndGoWhileListed() throws {
        let mounted = try MountedTree()
        let file = VirtualFile.readOnly { () throws(Errno) -> String in "x" }
        for number in 0..<300 { try mounted.tree.add("task/\(number)/state", file) }
        try mounted.tree.add("task/first", file)
        let churn = Churn(tree: mounted.tree, file: file)
        let thread = try SystemThread(name: "churn") { churn.run() }
        for _ in 0..<60 {
            let names = try Directory.names(mounted.at("task"))
            // What is there all the time is listed exactly once.
            let lasting = names.filter { !$0.hasPrefix("churn") }
            #expect(lasting.count == 301 && Set(lasting).count == 301)
            for name in names where name.hasPrefix("churn") {
                do throws(SystemCallError) {
                    _ = try SmallFile.text(mounted.at("task/\(name)/state"))
                } catch {
                    #expect([.noSuchFileOrDirectory, .operationNotSupportedByDevice].contains(error.errno))
                }
            }
        }
        churn.stop.store(true, ordering: .relaxed)
        thread.join()
        #expect(churn.rounds.load(ordering: .relaxed) > 0)
    }

    private final class Churn: Sendable {
        let stop = Atomic<Bool>(false)
        let rounds = Atomic<Int>(0)
        private let tree: FileTree
        private let file: VirtualFile

        init(tree: FileTree, file: VirtualFile) {
            self.tree = tree
            self.file = file
        }

        func run() {
            while !stop.load(ordering: .relaxed) {
                for number in 0..<20 { try? tree.add("task/churn\(number)/state", file) }
                for number in 0..<20 { tree.remove("task/churn\(number)") }
                rounds.add(1, ordering: .relaxed)
            }
        }
    }

    @Test func removedNodesAnswerENODEV() throws {
        let mounted = try MountedTree()
        let cell = Cell(1)
        try mounted.tree.add("d/f", cell.attribute())
        let file = try mounted.open("d/f", O_RDWR)
        #expect(file.text() == .success("1\n"))
        #expect(file.poll(POLLPRI) == nil)
        mounted.tree.remove("d")
        #expect(file.text() == .failure(.operationNotSupportedByDevice))
        #expect(file.text(at: 1) == .failure(.operationNotSupportedByDevice))
        #expect(file.write([0x32]) == .operationNotSupportedByDevice)
        #expect(file.poll(POLLPRI).map { $0 & POLLPRI } == POLLPRI)
        #expect(mounted.openErrno("d/f") == .noSuchFileOrDirectory)
        try mounted.tree.add("d/f", Cell(2).attribute())
        #expect(file.text() == .failure(.operationNotSupportedByDevice))
        #expect(try SmallFile.text(mounted.at("d/f")) == "2")
        #expect(cell.value == 1)
    }

    @Test func linksAreVerbatim() throws {
        let mounted = try MountedTree()
        try mounted.tree.add("devices/gpu/load", Cell(5).attribute())
        try mounted.tree.addLink("class/gpu", to: "../devices/gpu")
        #expect(try SmallFile.text(mounted.at("class/gpu/load")) == "5")
        #expect(
            try shell("readlink \(mounted.at("class/gpu")); stat -c %s \(mounted.at("class/gpu"))").output
                == "../devices/gpu\n14")
    }

    @Test func closuresMayChangeTheTree() throws {
        let mounted = try MountedTree()
        let tree = mounted.tree
        try tree.add(
            "make",
            .writeOnly { (name: String, _: Caller) throws(Rejection) in
                do throws(FileTreeError) {
                    try tree.add("made/\(name)", .readOnly { () throws(Errno) -> String in name })
                } catch { throw Rejection(error.description) }
                tree.notify("made/\(name)")
            })
        try tree.add(
            "once",
            .readOnly { () throws(Errno) -> String in
                tree.remove("once")
                return "gone"
            })
        try SmallFile.write("a", to: mounted.at("make"))
        #expect(try SmallFile.text(mounted.at("made/a")) == "a")
        #expect(throws: SystemCallError.self) { try SmallFile.write("a", to: mounted.at("make")) }
        #expect(try mounted.open("once").text() == .success("gone\n"))
        #expect(mounted.openErrno("once") == .noSuchFileOrDirectory)
    }

    @Test func aReaderNeverSeesHalfAWrite() throws {
        let mounted = try MountedTree()
        let cell = Cell(0)
        try mounted.tree.add(
            "pair",
            .readWrite(
                read: { () throws(Errno) -> String in "\(cell.value) \(cell.value)" },
                write: { (text: String, _: Caller) throws(Rejection) in
                    cell.value = try VirtualFile.parseInteger(text, in: 0...1_000_000)
                }))
        let path = mounted.at("pair")
        let counts = Counts()
        let threads = try (0..<8).map { _ in
            try SystemThread(name: "reader") {
                var last = 0
                for _ in 0..<200 {
                    let parts = (try? SmallFile.text(path).split(separator: " ").compactMap { Int($0) }) ?? []
                    if parts.count != 2 || parts[0] != parts[1] || parts[0] < last {
                        counts.torn.add(1, ordering: .relaxed)
                    }
                    last = parts.first ?? last
                    counts.reads.add(1, ordering: .relaxed)
                }
            }
        }
        for value in 1...500 { try SmallFile.write("\(value)", to: path) }
        for thread in threads { thread.join() }
        #expect(counts.torn.load(ordering: .relaxed) == 0)
        #expect(counts.reads.load(ordering: .relaxed) == 1600)
        #expect(cell.value == 500)
    }

    private final class Counts: Sendable {
        let torn = Atomic<Int>(0)
        let reads = Atomic<Int>(0)
    }

    @Test func thousandsOfOpensAndTheCapOfAUser() throws {
        let mounted = try MountedTree(handlesPerUser: 50)
        try mounted.tree.add("f", Cell(1).attribute())
        for _ in 0..<3000 { _ = try mounted.open("f") }
        let script = "for i in $(seq 60); do exec 3< f || exit 1; eval \"exec $((i + 10))< f\" || exit 9; done"
        let result = try shell("cd \(mounted.path); bash -c '\(script)'", asUser: 65534, gid: 65534)
        #expect(result.status != 0 && result.output.contains("Too many open files"))
        #expect(try SmallFile.text(mounted.at("f")) == "1")
    }
}
