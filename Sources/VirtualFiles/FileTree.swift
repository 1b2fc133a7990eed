import Synchronization

/// Why a node could not be put into a tree.
public enum FileTreeError: Error, Sendable, Equatable, CustomStringConvertible {
    /// Something has this name already.
    case exists(path: String)
    /// A parent is a file or a link.
    case notDirectory(path: String, component: String)
    /// A name that no file can have: empty, ".", "..", with NUL, or longer than 255 bytes.
    case badPath(path: String, component: String)

    /// What was attempted, what is in the way, and what to do.
    public var description: String {
        switch self {
        case .exists(let path):
            "Could not add \(quoted(path, limit: 4096)) to the tree: the name is taken. Remove the old node first."
        case .notDirectory(let path, let component):
            "Could not add \(quoted(path, limit: 4096)) to the tree: \(quoted(component)) is not a directory."
        case .badPath(let path, let component):
            "Could not add \(quoted(path, limit: 4096)) to the tree: \(quoted(component)) is not a file name. Paths "
                + "are relative, with names of 1 to 255 bytes between single slashes."
        }
    }
}

/// A tree of directories, files and links that a `FileServer` shows to the system. Paths are "a/b/c", without a leading
/// slash; "" is the root. Every method may be called from any thread, also from the files' own closures.
public final class FileTree: Sendable {
    private let nodes = Mutex(NodeTable())
    private let watchers = Mutex<[ObjectIdentifier: PollWaiters]>([:])

    /// An empty tree.
    public init() {}

    /// Adds a file. Missing parents are made as directories of mode 0555, owned by root.
    public func add(_ path: String, _ file: VirtualFile) throws(FileTreeError) {
        try insert(path, .file(file))
    }

    /// Adds a directory owned by root. Missing parents are made with mode 0555.
    public func addDirectory(_ path: String, mode: UInt16 = 0o555) throws(FileTreeError) {
        try insert(path, .directory, mode: mode)
    }

    /// Adds a symbolic link with `target` verbatim. Inside a tree that gets bound elsewhere, use relative targets.
    public func addLink(_ path: String, to target: String) throws(FileTreeError) {
        try insert(path, .link(target))
    }

    /// Takes a file, a link, or a directory with all that it holds out of the tree (of "", all but the root). Open
    /// handles answer ENODEV from now on and their pollers wake; a closure that is running may end after this returns.
    public func remove(_ path: String) {
        let gone = nodes.withLock { $0.remove(path) }
        if gone.isEmpty { return }
        for waiters in watchers.withLock({ Array($0.values) }) {
            for inode in gone { waiters.wake(inode) }
        }
    }

    /// Whether something is at `path`. Does not follow links.
    public func contains(_ path: String) -> Bool {
        nodes.withLock { $0.contains(path) }
    }

    /// Says that the value at `path` has changed: whoever polls an open handle of it wakes with POLLPRI and POLLERR
    /// until the handle is read again at offset 0 (as sysfs_notify, fs/kernfs/file.c). Unknown paths are ignored.
    public func notify(_ path: String) {
        guard let inode = nodes.withLock({ $0.countChange(path) }) else { return }
        for waiters in watchers.withLock({ Array($0.values) }) { waiters.wake(inode) }
    }

    private func insert(_ path: String, _ body: NodeTable.Body, mode: UInt16 = 0o555) throws(FileTreeError) {
        try nodes.withLock { (nodes) throws(FileTreeError) in try nodes.insert(path, body, mode: mode) }
    }

    // MARK: For the server

    func attributes(_ inode: UInt64) -> NodeAttributes? { nodes.withLock { $0.attributes(inode) } }

    func child(of parent: UInt64, named name: String) -> NodeAttributes? {
        nodes.withLock { $0.child(of: parent, named: name) }
    }

    func body(_ inode: UInt64) -> NodeTable.Body? { nodes.withLock { $0.body(inode) } }

    func changes(_ inode: UInt64) -> UInt64? { nodes.withLock { $0.changes(inode) } }

    func path(_ inode: UInt64) -> String? { nodes.withLock { $0.path(inode) } }

    func children(
        of inode: UInt64, after offset: UInt64, limit: Int
    ) -> (parent: UInt64, entries: [(name: String, attributes: NodeAttributes)])? {
        nodes.withLock { $0.children(of: inode, after: offset, limit: limit) }
    }

    /// How many open files have been waited on with poll() and not closed, over all servers.
    var pollerCount: Int { watchers.withLock { $0.values.reduce(0) { $0 + $1.count } } }

    func watch(_ waiters: PollWaiters) {
        watchers.withLock { $0[ObjectIdentifier(waiters)] = waiters }
    }

    func unwatch(_ waiters: PollWaiters) {
        watchers.withLock { $0[ObjectIdentifier(waiters)] = nil }
    }
}
