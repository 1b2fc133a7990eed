import Testing

@testable import Inspection

@Suite("Lines of trace_pipe")
struct TraceRecordTests {
    private func record(_ line: String) -> TraceRecord? { TraceRecord(line: Array(line.utf8).span) }

    @Test func linesOfEachKind() {
        #expect(record("version 1 clock monotonic") == .version(1, clock: "monotonic"))
        #expect(record("process 4711 python3 -m train") == .process(pid: 4711, name: "python3 -m train"))
        #expect(record("slice 4711 10 20 ctxsw") == .slice(pid: 4711, start: 10, end: 20, source: .ctxsw))
        #expect(record("slice 1 20 20 launches") == .slice(pid: 1, start: 20, end: 20, source: .launches))
        #expect(record("slice 1 0 20 boundaries") == .slice(pid: 1, start: 0, end: 20, source: .boundaries))
        #expect(record("minibatch 4711 30 7") == .minibatch(pid: 4711, end: 30, count: 7))
        #expect(record("rail VDD_GPU_SOC 5 12400000") == .rail(label: "VDD_GPU_SOC", at: 5, microwatts: 12_400_000))
        #expect(
            record("mode 9 4 1113600 1300500000 3199000000")
                == .mode(at: 9, .init(cores: 4, cpuKHz: 1_113_600, gpuHz: 1_300_500_000, emcHz: 3_199_000_000)))
        #expect(record("mode 9 stock") == .mode(at: 9, nil))
        #expect(
            record("decision 9 Settled on it, as 12 W fit.") == .decision(at: 9, text: "Settled on it, as 12 W fit."))
        #expect(record("lost 12") == .lost(12))
    }

    @Test(
        "Torn, unknown and absurd lines are none",
        arguments: [
            "", " ", "slice", "slice 1 2 3", "slice 1 2 3 ctxs", "slice 1 2 3 ctxsw more", "slice 1 3 2 ctxsw",
            "slice 0 2 3 ctxsw", "slice -1 2 3 ctxsw", "slice 4194304 2 3 ctxsw", "slice 1  2 3 ctxsw",
            "slice 1 2 9999999999999999999 ctxsw", "slice 1 2 18446744073709551616 ctxsw", "slice 1 0x2 3 ctxsw",
            "slices 1 2 3 ctxsw", "SLICE 1 2 3 ctxsw", "slice 1 2 3 ctxsw ", "minibatch 1 2", "minibatch 1 2 x",
            "rail A 1", "rail A 1 unmeasured", "rail  1 2", "rail A 1 1000000001", "mode 1", "mode 1 2 3 4",
            "mode 1 2 3 4 5 6", "mode 1 stock 2", "decision 1", "decision x y", "lost", "lost -1", "lost 1 2",
            "process 1",
            "process 1 ", "version 1", "version one clock monotonic", "\u{0}", "ice 1 2 3 ctxsw",
        ])
    func noRecords(line: String) {
        #expect(record(line) == nil)
    }

    @Test("Names and sentences are bounded, and bytes that are no text become U+FFFD")
    func boundsAndBytes() {
        let long = String(repeating: "x", count: 5_000)
        #expect(record("process 1 \(long)") == .process(pid: 1, name: String(long.prefix(64))))
        #expect(record("decision 1 \(long)") == .decision(at: 1, text: String(long.prefix(1_024))))
        #expect(TraceRecord(line: (Array("process 1 a".utf8) + [0xff]).span) == .process(pid: 1, name: "a\u{fffd}"))
    }
}
