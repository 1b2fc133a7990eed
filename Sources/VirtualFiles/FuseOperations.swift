import CFuse
import Glibc
import SystemPackage

/// What the callbacks work on; the user data of a session.
final class Served {
    let files: OpenFiles
    let waiters: PollWaiters

    init(files: OpenFiles, waiters: PollWaiters) {
        self.files = files
        self.waiters = waiters
    }
}

/// libfuse's table of callbacks: each unpacks one request, asks `OpenFiles`, and replies.
enum FuseOperations {
    /// One piece of a write(), in bytes: twice the largest limit of an attribute, see `VirtualFile.largestLimit`.
    static let largestWrite = UInt32(2 * VirtualFile.largestLimit)

    static func table() -> fuse_lowlevel_ops {
        var table = fuse_lowlevel_ops()
        unsafe table.`init` = { _, connection in
            unsafe connection?.pointee.max_write = FuseOperations.largestWrite
        }
        addNodeOperations(to: &table)
        addFileOperations(to: &table)
        addRefusals(to: &table)
        return table
    }

    // MARK: Nodes

    private static func addNodeOperations(to table: inout fuse_lowlevel_ops) {
        unsafe table.lookup = { pointer, parent, name in
            unsafe answer(pointer) { (request, served) throws(Errno) in
                guard let name = unsafe name, let text = unsafe String(validatingCString: name) else {
                    throw .noSuchFileOrDirectory
                }
                request.reply(
                    entry: try served.files.lookup(
                        text, in: parent, caller: request.caller, groups: request.groups))
            }
        }
        unsafe table.getattr = { pointer, inode, _ in
            unsafe answer(pointer) { (request, served) throws(Errno) in
                request.reply(attributes: try served.files.attributes(inode))
            }
        }
        unsafe table.setattr = { pointer, inode, wanted, fields, _ in
            unsafe answer(pointer) { (request, served) throws(Errno) in
                let attributes = try served.files.attributes(inode)
                // `echo x > file` truncates to 0, `touch` sets times; nothing else makes sense here.
                let refused = FUSE_SET_ATTR_MODE | FUSE_SET_ATTR_UID | FUSE_SET_ATTR_GID
                if fields & refused != 0 { throw .notPermitted }
                if fields & FUSE_SET_ATTR_SIZE != 0, unsafe wanted?.pointee.st_size != 0 { throw .notPermitted }
                request.reply(attributes: attributes)
            }
        }
        unsafe table.readlink = { pointer, inode in
            unsafe answer(pointer) { (request, served) throws(Errno) in
                request.reply(target: try served.files.target(inode))
            }
        }
        unsafe table.access = { pointer, inode, mask in
            unsafe answer(pointer) { (request, served) throws(Errno) in
                try served.files.check(
                    inode, UInt16(truncatingIfNeeded: mask & 0o7), caller: request.caller, groups: request.groups)
                request.succeed()
            }
        }
        unsafe table.opendir = { pointer, inode, info in
            unsafe answer(pointer) { (request, served) throws(Errno) in
                guard let info = unsafe info else { throw .ioError }
                try served.files.check(inode, 0o4, caller: request.caller, groups: request.groups)
                _ = unsafe request.reply(opened: info)
            }
        }
        unsafe table.readdir = { pointer, inode, size, offset, _ in
            unsafe answer(pointer) { (request, served) throws(Errno) in
                // The smallest entry takes 32 bytes: struct fuse_dirent and a padded name.
                let room = min(size, 65_536)
                let after = UInt64(max(offset, 0))
                guard let found = served.files.tree.children(of: inode, after: after, limit: room / 32 + 1) else {
                    throw .noSuchFileOrDirectory
                }
                request.reply(children: found.entries, of: inode, parent: found.parent, after: after, size: room)
            }
        }
    }

    // MARK: Open files

