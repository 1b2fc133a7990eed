import Glibc
import SystemCalls
import Testing

@testable import Telemetry

@Suite("The context-switch device")
struct ContextSwitchDeviceTests {
    @Test("A board without it says which nodes are missing and what that means")
    func missing() throws {
        let board = try ScratchDirectory()
        guard case .unknown(let other) = ContextSwitchDevice.support(root: board.path) else {
            Issue.record("No driver is not an answer for good.")
            return
        }
        #expect(other.contains("\(board.path)/dev/nvgpu/igpu0/ctxsw"))
        #expect(other.contains("not nvgpu"))
        try board.write("", "dev/nvgpu/igpu0/ctrl")
        guard case .unavailable(let sentence) = ContextSwitchDevice.support(root: board.path) else {
            Issue.record("nvgpu without the node cannot trace.")
            return
        }
        #expect(sentence.contains("/dev/nvhost-ctxsw-gpu"))
        #expect(sentence.contains("device tree"))
    }

    @Test("A file that is no device is refused with its errno", arguments: ContextSwitchDevice.nodes)
    func noDevice(node: String) throws {
        let board = try ScratchDirectory()
        try board.write("", String(node.dropFirst()))
        guard case .unavailable(let sentence) = ContextSwitchDevice.support(root: board.path) else {
            Issue.record("A plain file is taken for the device.")
            return
        }
        #expect(sentence.contains("no context-switch device"))
        #expect(sentence.contains("errno \(ENOTTY)"))
    }

    @Test("Who has a file open is found by /proc")
    func holder() throws {
        let board = try ScratchDirectory()
        try board.write("", "held")
        let path = try #require(
            unsafe realpath(board.path + "/held", nil).map { pointer in
                defer { unsafe free(pointer) }
                return unsafe String(cString: pointer)
            })
        let file = try OwnedDescriptor(opening: path)
        let name = try #require(DeviceHolder.find(path))
        #expect(name.contains("(pid \(getpid()))"))
        let error = ContextSwitchDeviceError(opening: path, .resourceBusy)
        #expect(error.description.contains("one process open it"))
        #expect(error.description.contains("\(getpid())"))
        _ = file.rawValue
    }
}
