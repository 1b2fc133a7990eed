import Glibc
import Policy
import SystemCalls
import Testing

@testable import ProfileStore

/// A process that is killed while it writes loses nothing that was committed and leaves a file that can be read.
@Suite struct KilledWriterTests {
    private static let writer: String = {
        let program = CommandLine.arguments.first { $0.hasSuffix(".xctest") } ?? CommandLine.arguments[0]
        let folder = program.split(separator: "/", omittingEmptySubsequences: false).dropLast()
        return (folder + ["profile-writer"]).joined(separator: "/")
    }()

    @Test func noCommittedProfileIsLost() throws {
        let folder = try StoreFolder()
        var generator = SystemRandomNumberGenerator()
        for round in 0..<12 {
            let child = try ChildProcess([Self.writer, folder.path, "\(round)"])
            // The kill comes at any point of an open, a write or a checkpoint.
            var committed = 0
            for _ in 0..<Int.random(in: 0...60, using: &generator) {
                guard let line = child.readLine(), let number = Int(line) else { break }
                committed = number
            }
            usleep(UInt32.random(in: 0...3000, using: &generator))
            child.signal(SIGKILL)
            #expect(child.wait() == 128 + SIGKILL)
            while let line = child.readLine(timeoutMilliseconds: 0), let number = Int(line) { committed = number }

            let store = try folder.open()
            #expect(store.state == .durable, "\(folder.notices)")
            let known = store.workloads.first { $0.key == "round \(round)" }?.profiles.map(\.mode.cores) ?? []
            // In order and without gaps, and at least what the process was told.
            #expect(known == Array(1..<(known.count + 1)))
            #expect(known.count >= committed, "\(known.count) profiles of \(committed) are left")
            store.close()
        }
        #expect(folder.notices.isEmpty, "\(folder.notices)")
    }
}
