import SystemPackage
import Testing

@testable import VirtualFiles

@Suite struct FileTreeTests {
    private let file = VirtualFile.readOnly { () throws(Errno) -> String in "x" }

    @Test func makesParentsAndKeepsNamesUnique() throws {
        let tree = FileTree()
        try tree.add("a/b/c", file)
        #expect(tree.contains("a/b") && tree.contains("a/b/c") && tree.contains(""))
        #expect(!tree.contains("a/c"))
        #expect(throws: FileTreeError.exists(path: "a/b/c")) { try tree.add("a/b/c", file) }
        #expect(throws: FileTreeError.exists(path: "a/b")) { try tree.addDirectory("a/b") }
        #expect(throws: FileTreeError.exists(path: "a")) { try tree.addLink("a", to: "b") }
        #expect(throws: FileTreeError.exists(path: "")) { try tree.addDirectory("") }
    }

    @Test func refusedPathLeavesNothingBehind() throws {
        let tree = FileTree()
        try tree.add("a/file", file)
        #expect(throws: FileTreeError.notDirectory(path: "a/file/x/y", component: "file")) {
            try tree.add("a/file/x/y", file)
        }
        for path in ["/a", "b/", "b//c", "b/./c", "b/../c", "b/\0", "b/" + String(repeating: "n", count: 256)] {
            #expect(throws: FileTreeError.self) { try tree.add(path, file) }
        }
        #expect(!tree.contains("b"))
        try tree.add("b/" + String(repeating: "n", count: 255), file)
    }

    @Test func removesSubtreesAndTheirNodes() throws {
        let tree = FileTree()
        try tree.add("a/b/c", file)
        try tree.add("a/d", file)
        let inode = try #require(tree.child(of: 1, named: "a")).inode
        tree.remove("a/b")
        #expect(!tree.contains("a/b/c") && tree.contains("a/d"))
        tree.remove("nothing/here")
        tree.remove("")
        #expect(!tree.contains("a") && tree.attributes(inode) == nil && tree.attributes(1) != nil)
        try tree.add("a/b/c", file)
        #expect(try #require(tree.child(of: 1, named: "a")).inode != inode)
    }

    @Test func listingContinuesAcrossChanges() throws {
        let tree = FileTree()
        for number in 0..<10 { try tree.add("f\(number)", file) }
        let first = try #require(tree.children(of: 1, after: 0, limit: 4)).entries
        #expect(first.map(\.name) == ["f0", "f1", "f2", "f3"])
        let offset = try #require(first.last).attributes.inode
        tree.remove("f1")
        tree.remove("f3")
        tree.remove("f4")
        try tree.add("f10", file)
        let rest = try #require(tree.children(of: 1, after: offset, limit: 100)).entries
        #expect(rest.map(\.name) == ["f5", "f6", "f7", "f8", "f9", "f10"])
    }

    @Test func namesAreBytes() throws {
        let tree = FileTree()
        try tree.add("\u{e9}", file)
        #expect(tree.child(of: 1, named: "\u{e9}") != nil)
        #expect(tree.child(of: 1, named: "e\u{301}") == nil)
    }
}
