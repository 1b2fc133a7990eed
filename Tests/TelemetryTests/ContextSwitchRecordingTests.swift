import Foundation
import Testing

@testable import Telemetry

@Suite("A recorded trace of context switches")
struct ContextSwitchRecordingTests {
    @Test(
        "Read at once, entry by entry or in odd pieces, it gives the engine's account",
        arguments: [24, 1, 7, 1_000_000])
    func replay(piece: Int) throws {
        var bytes = [UInt8](try #require(Data(base64Encoded: ContextSwitchRecording.base64)))
        #expect(bytes.count % ContextSwitchRecord.byteCount == 0)
        let log = SliceLog()
        var stream = ContextSwitchStream()
        while !bytes.isEmpty {
            let count = min(piece, bytes.count)
            stream.take(bytes.span.extracting(..<count), readAt: 90_000_000_000, tell: log, lives: { _ in true })
            bytes.removeFirst(count)
        }
        #expect(stream.counts.contextStarts == ContextSwitchRecording.switches)
        #expect(log.all.slices.count == Int(ContextSwitchRecording.switches))
        #expect(stream.counts.lostRecords == 0)
        #expect(stream.counts.unknownTags == 0)
        // Pieces that are all read at one moment tell wrong things about the clocks.
        guard piece > 1_000 else { return }
        for (pid, resident) in ContextSwitchRecording.resident {
            let got = Int64(log.sums[pid] ?? 0)
            // Each end of a slice is a multiple of 32 ns.
            #expect(abs(got - Int64(resident)) <= 32 * 33, "pid \(pid)")
        }
    }
}
