/// One entry of nvgpu's context-switch trace, as read() hands it out (uapi/linux/nvgpu-ctxsw.h,
/// struct nvgpu_ctxsw_trace_entry): 24 bytes, little-endian.
struct TraceEntry: Hashable, Sendable {
    /// NVGPU_CTXSW_TAG_*.
    enum Tag: UInt8, Sendable {
        case requestByHost = 0x01
        /// The front end gave the context up in the middle of its work.
        case frontEndAcknowledge = 0x02
        case saveEnd = 0x03
        case restoreStart = 0x04
        case contextStart = 0x05
        /// The front end was idle.
        case frontEndAcknowledgeIdle = 0x0a
        case engineReset = 0xfe
    }

    static let bytes = 24

    var tag: Tag
    var sequence: UInt16 = 0
    var context: ContextSwitch.Party
    /// PTIMER nanoseconds, a multiple of 32.
    var timestamp: UInt64

    /// The entries that the driver makes of one record. A switch takes no time here, so all have one timestamp.
    static func entries(of record: ContextSwitch, timestamp: UInt64) -> [TraceEntry] {
        switch record.kind {
        case .reset(let party): return [TraceEntry(tag: .engineReset, context: party, timestamp: timestamp)]
        case .change(let from, let to, let hadWork):
            var entries: [TraceEntry] = []
            if let from {
                let acknowledge = hadWork ? Tag.frontEndAcknowledge : .frontEndAcknowledgeIdle
                for tag in [.requestByHost, acknowledge, .saveEnd] {
                    entries.append(TraceEntry(tag: tag, context: from, timestamp: timestamp))
                }
            }
            if let to {
                for tag in [Tag.restoreStart, .contextStart] {
                    entries.append(TraceEntry(tag: tag, context: to, timestamp: timestamp))
                }
            }
            return entries
        }
    }

    /// tag, vmid (always 0), seqno, context_id, pid, timestamp.
    func append(to bytes: inout [UInt8]) {
        func append(_ value: some FixedWidthInteger) {
            var rest = value
            for _ in 0..<(value.bitWidth / 8) {
                bytes.append(UInt8(truncatingIfNeeded: rest))
                rest >>= 8
            }
        }
        append(UInt16(tag.rawValue))
        append(sequence)
        append(context.id)
        append(UInt64(context.pid))
        append(timestamp)
    }
}
