import CFuse
import Glibc
import SystemPackage

/// One request of the kernel; libfuse frees it with the reply, so exactly one reply is sent, and last.
@safe struct FuseRequest {
    private let pointer: fuse_req_t

    init(_ pointer: fuse_req_t) { unsafe self.pointer = pointer }

    /// The user data of the session: an unretained `Served`.
    var served: Served? {
        guard let userdata = unsafe fuse_req_userdata(pointer) else { return nil }
        return unsafe Unmanaged<Served>.fromOpaque(userdata).takeUnretainedValue()
    }

    var caller: Caller {
        // Never null for a request from the kernel (fuse_lowlevel.c returns the address of a member).
        guard let context = unsafe fuse_req_ctx(pointer) else { return Caller(uid: .max, gid: .max, pid: 0) }
        return unsafe Caller(uid: context.pointee.uid, gid: context.pointee.gid, pid: context.pointee.pid)
    }

    /// The caller's supplementary groups; none when it lives in another pid namespace. Reads /proc.
    func groups() -> [UInt32] {
        var list = [gid_t](repeating: 0, count: 64)
        let count = unsafe fuse_req_getgroups(pointer, Int32(list.count), &list)
        return count > 0 ? Array(list.prefix(Int(count))) : []
    }

    // MARK: Replies

    /// The kernel drops an errno outside 1...511, and the caller would wait for ever: such become EIO.
    func fail(_ errno: Errno) {
        _ = unsafe fuse_reply_err(pointer, (1...511).contains(errno.rawValue) ? errno.rawValue : EIO)
    }

    func succeed() { _ = unsafe fuse_reply_err(pointer, 0) }

    /// Time-outs stay 0: the kernel asks again at every use, as nodes come and go.
    func reply(entry attributes: NodeAttributes) {
        var entry = fuse_entry_param()
        entry.ino = attributes.inode
        entry.attr = attributes.status
        _ = unsafe fuse_reply_entry(pointer, &entry)
    }

    func reply(attributes: NodeAttributes) {
        var status = attributes.status
        _ = unsafe fuse_reply_attr(pointer, &status, 0)
    }

    func reply(target: String) { _ = unsafe fuse_reply_readlink(pointer, target) }

    /// False when a signal has ended the open(): it will never be released.
    func reply(opened info: UnsafePointer<fuse_file_info>) -> Bool { unsafe fuse_reply_open(pointer, info) == 0 }

    func reply(bytes: ArraySlice<UInt8>) {
        unsafe bytes.withUnsafeBytes {
            _ = unsafe fuse_reply_buf(pointer, $0.baseAddress?.assumingMemoryBound(to: CChar.self), $0.count)
        }
    }

    func reply(written count: Int) { _ = unsafe fuse_reply_write(pointer, count) }

    func reply(result: Int32, output: [UInt8]) {
        _ = unsafe fuse_reply_ioctl(pointer, result, output, output.count)
    }

    func reply(events: Int32) { _ = unsafe fuse_reply_poll(pointer, UInt32(bitPattern: events)) }

    /// Lists from `offset` on, at most `size` bytes. The offset of an entry is its inode, so that a listing goes on
    /// rightly while others come and go; 1 and 2 are "." and "..".
    func reply(
        children: [(name: String, attributes: NodeAttributes)], of inode: UInt64, parent: UInt64, after offset: UInt64,
        size: Int
    ) {
        let filled = unsafe [CChar](unsafeUninitializedCapacity: size) { buffer, used in
            func add(_ name: String, _ status: stat, next: UInt64) -> Bool {
                var status = status
                let room = size - used
                let start = unsafe buffer.baseAddress.map { unsafe $0 + used }
                let needed = unsafe fuse_add_direntry(pointer, start, room, name, &status, off_t(next))
                if needed > room { return false }
                used += needed
                return true
            }
            var directory = stat()
            directory.st_mode = Glibc.S_IFDIR
            directory.st_ino = ino_t(inode)
            var fits = offset > 0 || add(".", directory, next: 1)
            directory.st_ino = ino_t(parent)
            if fits && offset < 2 { fits = add("..", directory, next: 2) }
            for child in children where fits {
                fits = add(child.name, child.attributes.status, next: child.attributes.inode)
            }
        }
        _ = unsafe fuse_reply_buf(pointer, filled, filled.count)
    }
}

extension NodeAttributes {
    fileprivate var status: stat {
        var status = stat()
        status.st_ino = ino_t(inode)
        let type =
            switch kind {
            case .directory: Glibc.S_IFDIR
            case .file: Glibc.S_IFREG
            case .link: Glibc.S_IFLNK
            }
        status.st_mode = type | mode_t(permissions)
        // 1 says "not counted" for a directory, as btrfs does.
        status.st_nlink = 1
        status.st_uid = uid
        status.st_gid = gid
        status.st_size = off_t(size)
        status.st_blksize = 4096
        status.st_atim.tv_sec = birth
        status.st_mtim.tv_sec = birth
        status.st_ctim.tv_sec = birth
        return status
    }
}
