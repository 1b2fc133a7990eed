import Glibc
import SystemCalls
import SystemPackage

/// nvgpu's context-switch trace device, open. The driver lets one process have it at a time.
///
/// It is read and never mapped: not every system that serves this device can map it.
public struct ContextSwitchDevice: ~Copyable, Sendable {
    /// The node that was opened.
    public let path: String
    /// Size of the driver's buffer, bytes; 0 = the driver chose it.
    public let bufferBytes: UInt32
    private let file: OwnedDescriptor

    /// The nodes, as newer and older drivers name them.
    static let nodes = ["/dev/nvgpu/igpu0/ctxsw", "/dev/nvhost-ctxsw-gpu"]
    /// Sizes to ask for: drivers refuse what is above their own limit.
    private static let bufferSizes: [UInt32] = [512 << 10, 256 << 10, 128 << 10, 64 << 10]

    /// Opens the device below `root`, gives it a buffer and lets all tags through: the driver numbers the entries before it
    /// filters them, so that only an unfiltered trace tells of losses. Does not start tracing.
    public init(root: String = "") throws(ContextSwitchDeviceError) {
        try self.init(root: root, bufferSizes: nil)
    }

    /// As above, with a buffer of the first size that the driver agrees to.
    init(root: String, bufferSizes: [UInt32]?) throws(ContextSwitchDeviceError) {
        var chosen: String?
        for node in Self.nodes where chosen == nil && Directory.exists(root + node) { chosen = root + node }
        guard let path = chosen else { throw ContextSwitchDeviceError.missing(root: root) }
        var granted: UInt32 = 0
        file = try Self.open(path, bufferSizes ?? Self.bufferSizes, &granted)
        self.path = path
        bufferBytes = granted
    }

    private static func open(
        _ path: String, _ bufferSizes: [UInt32], _ granted: inout UInt32
    ) throws(ContextSwitchDeviceError) -> OwnedDescriptor {
        let file: OwnedDescriptor
        do throws(SystemCallError) {
            file = try OwnedDescriptor(opening: path, flags: O_RDONLY | O_NONBLOCK)
        } catch {
            throw ContextSwitchDeviceError(opening: path, error.errno)
        }
        granted = setUpBuffer(file, bufferSizes)
        if let errno = letAllThrough(file) {
            throw ContextSwitchDeviceError("let all tags through on", path, errno)
        }
        return file
    }

    private static func letAllThrough(_ file: borrowing OwnedDescriptor) -> Errno? {
        var everything = (UInt64.max, UInt64.max, UInt64.max, UInt64.max)
        return unsafe withUnsafeMutableBytes(of: &everything) {
            unsafe Request.setFilter.call(file, $0.baseAddress)
        }
    }

    /// The size that the driver agrees to; 0 where it stays with its own.
    private static func setUpBuffer(_ file: borrowing OwnedDescriptor, _ bufferSizes: [UInt32]) -> UInt32 {
        for size in bufferSizes {
            var request = size
            let errno = unsafe withUnsafeMutableBytes(of: &request) {
                unsafe Request.setUpRing.call(file, $0.baseAddress)
            }
            if errno == nil { return request }
            guard errno == .invalidArgument || errno == .noMemory else { break }
        }
        return 0
    }

    /// Whether the device can be had here, by trying; the trial holds it for a moment. Do not ask while this process has it.
    public static func support(root: String = "") -> FeatureAnswer {
        do {
            _ = try ContextSwitchDevice(root: root)
            return .available
        } catch {
            return error.answer
        }
    }

    /// For poll(2).
    var rawDescriptor: Int32 { file.rawValue }

    /// Starts tracing.
    func enable() throws(ContextSwitchDeviceError) {
        if let errno = unsafe Request.enable.call(file, nil) {
            throw ContextSwitchDeviceError("start tracing on", path, errno)
        }
    }

    /// Stops tracing. Closing the device does so too.
    func disable() -> Errno? {
        unsafe Request.disable.call(file, nil)
    }

    /// Moves what the GPU has written so far into the driver's buffer; else the driver does so 60 times a second.
    func flush() -> Errno? {
        unsafe Request.flush.call(file, nil)
    }

    /// Reads what is there, without waiting. Returns the number of bytes (0: nothing) or a negated errno.
    func read(into buffer: inout [UInt8]) -> Int {
        while true {
            let count = unsafe buffer.withUnsafeMutableBytes {
                unsafe Glibc.read(file.rawValue, $0.baseAddress, $0.count)
            }
            if count >= 0 { return count }
            if Glibc.errno == EAGAIN { return 0 }
            if Glibc.errno != EINTR { return -Int(Glibc.errno) }
        }
    }

    /// The requests of the driver's include/uapi/linux/nvgpu.h, NVGPU_CTXSW_IOCTL_MAGIC 'C'.
    private enum Request {
        case enable, disable, setUpRing, setFilter, flush

        private var number: UInt {
            switch self {
            case .enable: Self.number(.none, 1, bytes: 0)
            case .disable: Self.number(.none, 2, bytes: 0)
            // struct nvgpu_ctxsw_ring_setup_args: u32 size, of the buffer with its header, in and out.
            case .setUpRing: Self.number(.readWrite, 3, bytes: 4)
            // struct nvgpu_ctxsw_trace_filter_args: one bit for each of 256 tags.
            case .setFilter: Self.number(.write, 4, bytes: 32)
            case .flush: Self.number(.none, 6, bytes: 0)
            }
        }

        private enum Direction: UInt { case none = 0, write = 1, readWrite = 3 }

        /// _IOC of include/uapi/asm-generic/ioctl.h.
        private static func number(_ direction: Direction, _ request: UInt, bytes: UInt) -> UInt {
            direction.rawValue << 30 | bytes << 16 | UInt(UInt8(ascii: "C")) << 8 | request
        }

        /// Returns nil, or the errno.
        func call(_ file: borrowing OwnedDescriptor, _ argument: UnsafeMutableRawPointer?) -> Errno? {
            while true {
                let result: Int32
                if let argument = unsafe argument {
                    result = unsafe ioctl(file.rawValue, number, argument)
                } else {
                    result = ioctl(file.rawValue, number, 0 as CInt)
                }
                if result >= 0 { return nil }
                if Glibc.errno != EINTR { return Errno(rawValue: Glibc.errno) }
            }
        }
    }
}