    private static func addFileOperations(to table: inout fuse_lowlevel_ops) {
        unsafe table.open = { pointer, inode, info in
            unsafe answer(pointer) { (request, served) throws(Errno) in
                guard let info = unsafe info else { throw .ioError }
                let opened = try served.files.open(
                    inode, flags: unsafe info.pointee.flags, caller: request.caller, groups: request.groups)
                unsafe info.pointee.fh = opened.file
                unsafe cfuse_set_direct_io(info)
                if opened.isStream { unsafe cfuse_set_nonseekable(info) }
                if unsafe !request.reply(opened: info) { _ = served.files.close(opened.file) }
            }
        }
        unsafe table.release = { pointer, _, info in
            unsafe answer(pointer) { (request, served) throws(Errno) in
                let file = unsafe info?.pointee.fh ?? 0
                if let inode = served.files.close(file) { served.waiters.remove(inode: inode, file: file) }
                request.succeed()
            }
        }
        unsafe table.read = { pointer, _, size, offset, info in
            unsafe answer(pointer) { (request, served) throws(Errno) in
                let file = unsafe info?.pointee.fh ?? 0
                request.reply(bytes: try served.files.read(file, size: size, offset: offset))
            }
        }
        unsafe table.write = { pointer, _, buffer, size, _, info in
            unsafe answer(pointer) { (request, served) throws(Errno) in
                let file = unsafe info?.pointee.fh ?? 0
                try served.files.write(file, unsafe bytes(buffer, size), caller: request.caller)
                request.reply(written: size)
            }
        }
        unsafe table.ioctl = { pointer, _, command, _, info, flags, input, inputSize, outputSize in
            unsafe answer(pointer) { (request, served) throws(Errno) in
                if flags & UInt32(FUSE_IOCTL_DIR | FUSE_IOCTL_UNRESTRICTED) != 0 {
                    throw .inappropriateIOCTLForDevice
                }
                let answer = try served.files.ioctl(
                    unsafe info?.pointee.fh ?? 0, command: command, input: unsafe bytes(input, inputSize),
                    outputSize: outputSize, caller: request.caller)
                request.reply(result: answer.result, output: answer.output)
            }
        }
        unsafe table.poll = { pointer, _, info, handlePointer in
            // Adopted before anything can fail, so that it is freed in every case.
            let handle = unsafe handlePointer.map { unsafe PollHandle(adopting: $0) }
            unsafe answer(pointer) { (request, served) throws(Errno) in
                let file = unsafe info?.pointee.fh ?? 0
                // Before looking at the value: a change after the look finds the handle.
                if let handle, let inode = served.files.inode(of: file) {
                    served.waiters.add(handle, inode: inode, file: file)
                }
                request.reply(events: try served.files.pollEvents(file))
            }
        }
    }

    // MARK: What cannot be done here

    /// Only the server makes and removes nodes. What has no callback at all (xattrs, locks, flush, fsync) libfuse
    /// answers with ENOSYS once, and the kernel does not ask again; create falls back to mknod that way.
    private static func addRefusals(to table: inout fuse_lowlevel_ops) {
        unsafe table.mknod = { pointer, _, _, _, _ in unsafe refuse(pointer) }
        unsafe table.mkdir = { pointer, _, _, _ in unsafe refuse(pointer) }
        unsafe table.unlink = { pointer, _, _ in unsafe refuse(pointer) }
        unsafe table.rmdir = { pointer, _, _ in unsafe refuse(pointer) }
        unsafe table.symlink = { pointer, _, _, _ in unsafe refuse(pointer) }
        unsafe table.rename = { pointer, _, _, _, _, _ in unsafe refuse(pointer) }
        unsafe table.link = { pointer, _, _, _ in unsafe refuse(pointer) }
    }
}

// Free functions, as a C function pointer may not capture even a type.

private func answer(
    _ pointer: fuse_req_t?, _ body: (FuseRequest, Served) throws(Errno) -> Void
) {
    guard let pointer = unsafe pointer else { return }
    let request = unsafe FuseRequest(pointer)
    guard let served = request.served else { return request.fail(.ioError) }
    do throws(Errno) { try body(request, served) } catch { request.fail(error) }
}

private func bytes(_ start: UnsafeRawPointer?, _ count: Int) -> [UInt8] {
    unsafe [UInt8](UnsafeRawBufferPointer(start: start, count: start == nil ? 0 : count))
}

private func refuse(_ pointer: fuse_req_t?) {
    if let pointer = unsafe pointer { unsafe FuseRequest(pointer).fail(.notPermitted) }
}
