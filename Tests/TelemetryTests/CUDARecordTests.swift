import CBPF
import Testing

@testable import Telemetry

@Suite("Records of the probes' ring")
struct CUDARecordTests {
    private var wait: fulcrum_probe_record {
        var record = fulcrum_probe_record()
        record.abi_version = UInt16(FULCRUM_PROBE_ABI_VERSION)
        record.kind = UInt16(FULCRUM_RECORD_STREAM_WAIT.rawValue)
        record.pid = 7
        record.tid = 8
        record.in_flight = 3
        record.instance = 99
        record.launches = 11
        record.waits = 2
        record.begin_ns = 1_000
        record.end_ns = 1_500
        record.busy_begin_ns = 900
        record.stream = 0x7000
        return record
    }

    @Test("A record says what the programs wrote")
    func fields() throws {
        let record = try #require(parse(wait))
        #expect(record.kind == .call(.streamWait))
        #expect(record.pid == 7 && record.tid == 8 && record.instance == 99)
        #expect(record.counts == CUDACounts(launches: 11, waits: 2))
        #expect(record.launchesInFlight == 3)
        #expect(record.beginNanoseconds == 1_000 && record.endNanoseconds == 1_500)
        #expect(record.busyBeginNanoseconds == 900)
        #expect(record.stream == 0x7000 && record.token == 0)
    }

    @Test("Each kind is known; a copy to the host is a wait for the default stream")
    func kinds() {
        let kinds: [CUDARecord.Kind] = [
            .call(.streamWait), .call(.contextWait), .call(.eventWait), .exit, .exec, .call(.launch),
            .call(.graphLaunch), .call(.streamWait),
        ]
        for (number, kind) in zip(1..., kinds) {
            var record = wait
            record.kind = UInt16(number)
            #expect(parse(record)?.kind == kind)
        }
    }

    @Test("The default streams are 0; a handle whose halves look like one is itself")
    func defaultStreams() {
        for (name, expected) in [(0, 0), (1, 0), (77 << 32 | 2, 0), (77 << 32, 77 << 32), (0x1002, 0x1002)] {
            var record = wait
            record.stream = UInt64(name)
            #expect(parse(record)?.stream == UInt64(expected))
        }
    }

    @Test("Another version, kind or process that cannot be, and cut records are refused; times are put right")
    func refuses() {
        func changed(_ change: (inout fulcrum_probe_record) -> Void) -> CUDARecord? {
            var record = wait
            change(&record)
            return parse(record)
        }
        #expect(changed { $0.abi_version = 1 } == nil)
        #expect(changed { $0.kind = 0 } == nil)
        #expect(changed { $0.kind = 9 } == nil)
        #expect(changed { $0.pid = 0 } == nil)
        #expect(changed { $0.pid = 1 << 31 } == nil)
        #expect(changed { $0.tid = .max } == nil)
        #expect(parse(wait, bytes: MemoryLayout<fulcrum_probe_record>.size - 1) == nil)
        #expect(parse(wait, bytes: 0) == nil)
        #expect(changed { $0.end_ns = 1 }?.endNanoseconds == 1_000)
        #expect(changed { $0.busy_begin_ns = 0 }?.busyBeginNanoseconds == .some(nil))
        #expect(changed { $0.busy_begin_ns = 1_501 }?.busyBeginNanoseconds == .some(nil))
    }

    private func parse(_ record: fulcrum_probe_record, bytes count: Int? = nil) -> CUDARecord? {
        unsafe withUnsafeBytes(of: record) { bytes in
            unsafe CUDARecord.parse(UnsafeRawBufferPointer(rebasing: bytes.prefix(count ?? bytes.count)))
        }
    }
}
