public import SystemPackage

/// One open of a device-like file. All calls come from the server's one thread; `close` comes last, exactly once.
public protocol VirtualStream: AnyObject, Sendable {
    /// Up to `limit` bytes. Never blocks: EAGAIN when nothing is there, empty at the end.
    func read(limit: Int) throws(Errno) -> [UInt8]

    /// Takes all of `bytes`. The kernel cuts a write() of more than 128 KiB into several. The default refuses (EINVAL).
    func write(_ bytes: [UInt8], caller: Caller) throws(Errno)

    /// A restricted ioctl: direction and sizes are those that `command` encodes (linux/ioctl.h: `_IOW` brings `input`,
    /// `_IOR` has room for `outputSize` bytes, at most 16,383). More output than that is EIO. The default is ENOTTY.
    func ioctl(
        _ command: UInt32, input: [UInt8], outputSize: Int, caller: Caller
    ) throws(Errno) -> (result: Int32, output: [UInt8])

    /// Whether `read` would return something now; poll asks. `FileTree.notify` makes waiting pollers ask again.
    var isReadable: Bool { get }

    /// The file was closed, or the server has ended.
    func close()
}

extension VirtualStream {
    /// Refuses with EINVAL.
    public func write(_ bytes: [UInt8], caller: Caller) throws(Errno) {
        throw .invalidArgument
    }

    /// Knows no command: ENOTTY.
    public func ioctl(
        _ command: UInt32, input: [UInt8], outputSize: Int, caller: Caller
    ) throws(Errno) -> (result: Int32, output: [UInt8]) {
        throw .inappropriateIOCTLForDevice
    }
}
