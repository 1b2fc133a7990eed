import Glibc
import Testing

@testable import SystemCalls

@Suite struct ThreadAndChildTests {
    @Test func aThreadHasItsName() throws {
        let name = "named-thread"
        let path = "/tmp/fulcrum-thread-\(getpid())"
        defer { unlink(path) }
        let thread = try SystemThread(name: name) {
            let text = (try? SmallFile.text("/proc/thread-self/comm")) ?? ""
            try? SmallFile.replaceAtomically(path, with: [UInt8](text.utf8))
        }
        thread.join()
        #expect(try SmallFile.text(path) == name)
    }

    @Test func tellsExitStatusAndSignal() throws {
        #expect(try ChildProcess(["sh", "-c", "exit 7"]).wait() == 7)
        let child = try ChildProcess(["sleep", "1000"])
        #expect(child.poll() == nil)
        child.signal(SIGTERM)
        #expect(child.wait() == 128 + SIGTERM)
        #expect(child.poll() == 128 + SIGTERM)
    }

    @Test func readsLinesAndSeesTheEndOfInput() throws {
        let child = try ChildProcess(["sh", "-c", "echo one; cat; echo two"])
        #expect(child.readLine() == "one")
        child.closeInput()
        #expect(child.readLine() == "two")
        #expect(child.readLine() == nil)
        #expect(child.wait() == 0)
    }

    @Test func aMissingProgramIsNamed() {
        #expect(throws: SystemCallError.self) { try ChildProcess(["/nonexistent/program"]) }
    }

    @Test func theEnvironmentIsAddedTo() throws {
        let child = try ChildProcess(
            ["sh", "-c", "echo $FULCRUM_TEST:${PATH:+path}"], environment: ["FULCRUM_TEST": "x"])
        #expect(child.readLine() == "x:path")
    }
}
