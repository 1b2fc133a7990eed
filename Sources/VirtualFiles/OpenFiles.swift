import Glibc
import SystemPackage

/// What the kernel's requests mean on a tree: lookups, checks, and the open files. Used by the serving thread only.
final class OpenFiles {
    private final class OpenFile {
        let inode: UInt64
        let owner: UInt32
        let content: VirtualFile.Content
        let stream: (any VirtualStream)?
        /// The text of the last read at offset 0; later offsets continue it.
        var text: [UInt8]?
        /// The node's change count when `text` was made; 0 before the first read.
        var seen: UInt64 = 0

        init(inode: UInt64, owner: UInt32, content: VirtualFile.Content, stream: (any VirtualStream)?) {
            self.inode = inode
            self.owner = owner
            self.content = content
            self.stream = stream
        }
    }

    let tree: FileTree
    private let log: @Sendable (String) -> Void
    /// How many files one user other than root may hold open: each one may pin a text in this process.
    private let handlesPerUser: Int
    private var files: [UInt64: OpenFile] = [:]
    private var nextFile: UInt64 = 1
    private var filesOfUser: [UInt32: Int] = [:]

    init(tree: FileTree, handlesPerUser: Int, log: @escaping @Sendable (String) -> Void) {
        self.tree = tree
        self.handlesPerUser = handlesPerUser
        self.log = log
    }

    // MARK: Nodes

    func lookup(
        _ name: String, in parent: UInt64, caller: Caller, groups: () -> [UInt32]
    ) throws(Errno) -> NodeAttributes {
        guard let directory = tree.attributes(parent) else { throw .noSuchFileOrDirectory }
        guard directory.allows(0o1, to: caller, groups: groups) else { throw .permissionDenied }
        guard let found = tree.child(of: parent, named: name) else { throw .noSuchFileOrDirectory }
        return found
    }

    /// ENOENT for a node that went after its lookup: readers of trees that change know it, ESTALE they do not.
    func attributes(_ inode: UInt64) throws(Errno) -> NodeAttributes {
        guard let found = tree.attributes(inode) else { throw .noSuchFileOrDirectory }
        return found
    }

    func check(_ inode: UInt64, _ access: UInt16, caller: Caller, groups: () -> [UInt32]) throws(Errno) {
        guard try attributes(inode).allows(access, to: caller, groups: groups) else { throw .permissionDenied }
    }

    func target(_ inode: UInt64) throws(Errno) -> String {
        guard case .link(let target)? = tree.body(inode) else { throw .invalidArgument }
        return target
    }

    // MARK: Opening and closing

    func open(
        _ inode: UInt64, flags: Int32, caller: Caller, groups: () -> [UInt32]
    ) throws(Errno) -> (file: UInt64, isStream: Bool) {
        let attributes = try attributes(inode)
        guard case .file(let file)? = tree.body(inode) else { throw .noSuchFileOrDirectory }
        let reads = flags & O_ACCMODE != O_WRONLY
        let writes = flags & O_ACCMODE != O_RDONLY
        guard attributes.allows((reads ? 0o4 : 0) | (writes ? 0o2 : 0), to: caller, groups: groups) else {
            throw .permissionDenied
        }
        if case .attribute(let read, let write, _) = file.content {
            // As sysfs: what cannot be done, or has no permission bit at all, is refused to root too.
            if reads && (read == nil || attributes.permissions & 0o444 == 0) { throw .permissionDenied }
            if writes && (write == nil || attributes.permissions & 0o222 == 0) { throw .permissionDenied }
        }
        if caller.uid != 0 && filesOfUser[caller.uid, default: 0] >= handlesPerUser { throw .tooManyOpenFiles }
        var stream: (any VirtualStream)?
        if case .stream(let open) = file.content { stream = try open(caller) }
        let number = nextFile
        nextFile &+= 1
        files[number] = OpenFile(inode: inode, owner: caller.uid, content: file.content, stream: stream)
        filesOfUser[caller.uid, default: 0] += 1
        return (number, stream != nil)
    }

    /// Returns the inode that the closed file was of.
    func close(_ file: UInt64) -> UInt64? {
        guard let closed = files.removeValue(forKey: file) else { return nil }
        let left = filesOfUser[closed.owner, default: 1] - 1
        filesOfUser[closed.owner] = left > 0 ? left : nil
        closed.stream?.close()
        return closed.inode
    }

    /// Closes what clients still hold when the session ends.
    func closeAll() {
        for file in files.keys.sorted() { _ = close(file) }
    }

    // MARK: Reading and writing

    private func live(_ number: UInt64) throws(Errno) -> (file: OpenFile, changes: UInt64) {
        guard let file = files[number] else { throw .badFileDescriptor }
        guard let changes = tree.changes(file.inode) else { throw .operationNotSupportedByDevice }
        return (file, changes)
    }

