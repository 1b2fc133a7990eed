import CBPF
import Testing

@Suite("The record of the probes")
struct ProbeABITests {
    @Test("Swift sees the layout that abi.h states")
    func layout() {
        typealias Record = fulcrum_probe_record
        #expect(MemoryLayout<Record>.size == 48)
        #expect(MemoryLayout<Record>.stride == 48)
        #expect(MemoryLayout<Record>.offset(of: \.abi_version) == 0)
        #expect(MemoryLayout<Record>.offset(of: \.kind) == 2)
        #expect(MemoryLayout<Record>.offset(of: \.pid) == 4)
        #expect(MemoryLayout<Record>.offset(of: \.tid) == 8)
        #expect(MemoryLayout<Record>.offset(of: \.start_time_ticks) == 16)
        #expect(MemoryLayout<Record>.offset(of: \.boundaries) == 24)
        #expect(MemoryLayout<Record>.offset(of: \.wait_begin_ns) == 32)
        #expect(MemoryLayout<Record>.offset(of: \.wait_end_ns) == 40)
    }

    @Test("The numbers that are an ABI stay as they are")
    func constants() {
        #expect(FULCRUM_PROBE_ABI_VERSION == 1)
        #expect(FULCRUM_RECORD_STREAM_WAIT.rawValue == 1)
        #expect(FULCRUM_RECORD_CONTEXT_WAIT.rawValue == 2)
        #expect(FULCRUM_RECORD_EVENT_WAIT.rawValue == 3)
        #expect(FULCRUM_RECORD_EXIT.rawValue == 4)
        #expect(FULCRUM_LOSS_RECORDS.rawValue == 0)
        #expect(FULCRUM_LOSS_PROCESSES.rawValue == 1)
        #expect(FULCRUM_LOSS_WAITS.rawValue == 2)
    }
}
