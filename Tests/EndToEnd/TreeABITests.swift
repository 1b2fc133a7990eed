import Demonstration
import Glibc
import SystemCalls
import Testing

/// docs/abi/tree.md against the tree that a daemon serves, both ways.
@Suite(.serialized, .enabled(if: Machine.canGovern, Machine.remedy)) struct TreeABITests {
    private struct Entry {
        let pattern: [Substring]
        let mode: UInt32

        /// Parts in capitals stand for any name.
        func matches(_ path: String) -> Bool {
            let parts = path.split(separator: "/")
            return parts.count == pattern.count
                && zip(parts, pattern).allSatisfy { $0 == $1 || ["NAME", "LABEL", "PID"].contains($1) }
        }
    }

    private func documented() throws -> [Entry] {
        let root = #filePath.split(separator: "/").dropLast(3).map { "/" + $0 }.joined()
        return try SmallFile.text(root + "/docs/abi/tree.md").split(separator: "\n").compactMap { line in
            let cells = line.split(separator: "|").map { $0.drop { $0 == " " } }
            guard cells.count >= 3, cells[0].hasPrefix("`"), let end = cells[0].dropFirst().firstIndex(of: "`"),
                let mode = UInt32(cells[1].prefix { $0 != " " }, radix: 8)
            else { return nil }
            return Entry(pattern: cells[0].dropFirst()[..<end].split(separator: "/"), mode: mode)
        }
    }

    private func files(_ directory: String, below path: String = "") throws -> [String] {
        try Directory.names(directory).flatMap { name -> [String] in
            let full = directory + "/" + name
            var status = stat()
            guard lstat(full, &status) == 0 else { return [] }
            let relative = path.isEmpty ? name : path + "/" + name
            return status.st_mode & S_IFMT == S_IFDIR ? try files(full, below: relative) : [relative]
        }
    }

    @Test func everyFileIsDocumentedAndEveryDocumentedFileIsThere() throws {
        let entries = try documented()
        #expect(entries.count > 30)
        let stage = try Stage(binaries: Machine.binaries, pace: .init(time: 20, rails: 10), name: "abi")
        defer { stage.strike() }
        try stage.startBoard()
        try stage.startDaemon(configuration: "[budget]\npower_w = 30")
        try stage.startWorkload()
        let tasks = stage.tree.root + "/task"
        #expect(
            try stage.tree.wait(seconds: 30, every: 100) {
                stage.tree.workload != nil && (try? Directory.names(tasks))?.isEmpty == false
            })
        let present = try files(stage.tree.root)
        for path in present {
            let entry = entries.first { $0.matches(path) }
            #expect(entry != nil, "\(path) is served and not documented")
            var status = stat()
            #expect(lstat(stage.tree.root + "/" + path, &status) == 0)
            #expect(
                status.st_mode & 0o777 == entry?.mode, "\(path) has mode \(String(status.st_mode & 0o777, radix: 8))")
            // A stream has no end: that it opens is enough here.
            let opens = (try? OwnedDescriptor(opening: stage.tree.root + "/" + path, flags: O_RDONLY)) != nil
            #expect(path == "trace_pipe" ? opens : stage.tree.text(path) != nil, "\(path) cannot be read")
        }
        for entry in entries {
            #expect(present.contains { entry.matches($0) }, "\(entry.pattern.joined(separator: "/")) is not served")
        }
    }
}
