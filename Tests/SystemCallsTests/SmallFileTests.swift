import Glibc
import Testing

@testable import SystemCalls

@Suite struct SmallFileTests {
    private func temporaryPath() -> String { "/tmp/fulcrum-smallfile-\(getpid())-\(UInt32.random(in: 0 ... .max))" }

    @Test func replacesAtomicallyAndReadsBack() throws {
        let path = temporaryPath()
        defer { unlink(path) }
        try SmallFile.replaceAtomically(path, with: [UInt8]("one".utf8))
        try SmallFile.replaceAtomically(path, with: [UInt8](" two\n".utf8))
        #expect(try SmallFile.text(path) == "two")
        #expect(!Directory.exists(path + ".new"))
    }

    @Test func refusesAFileOverItsBound() throws {
        let path = temporaryPath()
        defer { unlink(path) }
        try SmallFile.replaceAtomically(path, with: [UInt8](repeating: 0x41, count: 101))
        #expect(try SmallFile.bytes(path, limit: 101).count == 101)
        #expect(throws: SystemCallError.self) { try SmallFile.bytes(path, limit: 100) }
    }

    @Test func errorIsASentenceWithPathAndCause() {
        do {
            _ = try SmallFile.text("/nonexistent/file")
            Issue.record("reading a file that does not exist did not throw")
        } catch {
            #expect("\(error)".hasPrefix("Could not open /nonexistent/file: No such file or directory"))
        }
    }

    @Test func trimsDeviceTreeStrings() {
        #expect(SmallFile.trimmed([0x61, 0x62, 0x00]) == "ab")
        #expect(SmallFile.trimmed([0x00, 0x20, 0x0a]) == "")
    }
}
