import Synchronization
import Testing

@testable import Telemetry

/// Keeps what it is told.
final class SliceLog: ContextSwitchReceiver {
    struct Content {
        var slices = [ContextSwitchSlice]()
        var begins = [UInt64]()
        var ends = [UInt64]()
        var delivered: UInt64 = 0
    }
    private let content = Mutex(Content())
    var all: Content { content.withLock { $0 } }

    func tracingBegan(at nanoseconds: UInt64) { content.withLock { $0.begins.append(nanoseconds) } }
    func received(_ slice: ContextSwitchSlice) { content.withLock { $0.slices.append(slice) } }
    func delivered(until nanoseconds: UInt64) { content.withLock { $0.delivered = nanoseconds } }
    func tracingEnded(at nanoseconds: UInt64) { content.withLock { $0.ends.append(nanoseconds) } }

    /// Time per pid.
    var sums: [Int32: UInt64] {
        all.slices.reduce(into: [:]) {
            $0[$1.slice.pid, default: 0] += $1.slice.endNanoseconds - $1.slice.startNanoseconds
        }
    }
}

@Suite("Slices from context switches")
struct ContextSwitchStreamTests {
    /// CLOCK_MONOTONIC less the GPU's timer in these tests.
    private let offset: UInt64 = 5_000_000_000

    private func take(_ stream: inout ContextSwitchStream, _ bytes: [UInt8], readAt: UInt64, _ log: SliceLog) {
        stream.take(bytes.span, readAt: readAt, tell: log, lives: { _ in true })
    }

