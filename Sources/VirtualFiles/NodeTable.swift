import Glibc

/// What stat() shows of a node, and what its permissions are checked by.
struct NodeAttributes: Sendable {
    enum Kind: Sendable {
        case directory
        case file
        case link
    }

    let inode: UInt64
    let kind: Kind
    let permissions: UInt16
    let uid: UInt32
    let gid: UInt32
    /// The length of a link's target. Files say 0: they are read with direct I/O until the end.
    let size: Int
    /// When the node was made, in seconds since 1970.
    let birth: Int

    /// The owner, group or other bits of classic Unix permissions; uid 0 passes. `groups` (the caller's supplementary
    /// groups) is asked only if the answer hangs on it.
    func allows(_ access: UInt16, to caller: Caller, groups: () -> [UInt32]) -> Bool {
        if caller.uid == 0 { return true }
        if caller.uid == uid { return (permissions >> 6) & access == access }
        let group = (permissions >> 3) & access == access
        let other = permissions & access == access
        if group == other { return group }
        return caller.gid == gid || groups().contains(gid) ? group : other
    }
}

/// The nodes of a tree by inode number. Numbers are never used twice, so the generation that FUSE pairs with them to
/// tell a reused number from the old one can stay constant, and directory listings can be ordered and continued by them.
struct NodeTable {
    static let root: UInt64 = 1
    /// The numbers below are the directory offsets of "." and "..".
    private var nextInode: UInt64 = 3
    private var nodes: [UInt64: Node]

    enum Body {
        case directory
        case file(VirtualFile)
        case link(String)
    }

    private final class Node {
        let inode: UInt64
        let name: String
        let parent: UInt64
        let body: Body
        let attributes: NodeAttributes
        /// Counts `notify`; starts at 1, so that 0 is "never read".
        var changes: UInt64 = 1
        var byName: [String: Node] = [:]
        /// The children in ascending inode order, as they were added.
        var ordered: [Node] = []

        init(inode: UInt64, name: String, parent: UInt64, body: Body, mode: UInt16) {
            self.inode = inode
            self.name = name
            self.parent = parent
            self.body = body
            let birth = time(nil)
            switch body {
            case .directory:
                attributes = NodeAttributes(
                    inode: inode, kind: .directory, permissions: mode & 0o777, uid: 0, gid: 0, size: 0, birth: birth)
            case .file(let file):
                attributes = NodeAttributes(
                    inode: inode, kind: .file, permissions: file.permissions, uid: file.uid, gid: file.gid, size: 0,
                    birth: birth)
            case .link(let target):
                attributes = NodeAttributes(
                    inode: inode, kind: .link, permissions: 0o777, uid: 0, gid: 0, size: target.utf8.count,
                    birth: birth)
            }
        }
    }

    init() {
        nodes = [Self.root: Node(inode: Self.root, name: "", parent: Self.root, body: .directory, mode: 0o555)]
    }

    // MARK: By path

    mutating func insert(_ path: String, _ body: Body, mode: UInt16 = 0o555) throws(FileTreeError) {
        var names = try Self.components(path)
        guard let last = names.popLast() else { throw .exists(path: path) }
        guard var parent = nodes[Self.root] else { return }
        // Looked through before anything is made, so that a refused path leaves no directories behind.
        var missing = names[...]
        while let name = missing.first, let child = parent.byName[name] {
            guard case .directory = child.body else { throw .notDirectory(path: path, component: name) }
            parent = child
            missing = missing.dropFirst()
        }
        if missing.isEmpty, parent.byName[last] != nil { throw .exists(path: path) }
        for name in missing { parent = append(name, .directory, mode: 0o555, to: parent) }
        _ = append(last, body, mode: mode, to: parent)
    }

    private mutating func append(_ name: String, _ body: Body, mode: UInt16, to parent: Node) -> Node {
        let node = Node(inode: nextInode, name: name, parent: parent.inode, body: body, mode: mode)
        nextInode &+= 1
        nodes[node.inode] = node
        parent.byName[name] = node
        parent.ordered.append(node)
        return node
    }

    /// Takes a node and all below it out; of the root, only what is below. Returns the inodes that are gone.
    mutating func remove(_ path: String) -> [UInt64] {
        guard let top = node(at: path) else { return [] }
        var gone = [UInt64]()
        var pending = [Node]()
        if top.inode == Self.root {
            pending = top.ordered
            top.byName = [:]
            top.ordered = []
        } else if let parent = nodes[top.parent] {
            pending = [top]
            parent.byName[top.name] = nil
            let index = Self.firstIndex(in: parent.ordered, after: top.inode &- 1)
            if index < parent.ordered.count { parent.ordered.remove(at: index) }
        }
        while let node = pending.popLast() {
            gone.append(node.inode)
            nodes[node.inode] = nil
            pending.append(contentsOf: node.ordered)
        }
        return gone
    }

    func contains(_ path: String) -> Bool { node(at: path) != nil }

    /// Counts a change of the node at `path` and returns its inode.
    func countChange(_ path: String) -> UInt64? {
        guard let node = node(at: path) else { return nil }
        node.changes &+= 1
        return node.inode
    }

    private func node(at path: String) -> Node? {
        guard let names = try? Self.components(path) else { return nil }
        var node = nodes[Self.root]
        for name in names { node = node?.byName[name] }
        return node
    }

    private static func components(_ path: String) throws(FileTreeError) -> [String] {
        if path.isEmpty { return [] }
        let names = path.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        for name in names {
            let bytes = name.utf8
            if bytes.isEmpty || name == "." || name == ".." || bytes.count > 255 || bytes.contains(0) {
                throw .badPath(path: path, component: name)
            }
        }
        return names
    }

    // MARK: By inode

    func attributes(_ inode: UInt64) -> NodeAttributes? { nodes[inode]?.attributes }

    func child(of parent: UInt64, named name: String) -> NodeAttributes? {
        guard let node = nodes[parent]?.byName[name] else { return nil }
        // String compares by canonical equivalence; file names are bytes.
        return node.name.utf8.elementsEqual(name.utf8) ? node.attributes : nil
    }

    func body(_ inode: UInt64) -> Body? { nodes[inode]?.body }

    /// How often the node was notified, plus one; nil when it is gone.
    func changes(_ inode: UInt64) -> UInt64? { nodes[inode]?.changes }

    func path(_ inode: UInt64) -> String? {
        guard var node = nodes[inode] else { return nil }
        var names = [String]()
        while node.inode != Self.root, let parent = nodes[node.parent] {
            names.append(node.name)
            node = parent
        }
        return names.reversed().joined(separator: "/")
    }

    /// Up to `limit` children whose inode is greater than `offset`, and the directory's parent. O(log n + limit).
    func children(
        of inode: UInt64, after offset: UInt64, limit: Int
    ) -> (parent: UInt64, entries: [(name: String, attributes: NodeAttributes)])? {
        guard let node = nodes[inode], case .directory = node.body else { return nil }
        let start = Self.firstIndex(in: node.ordered, after: offset)
        return (node.parent, node.ordered[start...].prefix(limit).map { ($0.name, $0.attributes) })
    }

    private static func firstIndex(in ordered: [Node], after inode: UInt64) -> Int {
        var low = 0
        var high = ordered.count
        while low < high {
            let middle = (low + high) / 2
            if ordered[middle].inode <= inode { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
