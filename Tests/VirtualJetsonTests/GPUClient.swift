import CVirtualGPU
import Glibc
import SystemPackage

/// A client of the engine in this process.
@safe final class GPUClient {
    private let client: OpaquePointer
    private var isOpen = true

    init(_ path: String) throws {
        var opened: OpaquePointer?
        let result = unsafe vgpu_open(path, &opened)
        guard let opened = unsafe opened else { throw Errno(rawValue: -result) }
        unsafe client = opened
    }

    deinit { close() }

    func close() {
        guard isOpen else { return }
        isOpen = false
        unsafe vgpu_close(client)
    }

    func setSurface(_ name: String) -> Int32 { unsafe vgpu_set_surface(client, name) }

    /// The number of launches queued so far.
    @discardableResult
    func submit(share: UInt32 = 0, cycles: UInt64 = 0) throws -> UInt64 {
        var count: UInt64 = 0
        var work = vgpu_work(cycles: cycles, share_ppm: share)
        let result = unsafe vgpu_submit(client, &work, 1, &count)
        guard result == 0 else { throw Errno(rawValue: -result) }
        return count
    }

    func wait(_ count: UInt64) -> Int32 { unsafe vgpu_wait(client, count) }
    func setMemory(_ bytes: UInt64) { unsafe vgpu_set_memory(client, bytes) }
    func completion(_ count: UInt64) -> UInt64 { unsafe vgpu_completion_ns(client, count) }
}
