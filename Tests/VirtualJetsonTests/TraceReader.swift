import Glibc
import SystemCalls
import SystemPackage

/// A program that reads the context-switch device of a mounted board.
final class TraceReader {
    static let names = ["dev/nvgpu/igpu0/ctxsw", "dev/nvhost-ctxsw-gpu"]

    /// One entry as the device hands it out.
    struct Entry: Equatable {
        var tag: UInt8
        var vmid: UInt8
        var sequence: UInt16
        var contextID: UInt32
        var pid: UInt64
        var timestamp: UInt64
    }

    let file: OwnedDescriptor

    init(_ board: MountedBoard, name: String = names[0]) throws {
        file = try OwnedDescriptor(opening: board.board.root + "/" + name, flags: O_RDWR | O_NONBLOCK)
    }

    /// `_IO`, `_IOW` (1), `_IOR` (2) or `_IOWR` (3) of magic 'C'.
    @discardableResult
    func control(_ number: UInt, _ bytes: [UInt8] = [], direction: UInt = 0) -> (errno: Int32, bytes: [UInt8]) {
        let command = direction << 30 | UInt(bytes.count) << 16 | 0x43 << 8 | number
        var room = bytes + [0]
        let result = unsafe room.withUnsafeMutableBytes { buffer in
            unsafe buffer.baseAddress.map { unsafe Glibc.ioctl(file.rawValue, command, $0) }
        }
        return (result == 0 ? 0 : Glibc.errno, Array(room.prefix(bytes.count)))
    }

    func enable() { control(1) }
    func disable() { control(2) }
    func setRing(bytes: UInt32) -> (errno: Int32, bytes: [UInt8]) {
        control(3, (0..<4).map { UInt8(truncatingIfNeeded: bytes >> (8 * $0)) }, direction: 3)
    }
    func setFilter(tags: [Int]) {
        var bits = [UInt8](repeating: 0, count: 32)
        for tag in tags { bits[tag / 8] |= 1 << UInt8(tag % 8) }
        control(4, bits, direction: 1)
    }
    func flush() { control(6) }

    /// Nil for EAGAIN.
    func read(limit: Int = 65_536) throws -> [UInt8]? {
        var buffer = [UInt8](repeating: 0, count: limit)
        let count = unsafe buffer.withUnsafeMutableBytes { unsafe Glibc.read(file.rawValue, $0.baseAddress, $0.count) }
        if count < 0 {
            guard Glibc.errno == EAGAIN else { throw Errno(rawValue: Glibc.errno) }
            return nil
        }
        return Array(buffer.prefix(count))
    }

    /// All that is there.
    func entries() throws -> [Entry] {
        var entries: [Entry] = []
        while let bytes = try read() { entries += Self.parse(bytes) }
        return entries
    }

    static func parse(_ bytes: [UInt8]) -> [Entry] {
        func number(_ start: Int, _ count: Int) -> UInt64 {
            bytes[start..<start + count].reversed().reduce(0) { $0 << 8 | UInt64($1) }
        }
        return stride(from: 0, to: bytes.count, by: 24).map { start in
            Entry(
                tag: bytes[start], vmid: bytes[start + 1], sequence: UInt16(number(start + 2, 2)),
                contextID: UInt32(number(start + 4, 4)), pid: number(start + 8, 8), timestamp: number(start + 16, 8))
        }
    }
}
