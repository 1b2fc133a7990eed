import CBPF
import Testing

@Suite("What the probes and the governor say to each other")
struct ProbeABITests {
    @Test("Swift sees the layouts that abi.h states")
    func layouts() {
        typealias Record = fulcrum_probe_record
        #expect(MemoryLayout<Record>.size == 80)
        #expect(MemoryLayout<Record>.stride == 80)
        #expect(MemoryLayout<Record>.offset(of: \.abi_version) == 0)
        #expect(MemoryLayout<Record>.offset(of: \.kind) == 2)
        #expect(MemoryLayout<Record>.offset(of: \.pid) == 4)
        #expect(MemoryLayout<Record>.offset(of: \.tid) == 8)
        #expect(MemoryLayout<Record>.offset(of: \.in_flight) == 12)
        #expect(MemoryLayout<Record>.offset(of: \.instance) == 16)
        #expect(MemoryLayout<Record>.offset(of: \.launches) == 24)
        #expect(MemoryLayout<Record>.offset(of: \.waits) == 32)
        #expect(MemoryLayout<Record>.offset(of: \.begin_ns) == 40)
        #expect(MemoryLayout<Record>.offset(of: \.end_ns) == 48)
        #expect(MemoryLayout<Record>.offset(of: \.busy_begin_ns) == 56)
        #expect(MemoryLayout<Record>.offset(of: \.stream) == 64)
        #expect(MemoryLayout<Record>.offset(of: \.token) == 72)

        typealias Account = fulcrum_account
        #expect(MemoryLayout<Account>.size == 472)
        #expect(MemoryLayout<Account>.offset(of: \.launches) == 8)
        #expect(MemoryLayout<Account>.offset(of: \.busy_begin_ns) == 24)
        #expect(MemoryLayout<Account>.offset(of: \.ended_ns) == 40)
        #expect(MemoryLayout<Account>.offset(of: \.contexts) == 48)
        #expect(MemoryLayout<Account>.offset(of: \.streams) == 64)
        #expect(MemoryLayout<fulcrum_wait>.size == 160)
        #expect(MemoryLayout<fulcrum_wait>.offset(of: \.begin_ns) == 0)
    }

    @Test("The numbers that are an ABI stay as they are")
    func constants() {
        #expect(FULCRUM_PROBE_ABI_VERSION == 2)
        let kinds = [
            FULCRUM_RECORD_STREAM_WAIT, FULCRUM_RECORD_CONTEXT_WAIT, FULCRUM_RECORD_EVENT_WAIT, FULCRUM_RECORD_EXIT,
            FULCRUM_RECORD_EXEC, FULCRUM_RECORD_LAUNCH, FULCRUM_RECORD_GRAPH_LAUNCH, FULCRUM_RECORD_COPY_WAIT,
        ]
        #expect(kinds.map(\.rawValue) == Array(1...8))
        let losses = [
            FULCRUM_LOSS_LAUNCH_RECORDS, FULCRUM_LOSS_WAIT_RECORDS, FULCRUM_LOSS_EXIT_RECORDS,
            FULCRUM_LOSS_PROCESSES, FULCRUM_LOSS_WAITS, FULCRUM_LOSS_STREAMS, FULCRUM_LOSS_ACCOUNTS,
        ]
        #expect(losses.map(\.rawValue) == Array(0...6))
        #expect(FULCRUM_LOSS_COUNT.rawValue == 7)
    }
}
