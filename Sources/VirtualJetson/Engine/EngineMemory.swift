import CVirtualGPU
import Glibc
import SystemPackage

/// The engine's end of the shared memory. Everything read through it may be torn or a lie.
@safe struct EngineMemory: Sendable {
    static let contextCount = Int(VGPU_CONTEXTS)
    static let callWords = Int(VGPU_CONTEXT_WORDS)
    static let ringSize = UInt64(VGPU_RING)
    static let loadRingSize = UInt64(VGPU_LOAD_RING)

    // The C side does every access with an atomic operation; `destroy` is called once, when no thread uses it any more.
    private nonisolated(unsafe) let board: OpaquePointer
    private let descriptor: Int32
    private let path: String

    /// Makes the file at `path`, replacing one that no engine serves.
    init(path: String) throws(EngineError) {
        var made: OpaquePointer?
        var descriptor: Int32 = -1
        let result = unsafe vgpu_create(path, &made, &descriptor)
        guard result == 0, let made = unsafe made else {
            let errno = Errno(rawValue: -result)
            let remedy =
                errno == .resourceBusy
                ? "Another virtual board serves it: stop that one, or give this one its own --state directory."
                : "Its directory must exist and be writable by this user."
            throw EngineError(
                description:
                    "Could not make the GPU's shared memory \(path): \(errno) (errno \(errno.rawValue)). \(remedy)",
                errno: errno)
        }
        unsafe board = made
        self.descriptor = descriptor
        self.path = path
    }

    /// Unmaps and removes the file. Nothing may be called after it.
    func destroy() {
        _ = unsafe path.withCString { unsafe unlink($0) }
        unsafe vgpu_destroy(board, descriptor)
    }

    func publish(surface: String, at index: Int) {
        guard let index = UInt32(exactly: index) else { return }
        unsafe vgpu_publish_surface(board, index, surface)
    }

    var doorbell: UInt32 { unsafe vgpu_doorbell(board) }
    func ring() { unsafe vgpu_ring_doorbell(board) }
    func wait(seen: UInt32, nanoseconds: UInt64) { unsafe vgpu_wait_doorbell(board, seen, nanoseconds) }
    /// The contexts from 64 * `word` on that have called, a bit for each; they count as answered from now on.
    func takeCalls(_ word: Int) -> UInt64 { unsafe vgpu_take_calls(board, UInt32(truncatingIfNeeded: word)) }

    func owner(_ context: Int) -> UInt32 { unsafe vgpu_owner(board, UInt32(truncatingIfNeeded: context)) }
    func isClosing(_ context: Int) -> Bool { unsafe vgpu_is_closing(board, UInt32(truncatingIfNeeded: context)) }
    func isHeld(_ context: Int) -> Bool { vgpu_is_held(descriptor, UInt32(truncatingIfNeeded: context)) }
    func submitted(_ context: Int) -> UInt64 { unsafe vgpu_submitted(board, UInt32(truncatingIfNeeded: context)) }
    func loadsSubmitted(_ context: Int) -> UInt64 {
        unsafe vgpu_loads_submitted(board, UInt32(truncatingIfNeeded: context))
    }
    /// Bytes of GPU memory that its client says it has; at most 1 TiB.
    func allocatedBytes(_ context: Int) -> UInt64 {
        min(unsafe vgpu_memory(board, UInt32(truncatingIfNeeded: context)), 1 << 40)
    }
    func launch(_ context: Int, _ index: UInt64) -> vgpu_launch {
        unsafe vgpu_launch_at(board, UInt32(truncatingIfNeeded: context), index)
    }
    func loadTime(_ context: Int, _ index: UInt64) -> UInt64 {
        unsafe vgpu_load_submitted_ns(board, UInt32(truncatingIfNeeded: context), index)
    }
    func complete(_ completion: EngineModel.Completion) {
        let context = UInt32(truncatingIfNeeded: completion.context)
        if completion.isLoad {
            unsafe vgpu_complete_load(board, context, completion.index)
        } else {
            unsafe vgpu_complete(board, context, completion.index, completion.time)
        }
    }
    func fault(_ context: Int) { unsafe vgpu_fault(board, UInt32(truncatingIfNeeded: context)) }
    func reset(_ context: Int) { unsafe vgpu_reset(board, UInt32(truncatingIfNeeded: context)) }

    func surface(_ context: Int) -> String {
        var name = [CChar](repeating: 0, count: Int(VGPU_SURFACE_BYTES))
        unsafe name.withUnsafeMutableBufferPointer { buffer in
            guard let base = buffer.baseAddress else { return }
            unsafe vgpu_surface(board, UInt32(truncatingIfNeeded: context), base)
        }
        return String(decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