    func read(_ number: UInt64, size: Int, offset: Int) throws(Errno) -> ArraySlice<UInt8> {
        guard size >= 0, offset >= 0 else { throw .invalidArgument }
        let (file, changes) = try live(number)
        if let stream = file.stream {
            let bytes = try stream.read(limit: size)
            if bytes.count > size {
                report(file, "a stream returned \(bytes.count) bytes where \(size) were asked for", .ioError)
                throw .ioError
            }
            return bytes[...]
        }
        guard case .attribute(let read?, _, _) = file.content else { throw .permissionDenied }
        let text: [UInt8]
        if offset > 0, let kept = file.text {
            text = kept
        } else {
            text = Self.terminated([UInt8](try read().utf8))
            // The count from before the read: a change made meanwhile wakes the reader once more.
            file.seen = changes
            file.text = text
        }
        let start = min(offset, text.count)
        return text[start..<min(text.count, start + min(size, text.count))]
    }

    static func terminated(_ text: [UInt8]) -> [UInt8] {
        if text.last == 0x0a || text.contains(0) { return text }
        return text + [0x0a]
    }

    func write(_ number: UInt64, _ bytes: [UInt8], caller: Caller) throws(Errno) {
        let (file, _) = try live(number)
        if let stream = file.stream {
            do throws(Errno) {
                try stream.write(bytes, caller: caller)
            } catch {
                if error != .resourceTemporarilyUnavailable {
                    report(file, "\(bytes.count) bytes from \(Self.name(caller)) were refused", error)
                }
                throw error
            }
            return
        }
        guard case .attribute(_, let write?, let limit) = file.content else { throw .permissionDenied }
        do throws(Rejection) {
            try write(try Self.text(bytes, limit: limit), caller)
        } catch {
            report(
                file, "\(Self.name(caller)) wrote \(Self.excerpt(bytes)): \(printable(error.reason, limit: 512))",
                error.errno)
            throw error.errno
        }
    }

    private static func text(_ bytes: [UInt8], limit: Int) throws(Rejection) -> String {
        if bytes.count > limit {
            throw Rejection("expected at most \(limit) bytes, got \(bytes.count)", errno: .argListTooLong)
        }
        let trimmed = bytes.last == 0x0a ? bytes.dropLast() : bytes[...]
        guard let text = String(validating: trimmed, as: UTF8.self) else {
            throw Rejection("expected UTF-8 text")
        }
        return text
    }

    func ioctl(
        _ number: UInt64, command: UInt32, input: [UInt8], outputSize: Int, caller: Caller
    ) throws(Errno) -> (result: Int32, output: [UInt8]) {
        let (file, _) = try live(number)
        guard let stream = file.stream else { throw .inappropriateIOCTLForDevice }
        let answer = try stream.ioctl(command, input: input, outputSize: outputSize, caller: caller)
        guard answer.output.count <= outputSize else {
            report(file, "an ioctl returned \(answer.output.count) bytes, \(outputSize) fit", .ioError)
            throw .ioError
        }
        return answer
    }

    // MARK: Polling

    /// The inode to wait on; nil when the file is not open.
    func inode(of file: UInt64) -> UInt64? { files[file]?.inode }

    /// As kernfs_generic_poll: always readable and writable; POLLPRI and POLLERR while the value has changed since the
    /// last read, or when the node is gone. A stream is readable when it says so.
    func pollEvents(_ number: UInt64) throws(Errno) -> Int32 {
        guard let file = files[number] else { throw .badFileDescriptor }
        let readable = POLLIN | POLLRDNORM
        let writable = POLLOUT | POLLWRNORM
        guard let changes = tree.changes(file.inode) else { return readable | writable | POLLERR | POLLPRI }
        if let stream = file.stream { return writable | (stream.isReadable ? readable : 0) }
        return readable | writable | (changes != file.seen ? POLLERR | POLLPRI : 0)
    }

    // MARK: The log

    private func report(_ file: OpenFile, _ what: String, _ errno: Errno) {
        let path = tree.path(file.inode).map { printable($0, limit: 4096) } ?? "a removed file"
        log("Refused at \(path): \(what) (\(errno), errno \(errno.rawValue)).")
    }

    private static func name(_ caller: Caller) -> String { "uid \(caller.uid) gid \(caller.gid) pid \(caller.pid)" }

    private static func excerpt(_ bytes: [UInt8]) -> String {
        let trimmed = bytes.last == 0x0a ? bytes.dropLast() : bytes[...]
        return quoted(String(decoding: trimmed.prefix(256), as: UTF8.self))
    }
}
