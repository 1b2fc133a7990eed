import SystemCalls
import SystemPackage
import VirtualFiles

/// One open of nvgpu's context-switch device. The ring is read(); it cannot be mapped, as FUSE maps no device.
final class ContextSwitchDevice: VirtualStream {
    private let trace: ContextSwitchTrace

    init(_ trace: ContextSwitchTrace) throws(Errno) {
        try trace.open()
        self.trace = trace
    }

    var isReadable: Bool { trace.isReadable }

    func read(limit: Int) throws(Errno) -> [UInt8] { try trace.read(limit: limit) }

    func close() { trace.close() }

    /// The commands of uapi/linux/nvgpu-ctxsw.h, magic 'C'. ENOTTY for any other.
    func ioctl(
        _ command: UInt32, input: [UInt8], outputSize: Int, caller: Caller
    ) throws(Errno) -> (result: Int32, output: [UInt8]) {
        switch command {
        case Self.command(1, bytes: 0): trace.enable(at: MonotonicClock.nanoseconds())
        case Self.command(2, bytes: 0): trace.disable()
        case Self.command(3, bytes: 4, direction: 3):
            let size = input.reversed().reduce(0) { $0 << 8 | Int($1) }
            let given = try trace.setRing(bytes: size)
            return (0, (0..<4).map { UInt8(truncatingIfNeeded: given >> (8 * $0)) })
        case Self.command(4, bytes: 32, direction: 1):
            trace.filter = (0..<4).map { word in
                input[8 * word..<8 * word + 8].reversed().reduce(0) { $0 << 8 | UInt64($1) }
            }
        case Self.command(5, bytes: 32, direction: 2):
            return (0, trace.filter.flatMap { word in (0..<8).map { UInt8(truncatingIfNeeded: word >> (8 * $0)) } })
        case Self.command(6, bytes: 0): trace.flush()
        default: throw .inappropriateIOCTLForDevice
        }
        return (0, [])
    }

    /// A command number (linux/ioctl.h); direction 1 brings bytes, 2 returns them, 3 does both.
    static func command(_ number: UInt32, bytes: UInt32, direction: UInt32 = 0) -> UInt32 {
        direction << 30 | bytes << 16 | 0x43 << 8 | number
    }
}
