/// One entry of nvgpu's context-switch trace, as read() gives it: `struct nvgpu_gpu_ctxsw_trace_entry` of the driver's
/// include/uapi/linux/nvgpu.h.
///
/// | offset | type | field |
/// |---|---|---|
/// | 0 | u8 | tag |
/// | 1 | u8 | vmid |
/// | 2 | u16 | seqno |
/// | 4 | u32 | context_id |
/// | 8 | u64 | pid |
/// | 16 | u64 | timestamp |
public struct ContextSwitchRecord: Hashable, Sendable {
    /// Size of an entry.
    public static let byteCount = 24

    /// What happened, as the GPU's front-end context-switch microcode tells it. Any other value is not known here.
    public enum Tag: UInt8, CaseIterable, Sendable {
        /// The host asks for a switch; the pid is that of the context that has the engine.
        case requestByHost = 0x01
        /// The front end agreed.
        case acknowledged = 0x02
        /// The state of the outgoing context is saved: it has left the engine.
        case saveEnd = 0x03
        /// The state of the incoming context begins to load.
        case restoreStart = 0x04
        /// The incoming context has the engine.
        case contextStart = 0x05
        /// Agreed, after the engine was idle.
        case acknowledgedIdle = 0x0a
        /// Agreed, with graphics preempted between primitives.
        case acknowledgedGraphics = 0x0b
        /// Agreed, with compute preempted between thread blocks.
        case acknowledgedThreadBlock = 0x0c
        /// Agreed, with compute preempted between instructions.
        case acknowledgedInstruction = 0x0d
        /// The engine was reset: no context has it.
        case engineReset = 0xfe
    }

    /// The tag's number; `tag` is nil where it is not known here.
    public var tagNumber: UInt8
    /// Virtual machine; 0 without a hypervisor.
    public var vmid: UInt8
    /// Running number of the entries that the driver made for this device, whether it could store them or not.
    public var sequence: UInt16
    /// The driver's number of the context.
    public var contextID: UInt32
    /// Thread group id in the initial pid namespace of the process that made the context; 0 = the driver did not know it.
    public var pid: UInt64
    /// The GPU's own timer, nanoseconds in steps of 32, from an epoch of its own.
    public var timestamp: UInt64

    /// What happened, if it is known here.
    public var tag: Tag? { Tag(rawValue: tagNumber) }

    /// Makes an entry.
    public init(tagNumber: UInt8, vmid: UInt8, sequence: UInt16, contextID: UInt32, pid: UInt64, timestamp: UInt64) {
        self.tagNumber = tagNumber
        self.vmid = vmid
        self.sequence = sequence
        self.contextID = contextID
        self.pid = pid
        self.timestamp = timestamp
    }

    /// Reads the entry whose first byte is `bytes[start]`; little-endian, unaligned. The caller has checked that
    /// `byteCount` bytes are there.
    init(_ bytes: borrowing Span<UInt8>, at start: Int) {
        tagNumber = bytes[start]
        vmid = bytes[start + 1]
        sequence = UInt16(truncatingIfNeeded: Self.number(bytes, at: start + 2, bytes: 2))
        contextID = UInt32(truncatingIfNeeded: Self.number(bytes, at: start + 4, bytes: 4))
        pid = Self.number(bytes, at: start + 8, bytes: 8)
        timestamp = Self.number(bytes, at: start + 16, bytes: 8)
    }

    @inline(__always)
    private static func number(_ bytes: borrowing Span<UInt8>, at start: Int, bytes count: Int) -> UInt64 {
        var value: UInt64 = 0
        for index in 0..<count { value |= UInt64(bytes[start + index]) << UInt64(8 * index) }
        return value
    }
}
