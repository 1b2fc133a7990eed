import Testing

@testable import Telemetry

@Suite("Entries of the context-switch device")
struct ContextSwitchParserTests {
    private func entries(_ parser: inout ContextSwitchParser, _ bytes: [UInt8]) -> [ContextSwitchParser.Entry] {
        var entries = [ContextSwitchParser.Entry]()
        parser.parse(bytes.span, into: &entries)
        return entries
    }

    @Test("The layout is the driver's: 24 bytes, little-endian")
    func layout() throws {
        let bytes: [UInt8] = [
            0x05, 0x02, 0x34, 0x12, 0x78, 0x56, 0x34, 0x12, 0x01, 0x02, 0x03, 0x04, 0, 0, 0, 0, 0xe0, 0xff, 0xee, 0xdd,
            0xcc, 0xbb, 0xaa, 0x99,
        ]
        var parser = ContextSwitchParser()
        let entry = try #require(entries(&parser, bytes).first)
        #expect(
            entry.record
                == ContextSwitchRecord(
                    tagNumber: 5, vmid: 2, sequence: 0x1234, contextID: 0x1234_5678, pid: 0x0403_0201,
                    timestamp: 0x99aa_bbcc_ddee_ffe0))
        #expect(entry.record.tag == .contextStart)
        #expect(ContextSwitchRecord.Tag.allCases.map(\.rawValue) == [1, 2, 3, 4, 5, 0x0a, 0x0b, 0x0c, 0x0d, 0xfe])
    }

    @Test("Reads torn at any byte give the same entries, and are counted", arguments: 1..<48)
    func torn(at split: Int) {
        var trace = ContextSwitchTraceBytes(firstSequence: 65_533)
        trace.change(to: 7, at: 3_200)
        trace.change(to: 8, at: 6_400)
        var whole = ContextSwitchParser()
        let expected = entries(&whole, trace.bytes).map(\.record)
        #expect(expected.count == 7)
        var parser = ContextSwitchParser()
        let got = entries(&parser, Array(trace.bytes[..<split])) + entries(&parser, Array(trace.bytes[split...]))
        #expect(got.map(\.record) == expected)
        #expect(parser.counts.tornReads == (split % 24 == 0 ? 0 : 1))
        #expect(parser.counts.lostRecords == 0)
    }

    @Test("Missing numbers are losses, also over the wrap, and mark the entry after them")
    func losses() {
        var trace = ContextSwitchTraceBytes(firstSequence: 65_530)
        trace.change(to: 7, at: 3_200)
        trace.sequence &+= 13
        trace.change(to: 8, at: 6_400)
        trace.change(to: 9, at: 9_600)
        trace.sequence &+= 1
        trace.change(to: nil, at: 12_800)
        var parser = ContextSwitchParser()
        let got = entries(&parser, trace.bytes)
        #expect(parser.counts.lostRecords == 14)
        #expect(parser.counts.losses == 2)
        #expect(got.indices.filter { got[$0].followsLoss } == [2, 12])
        #expect(parser.counts.contextStarts == 3)
        #expect(parser.counts.contextSaves == 3)
    }

    @Test("A number that counts each context's entries, not the device's, is not taken for losses")
    func foreignNumbers() {
        var parser = ContextSwitchParser()
        var trace = ContextSwitchTraceBytes()
        for turn in 0..<1_024 {
            trace.sequence = UInt16(turn / 2)
            trace.append(turn % 2 == 0 ? .contextStart : .saveEnd, Int32(7 + turn % 2), UInt64(turn) * 3_200)
            trace.sequence = UInt16(turn % 7)
        }
        _ = entries(&parser, trace.bytes)
        #expect(!parser.sequenceIsMeaningful)
        #expect(parser.counts.lostRecords == 0)
        #expect(parser.counts.losses == 0)
    }

    @Test("Bytes of another layout are refused with a sentence, unknown tags alone are counted")
    func plausibility() {
        var random = SeededGenerator(seed: 3)
        var parser = ContextSwitchParser()
        _ = entries(&parser, (0..<24 * 300).map { _ in UInt8.random(in: 0...255, using: &random) })
        guard case .implausible(let sentence) = parser.verdict else {
            Issue.record("Random bytes are taken for a trace.")
            return
        }
        #expect(sentence.contains("another layout"))

        var trace = ContextSwitchTraceBytes()
        for turn in 0..<200 {
            trace.change(to: Int32(10 + turn % 3), at: UInt64(turn) * 32_000)
            if turn % 10 == 0 { trace.append(tag: 0x42, pid: 1, timestamp: UInt64(turn) * 32_000) }
        }
        parser = ContextSwitchParser()
        _ = entries(&parser, trace.bytes)
        #expect(parser.verdict == .plausible)
        #expect(parser.counts.unknownTags == 20)
    }
}
