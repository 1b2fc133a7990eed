import Glibc
import Synchronization
import SystemCalls
import SystemPackage
import Testing

@testable import VirtualFiles

@Suite(.enabled(if: Fuse.isUsable, Fuse.reason)) struct StreamTests {
    /// A device with a queue, one opener at a time, and ioctls in all directions.
    private final class Device: Sendable {
        struct State {
            var isOpen = false
            var queue = [UInt8]()
            var written = [UInt8]()
            var caller: Caller?
        }
        let state = Mutex(State())

        func open() throws(Errno) -> Stream {
            let isFree = state.withLock { state in
                if state.isOpen { return false }
                state.isOpen = true
                return true
            }
            if !isFree { throw .resourceBusy }
            return Stream(self)
        }

        final class Stream: VirtualStream {
            private let device: Device

            init(_ device: Device) { self.device = device }

            func read(limit: Int) throws(Errno) -> [UInt8] {
                let bytes = device.state.withLock { state in
                    let bytes = Array(state.queue.prefix(limit))
                    state.queue.removeFirst(bytes.count)
                    return bytes
                }
                if bytes.isEmpty { throw .resourceTemporarilyUnavailable }
                return bytes
            }

            func write(_ bytes: [UInt8], caller: Caller) throws(Errno) {
                if bytes.first == 0 { throw .outOfRange }
                device.state.withLock {
                    $0.written += bytes
                    $0.caller = caller
                }
            }

            func ioctl(
                _ command: UInt32, input: [UInt8], outputSize: Int, caller: Caller
            ) throws(Errno) -> (result: Int32, output: [UInt8]) {
                switch command & 0xff {
                case 1: return (0, [])
                case 2: return (Int32(input.count), [])
                case 3: return (0, [UInt8](repeating: 7, count: outputSize))
                case 4: return (5, input.map { $0 &+ 1 })
                case 5: throw .invalidArgument
                case 6: return (0, [UInt8](repeating: 0, count: outputSize + 1))
                default: throw .inappropriateIOCTLForDevice
                }
            }

            var isReadable: Bool { device.state.withLock { !$0.queue.isEmpty } }

            func close() { device.state.withLock { $0.isOpen = false } }
        }
    }

    private struct Plain {
        static func stream(_ device: Device) -> VirtualFile {
            .stream { (_: Caller) throws(Errno) -> any VirtualStream in try device.open() }
        }
    }

    private func command(_ direction: UInt, size: UInt, _ number: UInt) -> UInt {
        direction << 30 | size << 16 | UInt(UInt8(ascii: "C")) << 8 | number
    }

    @Test func hasOneOpenerAndIsFreedByClose() throws {
        let mounted = try MountedTree()
        let device = Device()
        try mounted.tree.add("ctxsw", Plain.stream(device))
        do {
            let file = try mounted.open("ctxsw", O_RDWR)
            #expect(mounted.openErrno("ctxsw") == .resourceBusy)
            _ = file.rawValue
        }
        // RELEASE comes after close() has returned: the next open() may still meet it.
        #expect(waitUntil { mounted.openErrno("ctxsw") == nil })
    }

    @Test func readsWritesAndPolls() throws {
        let mounted = try MountedTree()
        let device = Device()
        try mounted.tree.add("ctxsw", Plain.stream(device))
        let file = try mounted.open("ctxsw", O_RDWR)
        func read(_ size: Int) -> Result<[UInt8], Errno> {
            var bytes = [UInt8](repeating: 0, count: size)
            let count = unsafe Glibc.read(file.rawValue, &bytes, size)
            return count < 0 ? .failure(Errno(rawValue: errno)) : .success(Array(bytes.prefix(count)))
        }
        #expect(read(8) == .failure(.resourceTemporarilyUnavailable))
        #expect(file.poll(POLLIN, milliseconds: 20) == nil)
        let thread = try SystemThread(name: "producer") {
            device.state.withLock { $0.queue = [1, 2, 3, 4, 5] }
            mounted.tree.notify("ctxsw")
        }
        #expect(file.poll(POLLIN, milliseconds: 10_000) == POLLIN)
        thread.join()
        #expect(read(2) == .success([1, 2]))
        #expect(read(8) == .success([3, 4, 5]))
        #expect(read(8) == .failure(.resourceTemporarilyUnavailable))
        #expect(file.text(at: 0) == .failure(.illegalSeek))
        #expect(unsafe Glibc.write(file.rawValue, [9, 8] as [UInt8], 2) == 2)
        #expect(unsafe Glibc.write(file.rawValue, [0, 8] as [UInt8], 2) == -1 && errno == ERANGE)
        #expect(device.state.withLock { $0.written } == [9, 8])
        #expect(device.state.withLock { $0.caller?.uid } == 0)
        #expect(mounted.log.lines.count == 1 && mounted.log.lines[0].hasPrefix("Refused at ctxsw: 2 bytes from uid 0"))
    }

    @Test func ioctlsInAllDirections() throws {
        let mounted = try MountedTree()
        try mounted.tree.add("ctxsw", Plain.stream(Device()))
        try mounted.tree.add("plain", Cell(1).attribute())
        let file = try mounted.open("ctxsw", O_RDWR)
        func ioctl(_ command: UInt, _ size: Int = 64, on other: Int32? = nil) -> (Int32, [UInt8]) {
            var buffer = [UInt8](repeating: 1, count: size)
            let result = unsafe buffer.withUnsafeMutableBytes {
                guard let start = $0.baseAddress else { return Int32(-1) }
                return unsafe Glibc.ioctl(other ?? file.rawValue, command, start)
            }
            return (result < 0 ? -errno : result, buffer)
        }
        #expect(ioctl(command(0, size: 0, 1)).0 == 0)
        #expect(ioctl(command(1, size: 24, 2)).0 == 24)
        #expect(ioctl(command(2, size: 8, 3), 16) == (0, [7, 7, 7, 7, 7, 7, 7, 7, 1, 1, 1, 1, 1, 1, 1, 1]))
        #expect(ioctl(command(3, size: 4, 4), 4) == (5, [2, 2, 2, 2]))
        #expect(ioctl(command(3, size: 16_383, 4), 16_383).1 == [UInt8](repeating: 2, count: 16_383))
        #expect(ioctl(command(1, size: 4, 5)).0 == -EINVAL)
        #expect(ioctl(command(2, size: 4, 6)).0 == -EIO)
        #expect(ioctl(command(2, size: 4, 99)).0 == -ENOTTY)
        let plain = try mounted.open("plain")
        #expect(ioctl(command(2, size: 4, 3), on: plain.rawValue).0 == -ENOTTY)
        mounted.tree.remove("ctxsw")
        #expect(ioctl(command(0, size: 0, 1)).0 == -ENODEV)
    }

    @Test func stoppingClosesWhatClientsHold() throws {
        let mounted = try MountedTree()
        let device = Device()
        try mounted.tree.add("ctxsw", Plain.stream(device))
        let file = try mounted.open("ctxsw")
        mounted.server.stop()
        #expect(device.state.withLock { !$0.isOpen })
        #expect(file.text() != .success(""))
    }
}
