@testable import Telemetry

/// Makes the bytes that nvgpu's context-switch device gives for a history of switches, and knows the truth about it.
///
/// Each switch at GPU time t writes what the driver's fecs_trace writes: REQ_BY_HOST, FE_ACK and SAVE_END of the outgoing
/// process, RESTORE_START and CONTEXT_START of the incoming one, with consecutive running numbers.
struct ContextSwitchTraceBytes {
    private(set) var bytes = [UInt8]()
    /// Who was resident from when to when, on the GPU's timer.
    private(set) var truth = [GPUSlice]()
    private(set) var starts: UInt64 = 0
    var sequence: UInt16 = 0
    private var resident: (pid: Int32, since: UInt64)?

    init(firstSequence: UInt16 = 0) { sequence = firstSequence }

    /// Lets `pid` have the engine from `time` on; nil: nobody.
    mutating func change(to pid: Int32?, at time: UInt64) {
        if let resident {
            append(.requestByHost, resident.pid, time)
            append(.acknowledged, resident.pid, time)
            append(.saveEnd, resident.pid, time)
            truth.append(GPUSlice(pid: resident.pid, startNanoseconds: resident.since, endNanoseconds: time))
        }
        resident = nil
        if let pid {
            append(.restoreStart, pid, time)
            append(.contextStart, pid, time)
            starts += 1
            resident = (pid, time)
        }
    }

    mutating func append(_ tag: ContextSwitchRecord.Tag, _ pid: Int32, _ time: UInt64) {
        append(tag: tag.rawValue, pid: UInt64(max(pid, 0)), timestamp: time)
    }

    mutating func append(tag: UInt8, pid: UInt64, timestamp: UInt64) {
        bytes += [tag, 0]
        append(sequence)
        append(UInt32(truncatingIfNeeded: pid &+ 0x1_0000))
        append(pid)
        append(timestamp & ~31)
        sequence &+= 1
    }

    private mutating func append(_ value: some FixedWidthInteger) {
        for index in 0..<(value.bitWidth / 8) { bytes.append(UInt8(truncatingIfNeeded: value >> (8 * index))) }
    }

    /// Takes the bytes out.
    mutating func take() -> [UInt8] {
        defer { bytes = [] }
        return bytes
    }
}