    @Test("CONTEXT_START to SAVE_END is a slice; the resident process is told in parts; all of it adds up")
    func slices() {
        var trace = ContextSwitchTraceBytes()
        trace.change(to: 7, at: 32_000)
        trace.change(to: 8, at: 64_000)
        trace.change(to: nil, at: 96_000)
        trace.change(to: 9, at: 128_000)
        let log = SliceLog()
        var stream = ContextSwitchStream()
        take(&stream, trace.take(), readAt: offset + 128_000, log)
        stream.endRound(flushBegan: offset + 160_000, certainUntil: offset + 160_000, tell: log)
        trace.change(to: nil, at: 192_000)
        take(&stream, trace.take(), readAt: offset + 200_000, log)
        stream.end(at: offset + 220_000, tell: log)
        func slice(_ pid: Int32, _ start: UInt64, _ end: UInt64, _ ending: ContextSwitchSlice.Ending)
            -> ContextSwitchSlice
        {
            ContextSwitchSlice(
                GPUSlice(pid: pid, startNanoseconds: offset + start, endNanoseconds: offset + end), ending: ending)
        }
        #expect(
            log.all.slices == [
                slice(7, 32_000, 64_000, .saved), slice(8, 64_000, 96_000, .saved),
                slice(9, 128_000, 160_000, .continues), slice(9, 160_000, 192_000, .saved),
            ])
        #expect(log.all.begins == [offset + 32_000])
        #expect(log.all.ends == [offset + 220_000])
        #expect(log.all.delivered == offset + 160_000)
        #expect(stream.counts.contextStarts == 3)
    }

    @Test("A SAVE_END that is missing is put where the next context starts; a reset ends; strange pids are nobody's")
    func missing() {
        var trace = ContextSwitchTraceBytes()
        trace.append(.contextStart, 7, 32_000)
        trace.append(.contextStart, 8, 64_000)
        trace.append(.engineReset, 8, 96_000)
        trace.append(.saveEnd, 9, 128_000)
        trace.append(tag: 5, pid: .max, timestamp: 160_000)
        trace.append(tag: 3, pid: .max, timestamp: 192_000)
        trace.append(tag: 5, pid: 0, timestamp: 192_000)
        trace.append(.saveEnd, 11, 224_000)
        let log = SliceLog()
        var stream = ContextSwitchStream()
        take(&stream, trace.take(), readAt: offset + 224_000, log)
        #expect(log.all.slices.map(\.slice.pid) == [7, 8, 0, 0])
        #expect(log.all.slices.map(\.ending) == [.inferred, .reset, .saved, .inferred])
        #expect(log.sums == [7: 32_000, 8: 32_000, 0: 64_000])
        #expect(stream.counts.impossiblePids == 2)
        #expect(stream.counts.unmatchedSaves == 2)
        #expect(stream.counts.inferredEnds == 2)
    }

    @Test("Where entries were lost, the time belongs to nobody that is known, and is stated")
    func lost() {
        var trace = ContextSwitchTraceBytes()
        trace.change(to: 7, at: 32_000)
        trace.change(to: 8, at: 64_000)
        trace.sequence &+= 500
        trace.change(to: 9, at: 320_000)
        trace.change(to: nil, at: 352_000)
        let log = SliceLog()
        var stream = ContextSwitchStream()
        take(&stream, trace.take(), readAt: offset + 352_000, log)
        #expect(log.sums == [7: 32_000, 8: 0, 0: 256_000, 9: 32_000])
        #expect(stream.counts.lostNanoseconds == 256_000)
        #expect(stream.counts.lostRecords == 500)
    }

    @Test(
        "A prime number of switches in reads of every size gives as many slices, and the time of each process exactly")
    func prime() {
        var random = SeededGenerator(seed: 11)
        var trace = ContextSwitchTraceBytes(firstSequence: 40_000)
        let log = SliceLog()
        var stream = ContextSwitchStream()
        var time: UInt64 = 32
        for turn in 0...10_007 {
            trace.change(to: turn == 10_007 ? nil : Int32.random(in: 100...110, using: &random), at: time)
            guard turn % 13 == 0 || turn == 10_007 else {
                time += 32 * UInt64.random(in: 1...40_000, using: &random)
                continue
            }
            var bytes = trace.take()
            while !bytes.isEmpty {
                let count = Int.random(in: 1...bytes.count, using: &random)
                take(&stream, Array(bytes[..<count]), readAt: offset + time, log)
                bytes.removeFirst(count)
            }
            time += 32 * UInt64.random(in: 1...40_000, using: &random)
        }
        time = trace.truth.last?.endNanoseconds ?? 0
        #expect(log.all.slices.count == 10_007)
        #expect(stream.counts.contextStarts == 10_007)
        #expect(stream.counts.lostRecords == 0)
        let truth = trace.truth.reduce(into: [Int32: UInt64]()) {
            $0[$1.pid, default: 0] += $1.endNanoseconds - $1.startNanoseconds
        }
        #expect(log.sums == truth)
    }

    @Test("An entry from the past or the future is dropped and counted; several that agree are a new epoch")
    func epochs() {
        var trace = ContextSwitchTraceBytes()
        let start: UInt64 = 3_200_000_000
        trace.change(to: 7, at: start)
        trace.change(to: 8, at: start + 32_000)
        trace.append(.contextStart, 66, start + 3_600_000_000_000)
        trace.append(.contextStart, 66, 64)
        trace.change(to: 9, at: start + 64_000)
        let log = SliceLog()
        var stream = ContextSwitchStream()
        take(&stream, trace.take(), readAt: offset + start + 64_000, log)
        #expect(stream.counts.implausibleTimestamps == 2)
        #expect(stream.counts.timerRestarts == 0)
        #expect(!log.all.slices.contains { $0.slice.pid == 66 })

        // The GPU was off for 10 s and its timer begins at zero.
        let later = offset + start + 10_000_000_000
        trace.change(to: 10, at: 3_200)
        trace.change(to: 11, at: 32_003_200)
        trace.change(to: nil, at: 64_003_200)
        take(&stream, trace.take(), readAt: later + 64_003_200, log)
        #expect(stream.counts.timerRestarts == 1)
        #expect(
            log.all.slices.last?.slice
                == GPUSlice(
                    pid: 11, startNanoseconds: later + 32_003_200, endNanoseconds: later + 64_003_200))
        #expect(log.all.slices.contains { $0.slice.pid == 10 && $0.slice.endNanoseconds == later + 32_003_200 })
    }

    @Test("Bytes whose pids are no processes are refused with a sentence")
    func foreignPids() {
        var trace = ContextSwitchTraceBytes()
        for turn in 0..<100 { trace.change(to: Int32(1_000 + turn), at: UInt64(turn) * 32_000) }
        let log = SliceLog()
        var stream = ContextSwitchStream()
        stream.take(trace.bytes.span, readAt: offset, tell: log, lives: { _ in false })
        #expect(stream.refusal?.contains("None of the 16 process ids") == true)
        var other = ContextSwitchStream()
        other.take(trace.bytes.span, readAt: offset, tell: log, lives: { $0 == 1_003 })
        #expect(other.refusal == nil)
    }

    @Test("No bytes do harm: every time is in order, ends follow begins, and nothing traps", arguments: 0..<40)
    func hostile(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var trace = ContextSwitchTraceBytes()
        for turn in 0..<200 {
            trace.change(to: Int32(10 + turn % 5), at: UInt64(turn) * 320_000)
        }
        var bytes = trace.bytes
        for _ in 0..<300 {
            bytes[Int.random(in: bytes.indices, using: &random)] = UInt8.random(in: 0...255, using: &random)
        }
        let log = SliceLog()
        var stream = ContextSwitchStream()
        var now: UInt64 = 1_000
        while !bytes.isEmpty {
            let count = min(bytes.count, Int.random(in: 1...400, using: &random))
            take(&stream, Array(bytes[..<count]), readAt: now, log)
            bytes.removeFirst(count)
            now += UInt64.random(in: 0...10_000_000, using: &random)
            stream.endRound(flushBegan: now, certainUntil: now > 500_000 ? now - 500_000 : 0, tell: log)
        }
        stream.end(at: now, tell: log)
        var last: UInt64 = 0
        for slice in log.all.slices.map(\.slice) {
            #expect(slice.startNanoseconds >= last && slice.endNanoseconds <= now + 2_000_000)
            last = slice.endNanoseconds
        }
    }
}
