import Glibc
import Synchronization
import SystemPackage
import Testing

@testable import VirtualFiles

/// The rules of open files, without a kernel.
@Suite struct OpenFilesTests {
    private let tree = FileTree()
    private let log = Log()
    private let root = Caller(uid: 0, gid: 0, pid: 1)

    private func files(handlesPerUser: Int = 4) -> OpenFiles {
        OpenFiles(tree: tree, handlesPerUser: handlesPerUser) { [log] in log.add($0) }
    }

    private func inode(_ name: String) throws -> UInt64 { try #require(tree.child(of: 1, named: name)).inode }

    private func errno(_ body: () throws(Errno) -> Void) -> Errno? {
        do throws(Errno) { try body() } catch { return error }
        return nil
    }

    @Test func permissionBits() {
        func allows(_ mode: UInt16, _ access: UInt16, uid: UInt32, gid: UInt32, groups: [UInt32] = []) -> Bool {
            let attributes = NodeAttributes(
                inode: 2, kind: .file, permissions: mode, uid: 10, gid: 20, size: 0, birth: 0)
            return attributes.allows(access, to: Caller(uid: uid, gid: gid, pid: 1), groups: { groups })
        }
        #expect(allows(0o000, 0o6, uid: 0, gid: 0))
        #expect(allows(0o600, 0o6, uid: 10, gid: 1) && !allows(0o060, 0o4, uid: 10, gid: 20))
        #expect(allows(0o060, 0o6, uid: 11, gid: 20) && allows(0o060, 0o6, uid: 11, gid: 1, groups: [5, 20]))
        #expect(!allows(0o060, 0o4, uid: 11, gid: 1, groups: [5]) && !allows(0o604, 0o4, uid: 11, gid: 20))
        #expect(allows(0o604, 0o4, uid: 11, gid: 1) && !allows(0o604, 0o6, uid: 11, gid: 1))
    }

    @Test func handlesOfOneUserAreCapped() throws {
        try tree.add("f", .readOnly { () throws(Errno) -> String in "x" })
        let files = files()
        let inode = try inode("f")
        let user = Caller(uid: 7, gid: 7, pid: 1)
        var opened = [UInt64]()
        for _ in 0..<4 { opened.append(try files.open(inode, flags: O_RDONLY, caller: user, groups: { [] }).file) }
        let fifth = errno { () throws(Errno) in
            _ = try files.open(inode, flags: O_RDONLY, caller: user, groups: { [] })
        }
        #expect(fifth == .tooManyOpenFiles)
        for _ in 0..<2000 { _ = try files.open(inode, flags: O_RDONLY, caller: root, groups: { [] }) }
        #expect(files.close(opened[0]) == inode)
        #expect(files.close(opened[0]) == nil)
        _ = try files.open(inode, flags: O_RDONLY, caller: user, groups: { [] })
    }

    @Test func textIsTerminatedUnlessItHoldsNUL() {
        #expect(OpenFiles.terminated([UInt8]("12".utf8)) == [UInt8]("12\n".utf8))
        #expect(OpenFiles.terminated([UInt8]("12\n".utf8)) == [UInt8]("12\n".utf8))
        #expect(OpenFiles.terminated([UInt8]("a\0b\0".utf8)) == [UInt8]("a\0b\0".utf8))
        #expect(OpenFiles.terminated([]) == [0x0a])
    }

    @Test(arguments: [
        ("5", 5), ("+5", 5), ("-0", 0), ("100", 100), ("007", 7), ("101", nil), ("-1", nil), ("", nil), (" 5", nil),
        ("5 ", nil), ("5k", nil), ("0x5", nil), ("5.0", nil), ("5\n", nil), ("5\0", nil), ("٣", nil),
        ("99999999999999999999999999", nil), ("-9223372036854775809", nil),
    ])
    func integers(_ text: String, _ expected: Int?) {
        do throws(Rejection) {
            #expect(try VirtualFile.parseInteger(text, in: 0...100) == expected)
        } catch {
            #expect(expected == nil && error.errno == .invalidArgument)
            #expect(error.reason.hasPrefix("expected an integer from 0 to 100, got \""))
        }
    }

    @Test func oddHandlesAndOffsetsAreErrors() throws {
        try tree.add("f", .readOnly { () throws(Errno) -> String in "x" })
        let files = files()
        let file = try files.open(try inode("f"), flags: O_RDONLY, caller: root, groups: { [] }).file
        #expect(errno { () throws(Errno) in _ = try files.read(99, size: 1, offset: 0) } == .badFileDescriptor)
        #expect(errno { () throws(Errno) in _ = try files.read(file, size: 1, offset: -1) } == .invalidArgument)
        #expect(try files.read(file, size: .max, offset: .max).isEmpty)
        #expect(Array(try files.read(file, size: .max, offset: 1)) == [0x0a])
        #expect(errno { () throws(Errno) in _ = try files.pollEvents(99) } == .badFileDescriptor)
        #expect(files.close(99) == nil)
    }

    @Test func binaryRubbishLeavesTheValueAndFillsTheLogWithPlainLines() throws {
        let cell = Cell(42)
        try tree.add("f", cell.attribute())
        let files = files()
        let file = try files.open(try inode("f"), flags: O_WRONLY, caller: root, groups: { [] }).file
        var generator = SystemRandomNumberGenerator()
        for round in 0..<2000 {
            // 0x80 is never valid alone, so no text of these is a number.
            var bytes = (0..<Int.random(in: 0...300)).map { _ in UInt8.random(in: 0...255, using: &generator) }
            bytes.append(round % 2 == 0 ? 0x80 : 0x1b)
            let refused = errno { () throws(Errno) in try files.write(file, bytes, caller: root) }
            #expect(refused == .invalidArgument || (refused == .argListTooLong && bytes.count > 64))
        }
        #expect(cell.value == 42 && log.lines.count == 2000)
        #expect(
            log.lines.allSatisfy { line in line.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x7f } })
    }
}
