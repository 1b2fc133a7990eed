import Policy
import Synchronization
import SystemPackage
import Telemetry
import Testing

@testable import Governor

@Suite struct TraceFeedTests {
    private func lines(_ reader: TraceReader, limit: Int = 131_072) throws -> [String] {
        String(decoding: try reader.read(limit: limit), as: UTF8.self).split(separator: "\n").map(String.init)
    }

    @Test func aReaderLearnsWhatIsThereAndThenWhatHappens() throws {
        let feed = TraceFeed()
        feed.arrived(7, name: "python3")
        feed.modeChanged(to: nil, at: 5)
        #expect(!feed.isOpen)
        let reader = try feed.open()
        #expect(feed.isOpen)
        feed.tell(
            .slice(GPUSlice(pid: 7, startNanoseconds: 10, endNanoseconds: 25), source: .contextSwitches))
        feed.tell(.minibatches(pid: 7, endNanoseconds: 25, count: 2))
        feed.tell(.rail("VDD GPU", at: 30, microwatts: 12_000_000))
        feed.modeChanged(
            to: PowerMode(cores: 4, cpuKHz: 1_113_600, gpuHz: 408_000_000, emcHz: 2_133_000_000), at: 31)
        #expect(
            try lines(reader) == [
                "version 1 clock monotonic", "process 7 python3", "mode 5 stock", "slice 7 10 25 ctxsw",
                "minibatch 7 25 2", "rail VDD_GPU 30 12000000", "mode 31 4 1113600 408000000 2133000000",
            ])
        #expect(!reader.isReadable)
        #expect(throws: Errno.resourceTemporarilyUnavailable) { try reader.read(limit: 100) }
        reader.close()
        #expect(!feed.isOpen)
    }

    @Test func onlyWholeLinesAreGiven() throws {
        let feed = TraceFeed()
        let reader = try feed.open()
        feed.tell(.decision("one", at: 1))
        #expect(throws: Errno.invalidArgument) { try reader.read(limit: 5) }
        #expect(try lines(reader, limit: 30) == ["version 1 clock monotonic"])
        #expect(try lines(reader, limit: 30) == ["decision 1 one"])
    }

    @Test func aSlowReaderIsToldHowMuchItLost() throws {
        let feed = TraceFeed()
        let reader = try feed.open()
        let told = 40_000
        for number in 0..<told { feed.tell(.minibatches(pid: 1, endNanoseconds: UInt64(number), count: 1_000_000_007)) }
        var received = 0
        var lost = 0
        while reader.isReadable {
            for line in try lines(reader) {
                if line.hasPrefix("minibatch ") { received += 1 }
                if line.hasPrefix("lost ") { lost += Int(line.dropFirst(5)) ?? 0 }
            }
        }
        #expect(lost > 0)
        #expect(received + lost == told)
    }

    @Test func aHostileNameStaysInItsLine() throws {
        let feed = TraceFeed()
        let reader = try feed.open()
        feed.arrived(9, name: "a\nslice 1 0 9 ctxsw\u{1b}[2J" + String(repeating: "x", count: 10_000))
        let seen = try lines(reader)
        #expect(seen.count == 2)
        #expect(seen[1].hasPrefix("process 9 a?slice 1 0 9 ctxsw?[2J"))
        #expect(seen[1].utf8.count < TraceLine.limit)
    }

    @Test func thereIsALimitOfReaders() throws {
        let feed = TraceFeed()
        let readers = try (0..<TraceFeed.readerLimit).map { _ in try feed.open() }
        #expect(throws: Errno.resourceBusy) { try feed.open() }
        readers[0].close()
        _ = try feed.open()
    }

    @Test func aWaitingReaderIsWokenOnce() throws {
        let feed = TraceFeed()
        let reader = try feed.open()
        _ = try lines(reader)
        let wakes = Counter()
        feed.onNews { wakes.add() }
        feed.tell(.decision("one", at: 1))
        feed.tell(.decision("two", at: 2))
        #expect(wakes.count == 1)
        _ = try lines(reader)
        feed.tell(.decision("three", at: 3))
        #expect(wakes.count == 2)
    }
}

private final class Counter: Sendable {
    private let value = Atomic(0)
    var count: Int { value.load(ordering: .relaxed) }
    func add() { value.add(1, ordering: .relaxed) }
}
