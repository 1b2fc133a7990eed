import CLinux
import Foundation
import Glibc
import SystemCalls
import Testing

@testable import Inspection

/// Recordings from a FIFO, which reads and polls as the daemon's stream does.
@Suite("Trace recordings")
struct TraceRecordingTests {
    private static let second: UInt64 = 1_000_000_000

    private func tree() throws -> ScratchTree {
        let tree = try ScratchTree()
        try tree.write("0.1.0", "version")
        try #require(mkfifo(tree.path + "/trace_pipe", 0o600) == 0)
        return tree
    }

    private func record(
        _ tree: ScratchTree, nanoseconds: UInt64 = 60 * second, out: String? = nil, signals: [Int32] = []
    ) throws -> TraceRecording {
        try TraceRecording.record(
            tree: tree.path, nanoseconds: nanoseconds, to: out ?? tree.path + "/t.json", creator: "test",
            signals: try StopSignals(signals))
    }

    /// A writer that holds the FIFO open for reading as well, so that it never ends until this goes.
    private func feed(_ tree: ScratchTree, _ text: String) throws -> FileHandle {
        let descriptor = open(tree.path + "/trace_pipe", O_RDWR | O_CLOEXEC)
        try #require(descriptor >= 0)
        let handle = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
        try handle.write(contentsOf: Data(text.utf8))
        return handle
    }

    @Test("When its time is over, the file holds what came until then, and only its owner may read it")
    func timeOver() throws {
        let tree = try tree()
        let feed = try feed(tree, "version 1 clock monotonic\nslice 7 1000 2000 ctxsw\nslice 7 3000 40")
        let recording = try record(tree, nanoseconds: 30_000_000)
        #expect(recording.ending == .timeOver)
        #expect(recording.summary.processes.map(\.busyNanoseconds) == [1_000])
        #expect(recording.summary.skippedLines == 1)
        #expect(try TraceDocument(tree.data("t.json")).problems == [])
        #expect(try tree.names() == ["t.json", "trace_pipe", "version"])
        var status = stat()
        #expect(stat(tree.path + "/t.json", &status) == 0 && status.st_mode & 0o777 == 0o600)
        try feed.close()
    }

    @Test("A signal ends it early, with a valid file")
    func interrupted() throws {
        let tree = try tree()
        let feed = try feed(tree, "version 1 clock monotonic\nslice 7 1000 2000 ctxsw\n")
        // To this thread alone: others of the test process do not block it.
        let signals = try StopSignals([SIGUSR1])
        try #require(pthread_kill(pthread_self(), SIGUSR1) == 0)
        let recording = try TraceRecording.record(
            tree: tree.path, nanoseconds: 60 * Self.second, to: tree.path + "/t.json", creator: "test", signals: signals
        )
        #expect(recording.ending == .interrupted)
        #expect(recording.summary.events == 1)
        #expect(try TraceDocument(tree.data("t.json")).problems == [])
        try feed.close()
    }

    @Test("The daemon's end is the recording's, and its old file is replaced")
    func endOfStream() throws {
        let tree = try tree()
        try tree.write("old", "t.json")
        var ends: [Int32] = [-1, -1]
        try #require(pipe(&ends) == 0)
        let reader = OwnedDescriptor(adopting: ends[0])
        try FileHandle(fileDescriptor: ends[1], closeOnDealloc: true)
            .write(contentsOf: Data("version 1 clock monotonic\nrail A 5 1000000\n".utf8))
        let recording = try TraceRecording.record(
            from: reader, named: "a pipe", nanoseconds: 60 * Self.second, to: TraceFile(tree.path + "/t.json"),
            creator: "test", signals: StopSignals([]))
        #expect(recording.ending == .endOfStream)
        #expect(try TraceDocument(tree.data("t.json")).events("C").count == 1)
    }

    @Test("Without a daemon, a stream, a version or anything in it there is a sentence, no file, and the old one stays")
    func failures() throws {
        let tree = try tree()
        try tree.write("old", "t.json")
        for (text, part) in [
            ("version 1 clock monotonic\nlost 3\nnonsense\n", "Nothing was recorded"), ("hello\n", "does not begin"),
            ("version 9 clock monotonic\n", "format 9"),
        ] {
            let feed = try feed(tree, text)
            let error = #expect(throws: InspectionError.self) { try record(tree, nanoseconds: 1_000_000) }
            #expect(error?.description.contains(part) == true)
            try feed.close()
        }
        try tree.remove("trace_pipe")
        var error = #expect(throws: InspectionError.self) { try record(tree) }
        #expect(error?.description.contains("older than the command") == true)
        try tree.remove("version")
        error = #expect(throws: InspectionError.self) { try record(tree) }
        #expect(error?.description.contains("fulcrumd does not run here") == true)
        #expect(try tree.names() == ["t.json"])
        #expect(try tree.data("t.json") == Data("old\n".utf8))
    }

    @Test("A directory, a device, a place that is not there: refused before anything is recorded")
    func badOutputs() throws {
        let tree = try tree()
        for out in ["/dev/full", "/dev/null", tree.path, tree.path + "/none/t.json", "", ".", "/"] {
            let error = #expect(throws: InspectionError.self) { try record(tree, out: out) }
            #expect(error?.description.hasSuffix(".") == true)
        }
        #expect(try tree.names() == ["trace_pipe", "version"])
    }

    @Test(
        "A disk that fills up is a sentence, and leaves the old file and nothing else",
        .enabled(if: geteuid() == 0, "needs root, to mount a file system that is small enough"))
    func fullDisk() throws {
        let tree = try tree()
        let disk = tree.path + "/disk"
        try tree.write("", "disk/none")
        try #require(mount("tmpfs", disk, "tmpfs", 0, "size=16k") == 0)
        defer { umount2(disk, Int32(MNT_DETACH)) }
        try tree.write("old", "disk/t.json")
        var lines = "version 1 clock monotonic\n"
        for index in 1...1_000 { lines += "slice 7 \(index)000 \(index)500 ctxsw\n" }
        let feed = try feed(tree, lines)
        let error = #expect(throws: InspectionError.self) {
            try record(tree, nanoseconds: 1_000_000, out: disk + "/t.json")
        }
        #expect(error?.description.contains("No space left on device") == true)
        #expect(error?.description.contains("There is no recording") == true)
        #expect(try tree.names("disk") == ["t.json"])
        #expect(try tree.data("disk/t.json") == Data("old\n".utf8))
        try feed.close()
    }
}
