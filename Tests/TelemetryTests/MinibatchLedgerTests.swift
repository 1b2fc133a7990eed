import Telemetry
import Testing

@Suite("Minibatch ledger")
struct MinibatchLedgerTests {
    private let first = ProcessIdentity(pid: 100, startTimeTicks: 7)
    private let second = ProcessIdentity(pid: 100, startTimeTicks: 9)
    private let unknown = ProcessIdentity(pid: 100, startTimeTicks: 0)

    @Test("N boundaries are N, and N - 1 minibatch times")
    func counts() {
        let ledger = MinibatchLedger()
        for index in 1...UInt64(101) {
            let outcome = ledger.recordBoundary(of: first, counter: index, at: index * 2_000_000)
            #expect(outcome == (index == 1 ? .firstSeen : .counted))
        }
        #expect(
            ledger.snapshot() == [
                ProcessActivity(
                    process: first, boundaries: 101, lostRecords: 0, lastBoundaryNanoseconds: 202_000_000,
                    hasExited: false)
            ])
        #expect(ledger.durations(of: first, since: 0, max: 1_000) == Array(repeating: 2.0, count: 100))
    }

    @Test("Only minibatches that began at or after the stamp are given, the latest of them, oldest first")
    func windows() {
        let ledger = MinibatchLedger()
        // Boundaries at 0.001, 1, 3, 6, 10 ms: minibatches of about 1, 2, 3 and 4 ms.
        for (index, end) in [1_000, 1_001_000, 3_001_000, 6_001_000, 10_001_000].enumerated() {
            _ = ledger.recordBoundary(of: first, counter: UInt64(index + 1), at: UInt64(end))
        }
        #expect(ledger.durations(of: first, since: 0, max: 10) == [1, 2, 3, 4])
        #expect(ledger.durations(of: first, since: 1_001_000, max: 10) == [2, 3, 4])
        #expect(ledger.durations(of: first, since: 1_001_001, max: 10) == [3, 4])
        #expect(ledger.durations(of: first, since: 0, max: 2) == [3, 4])
        #expect(ledger.durations(of: first, since: 10_001_000, max: 2) == [])
        #expect(ledger.durations(of: first, since: 0, max: 0) == [])
        #expect(ledger.durations(of: first, since: 0, max: -1) == [])
        #expect(ledger.durations(of: second, since: 0, max: 2) == [])
    }

    @Test("The ring keeps the latest; the count goes on")
    func ringWraps() {
        let ledger = MinibatchLedger(maximumMinibatches: 4)
        for index in 1...UInt64(11) {
            _ = ledger.recordBoundary(of: first, counter: index, at: index * index * 1_000_000)
        }
        #expect(ledger.durations(of: first, since: 0, max: 100) == [15, 17, 19, 21])
        #expect(ledger.snapshot().first?.boundaries == 11)
    }

    @Test("A used-again pid is another process, with or without the record of the exit")
    func pidReuse() {
        let ledger = MinibatchLedger()
        _ = ledger.recordBoundary(of: first, counter: 1, at: 10)
        _ = ledger.recordBoundary(of: second, counter: 1, at: 20)
        _ = ledger.recordBoundary(of: second, counter: 2, at: 30)
        let activity = ledger.snapshot()
        #expect(activity.map(\.process) == [first, second])
        #expect(activity.map(\.boundaries) == [1, 2])
        #expect(activity.map(\.hasExited) == [true, false])
        // A late exit of the first is not the second's.
        let late = ledger.recordExit(of: first, counter: 1)
        #expect(!late)
        #expect(ledger.durations(of: second, since: 0, max: 9) == [1e-5])
    }

    @Test("A record without a start time belongs to the living process of its pid, else it is asked for")
    func unknownStart() {
        let ledger = MinibatchLedger()
        let before = ledger.recordBoundary(of: unknown, counter: 1, at: 10)
        #expect(before == .unknownProcess)
        #expect(ledger.snapshot().isEmpty)
        _ = ledger.recordBoundary(of: first, counter: 1, at: 10, admitsUnknown: true)
        let living = ledger.recordBoundary(of: unknown, counter: 2, at: 20)
        #expect(living == .counted)
        #expect(ledger.snapshot().map(\.boundaries) == [2])
        let exited = ledger.recordExit(of: unknown, counter: 2)
        #expect(exited)
        let after = ledger.recordBoundary(of: unknown, counter: 1, at: 30)
        #expect(after == .unknownProcess)
    }

    @Test("A process that went before it could be asked is kept without a start time, and can be named later")
    func nameless() {
        let ledger = MinibatchLedger()
        let outcome = ledger.recordBoundary(of: unknown, counter: 1, at: 10, admitsUnknown: true)
        #expect(outcome == .firstSeen)
        #expect(ledger.doubtful(all: false) == [unknown])
        let named = ledger.verify(unknown, against: first)
        #expect(named)
        #expect(ledger.snapshot().map(\.process) == [first])
        #expect(ledger.doubtful(all: false) == [])
        #expect(ledger.doubtful(all: true) == [first])
        let gone = ledger.verify(first, against: nil)
        #expect(gone)
        #expect(ledger.snapshot().map(\.hasExited) == [true])
    }

    @Test("A process outlives the exit of its first thread, and its count goes on")
    func outlivesFirstThread() {
        let ledger = MinibatchLedger()
        for index in 1...UInt64(5) { _ = ledger.recordBoundary(of: first, counter: index, at: index) }
        _ = ledger.recordExit(of: first, counter: 5)
        // The kernel's counter starts again.
        for index in 1...UInt64(3) { _ = ledger.recordBoundary(of: first, counter: index, at: 10 + index) }
        let activity = ledger.snapshot()
        #expect(activity.map(\.boundaries) == [8])
        #expect(activity.map(\.lostRecords) == [0])
        #expect(activity.map(\.hasExited) == [false])
        #expect(ledger.doubtful(all: false) == [first])
    }

    @Test("Lost records are counted, and no minibatch time is made up across them")
    func lostRecords() {
        let ledger = MinibatchLedger()
        _ = ledger.recordBoundary(of: first, counter: 1, at: 1_000_000)
        _ = ledger.recordBoundary(of: first, counter: 2, at: 2_000_000)
        _ = ledger.recordBoundary(of: first, counter: 9, at: 9_000_000)
        _ = ledger.recordBoundary(of: first, counter: 10, at: 12_000_000)
        #expect(ledger.durations(of: first, since: 0, max: 9) == [1, 3])
        let ahead = ledger.catchUp(first, counter: 13)
        #expect(ahead)
        _ = ledger.recordBoundary(of: first, counter: 14, at: 20_000_000)
        _ = ledger.recordBoundary(of: first, counter: 15, at: 25_000_000)
        _ = ledger.recordExit(of: first, counter: 17)
        #expect(ledger.durations(of: first, since: 0, max: 9) == [1, 3, 5])
        #expect(ledger.snapshot().map(\.boundaries) == [17])
        #expect(ledger.snapshot().map(\.lostRecords) == [11])
    }

    @Test("Two threads that return at once count as two, in either order of the records")
    func concurrentReturns() {
        let ledger = MinibatchLedger()
        for (counter, end) in [(2, 1_000_000), (2, 1_500_000), (4, 4_000_000), (3, 3_500_000)] as [(UInt64, UInt64)] {
            _ = ledger.recordBoundary(of: first, counter: counter, at: end)
        }
        #expect(ledger.snapshot().map(\.boundaries) == [4])
        #expect(ledger.snapshot().map(\.lostRecords) == [0])
        #expect(ledger.snapshot().map(\.lastBoundaryNanoseconds) == [4_000_000])
    }

    @Test("The number of processes is bounded: exited ones make place, oldest first, then boundaries overflow")
    func bounds() {
        let ledger = MinibatchLedger(maximumProcesses: 3)
        let processes = (1...5).map { ProcessIdentity(pid: $0, startTimeTicks: 1) }
        for process in processes[..<3] { _ = ledger.recordBoundary(of: process, counter: 1, at: 1) }
        let refused = ledger.recordBoundary(of: processes[3], counter: 1, at: 1)
        #expect(refused == .tableFull)
        #expect(ledger.overflow == 1)
        _ = ledger.recordExit(of: processes[1], counter: 1)
        _ = ledger.recordExit(of: processes[0], counter: 1)
        let kept = ledger.recordBoundary(of: processes[4], counter: 1, at: 1)
        #expect(kept == .firstSeen)
        #expect(ledger.snapshot().map(\.process) == [processes[0], processes[2], processes[4]])
        // Those that moved are still found.
        _ = ledger.recordBoundary(of: processes[2], counter: 2, at: 1_000_001)
        #expect(ledger.durations(of: processes[2], since: 0, max: 1) == [1])
    }

    @Test("Only what has exited is forgotten")
    func forgets() {
        let ledger = MinibatchLedger()
        _ = ledger.recordBoundary(of: first, counter: 1, at: 1)
        ledger.forget(first)
        #expect(ledger.snapshot().count == 1)
        _ = ledger.recordExit(of: first, counter: 1)
        ledger.forget(first)
        #expect(ledger.snapshot().isEmpty)
    }

    @Test("A full kernel table gives no counters: the records are counted")
    func withoutCounter() {
        let ledger = MinibatchLedger()
        for end in 1...UInt64(5) { _ = ledger.recordBoundary(of: first, counter: 0, at: end * 1_000_000) }
        #expect(ledger.snapshot().map(\.boundaries) == [5])
        #expect(ledger.durations(of: first, since: 0, max: 9) == [1, 1, 1, 1])
    }
}
