public import SystemPackage

/// Who made a request, as the kernel reports it.
public struct Caller: Sendable, Equatable {
    /// The user id that file access is checked by (fsuid).
    public let uid: UInt32
    /// The group id that file access is checked by (fsgid).
    public let gid: UInt32
    /// The calling thread; 0 when it lives in a pid namespace that the server cannot see into.
    public let pid: Int32

    /// Describes a caller.
    public init(uid: UInt32, gid: UInt32, pid: Int32) {
        self.uid = uid
        self.gid = gid
        self.pid = pid
    }
}

/// Text that an attribute refuses: the writer gets `errno`, the log gets `reason`.
public struct Rejection: Error, Sendable {
    /// What write() fails with.
    public let errno: Errno
    /// Why, in words that tell the writer what was expected.
    public let reason: String

    /// Refuses with a reason; EINVAL is what sysfs answers to bad text.
    public init(_ reason: String, errno: Errno = .invalidArgument) {
        self.errno = errno
        self.reason = reason
    }
}

/// What a file of a `FileTree` does when it is read and written.
///
/// The closures run on the server's one thread, with no lock of the tree held: they may add, remove and notify, must
/// not block, and must not touch the mount itself (the thread that would answer is the one that asks).
public struct VirtualFile: Sendable {
    /// Makes the text of an attribute. A newline is added unless the text ends in one or contains NUL (device-tree
    /// strings are handed out verbatim).
    public typealias Read = @Sendable () throws(Errno) -> String
    /// Takes what one write() call brought: UTF-8, one trailing newline removed.
    public typealias Write = @Sendable (_ text: String, _ caller: Caller) throws(Rejection) -> Void
    /// Makes the stream of one open file.
    public typealias OpenStream = @Sendable (Caller) throws(Errno) -> any VirtualStream

    enum Content: Sendable {
        case attribute(read: Read?, write: Write?, limit: Int)
        case stream(OpenStream)
    }

    /// The largest `limit` of a writable attribute, in bytes. The kernel cuts a longer write() into pieces of twice
    /// this size, so that the first piece is always refused.
    public static let largestLimit = 65_536

    let content: Content
    let permissions: UInt16
    let uid: UInt32
    let gid: UInt32

    private init(_ content: Content, mode: UInt16, uid: UInt32, gid: UInt32) {
        self.content = content
        self.permissions = mode & 0o777
        self.uid = uid
        self.gid = gid
    }

    /// An attribute that is only read. The text is made anew whenever a handle reads at offset 0, and stays the same
    /// for later offsets of that handle (as kernfs does, fs/kernfs/file.c). Opening it for writing is EACCES.
    public static func readOnly(
        mode: UInt16 = 0o444, uid: UInt32 = 0, gid: UInt32 = 0, _ read: @escaping Read
    ) -> VirtualFile {
        VirtualFile(.attribute(read: read, write: nil, limit: 0), mode: mode, uid: uid, gid: gid)
    }

    /// An attribute that is read and written. A write() of more than `limit` bytes (at most `largestLimit`) is E2BIG,
    /// text that is not UTF-8 is EINVAL; the offset of a write is ignored, as in sysfs.
    public static func readWrite(
        mode: UInt16 = 0o644, uid: UInt32 = 0, gid: UInt32 = 0, limit: Int = 4096, read: @escaping Read,
        write: @escaping Write
    ) -> VirtualFile {
        VirtualFile(.attribute(read: read, write: write, limit: bounded(limit)), mode: mode, uid: uid, gid: gid)
    }

    /// An attribute that is only written. Opening it for reading is EACCES, also for root.
    public static func writeOnly(
        mode: UInt16 = 0o200, uid: UInt32 = 0, gid: UInt32 = 0, limit: Int = 4096, write: @escaping Write
    ) -> VirtualFile {
        VirtualFile(.attribute(read: nil, write: write, limit: bounded(limit)), mode: mode, uid: uid, gid: gid)
    }

    /// A device-like file: `open` is called for every open() and may throw (EBUSY for a second opener).
    public static func stream(
        mode: UInt16 = 0o600, uid: UInt32 = 0, gid: UInt32 = 0, open: @escaping OpenStream
    ) -> VirtualFile {
        VirtualFile(.stream(open), mode: mode, uid: uid, gid: gid)
    }

    private static func bounded(_ limit: Int) -> Int { min(max(limit, 0), largestLimit) }
}
