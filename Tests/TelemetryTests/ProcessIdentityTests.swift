import Foundation
import SystemCalls
import Telemetry
import Testing

@Suite("Process identity")
struct ProcessIdentityTests {
    @Test("Our own start time is in the past and stays the same")
    func ownStartTime() throws {
        let identity = try ProcessIdentity(running: getpid())
        let again = try ProcessIdentity(running: getpid())
        #expect(identity == again)
        let uptime = try #require(Double(SmallFile.text("/proc/uptime").split(separator: " ")[0]))
        #expect(identity.startTimeTicks > 0)
        #expect(Double(identity.startTimeTicks) / Double(sysconf(Int32(_SC_CLK_TCK))) <= uptime)
    }

    @Test("A command name with blanks and brackets does not shift the fields")
    func hostileName() throws {
        let directory = try ScratchDirectory()
        let name = "a) R 1 2 3 ("
        try FileManager.default.createSymbolicLink(
            atPath: "\(directory.path)/\(name)", withDestinationPath: "/bin/cat")
        let input = Pipe()
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "\(directory.path)/\(name)")
        process.standardInput = input
        try process.run()
        let identity = try ProcessIdentity(running: process.processIdentifier)
        let own = try ProcessIdentity(running: getpid())
        #expect(identity.startTimeTicks >= own.startTimeTicks)
        #expect(identity.startTimeTicks - own.startTimeTicks < 1_000_000)
        try input.fileHandleForWriting.close()
        process.waitUntilExit()
        #expect(throws: SystemCallError.self) { try ProcessIdentity(running: process.processIdentifier) }
    }
}
