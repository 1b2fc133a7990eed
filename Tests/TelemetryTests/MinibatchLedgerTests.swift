import Synchronization
import Telemetry
import Testing

@Suite("Minibatch ledger")
struct MinibatchLedgerTests {
    private let first = ProcessIdentity(pid: 100, startTimeTicks: 7)
    private let second = ProcessIdentity(pid: 100, startTimeTicks: 9)

    /// A wait that returned at `end` microseconds and took one; number `count` of its process, 0 if that is not known.
    private func wait(_ process: ProcessIdentity, _ count: UInt64, _ end: UInt64) -> CUDAEvent {
        CUDAEvent(
            process: process, tid: 1, kind: .streamWait, stream: 3, beginNanoseconds: (end - 1) * 1_000,
            endNanoseconds: end * 1_000, waits: count)
    }

    /// Ten waits, by which a process that waits once per minibatch is known; the last ends at 10 ms.
    private func begin(_ ledger: MinibatchLedger, _ process: ProcessIdentity) {
        for index in 1...UInt64(10) { ledger.receive(wait(process, index, index * 1_000), busyBegin: nil) }
    }

    @Test("N waits of a program that waits once per minibatch are N minibatches")
    func counts() throws {
        let ledger = MinibatchLedger()
        for index in 1...UInt64(101) { ledger.receive(wait(first, index, index * 2_000), busyBegin: nil) }
        let activity = try #require(ledger.snapshot().first)
        #expect(activity.process == first)
        #expect(activity.minibatches == 101)
        #expect(activity.state == .waits)
        #expect(activity.confidence > 0.4)
        #expect(activity.calls == CUDACounts(launches: 0, waits: 101))
        #expect(activity.lostRecords == 0)
        #expect(activity.lastBoundaryNanoseconds == 202_000_000)
        #expect(!activity.hasExited)
        let times = ledger.times(of: first, since: 0, max: 1_000)
        #expect(times.count == 101)
        // The first ones were told together, when it was known what they are.
        #expect(times.map(\.isAveraged) == Array(repeating: true, count: 8) + Array(repeating: false, count: 93))
        #expect(times.dropFirst(8).map(\.milliseconds) == Array(repeating: 2, count: 93))
        #expect(times.dropFirst(8).map(\.serviceMilliseconds) == Array(repeating: 0.001, count: 93))
    }

    @Test("Only minibatches that began at or after the stamp are given, the latest of them, oldest first")
    func windows() {
        let ledger = MinibatchLedger()
        begin(ledger, first)
        for (index, end) in [11_000, 13_000, 16_000, 20_000].enumerated() {
            ledger.receive(wait(first, UInt64(11 + index), UInt64(end)), busyBegin: nil)
        }
        #expect(ledger.durations(of: first, since: 10_000_000, max: 10) == [1, 2, 3, 4])
        #expect(ledger.durations(of: first, since: 11_000_000, max: 10) == [2, 3, 4])
        #expect(ledger.durations(of: first, since: 11_000_001, max: 10) == [3, 4])
        #expect(ledger.durations(of: first, since: 0, max: 2) == [3, 4])
        #expect(ledger.durations(of: first, since: 20_000_000, max: 2) == [])
        #expect(ledger.durations(of: first, since: 0, max: 0) == [])
        #expect(ledger.durations(of: first, since: 0, max: -1) == [])
        #expect(ledger.durations(of: second, since: 0, max: 2) == [])
    }

    @Test("The ring keeps the latest; the count goes on")
    func ringWraps() {
        let ledger = MinibatchLedger(maximumBoundaries: 4)
        begin(ledger, first)
        for index in 11...UInt64(21) { ledger.receive(wait(first, index, index * index * 100), busyBegin: nil) }
        #expect(ledger.durations(of: first, since: 0, max: 100) == [3.5, 3.7, 3.9, 4.1])
        #expect(ledger.snapshot().first?.minibatches == 21)
    }

    @Test("A host that runs ahead: 50 minibatches of one wait have the mean time, and say so")
    func averaged() throws {
        let ledger = MinibatchLedger()
        var (now, launches) = (UInt64(1_000_000), UInt64(0))
        for wait in 1...UInt64(4) {
            for _ in 0..<50 {
                for kernel in 1...UInt64(10) {
                    launches += 1
                    now += 10_000
                    let launch = CUDAEvent(
                        process: first, tid: 1, kind: .launch, token: kernel, beginNanoseconds: now,
                        endNanoseconds: now, launches: launches)
                    ledger.receive(launch, busyBegin: nil)
                }
            }
            let begin = now
            now += 995_000_000
            let drained = CUDAEvent(
                process: first, tid: 1, kind: .streamWait, beginNanoseconds: begin, endNanoseconds: now,
                launches: launches, waits: wait)
            ledger.receive(drained, busyBegin: nil)
        }
        let activity = try #require(ledger.snapshot().first)
        #expect(activity.minibatches == 200)
        #expect(activity.state == .launchPattern(period: 10))
        let times = ledger.times(of: first, since: 0, max: 1_000)
        #expect(times.count == 200)
        #expect(times.allSatisfy { $0.isAveraged })
        #expect(times.suffix(150).allSatisfy { $0.milliseconds == 20 && $0.serviceMilliseconds > 19.9 })
        #expect(
            zip(times.suffix(150), times.suffix(149)).allSatisfy { $1.endNanoseconds - $0.endNanoseconds == 20_000_000 }
        )
        #expect(ledger.launchesUntilBoundary(of: first) == 0)
        #expect(ledger.launchesUntilBoundary(of: second) == nil)
    }

    @Test("A used-again pid is another process")
    func pidReuse() {
        let ledger = MinibatchLedger()
        begin(ledger, first)
        ledger.processExited(first, counts: CUDACounts(launches: 0, waits: 10))
        begin(ledger, second)
        let activity = ledger.snapshot()
        #expect(activity.map(\.process) == [first, second])
        #expect(activity.map(\.minibatches) == [10, 10])
        #expect(activity.map(\.hasExited) == [true, false])
        // A second exit of the first says nothing.
        ledger.processExited(first, counts: CUDACounts(launches: 0, waits: 30))
        #expect(ledger.snapshot().map(\.minibatches) == [10, 10])
    }

    @Test("A process outlives the exit of its first thread, or becomes another program, and its count goes on")
    func comesBack() {
        let ledger = MinibatchLedger()
        begin(ledger, first)
        ledger.processExited(first, counts: CUDACounts(launches: 0, waits: 10))
        // The kernel's counter starts again.
        for index in 1...UInt64(13) { ledger.receive(wait(first, index, 20_000 + index * 1_000), busyBegin: nil) }
        let activity = ledger.snapshot()
        #expect(activity.map(\.minibatches) == [23])
        #expect(activity.map(\.calls.waits) == [23])
        #expect(activity.map(\.lostRecords) == [0])
        #expect(activity.map(\.hasExited) == [false])
    }

    @Test("A process that ends before anything repeats had a minibatch with each wait, as far as anybody knows")
    func short() {
        let told = Mutex([MinibatchBoundary]())
        let ledger = MinibatchLedger { _, boundary in told.withLock { $0.append(boundary) } }
        for index in 1...UInt64(3) { ledger.receive(wait(first, index, index * 1_000), busyBegin: nil) }
        #expect(ledger.snapshot().map(\.minibatches) == [0])
        #expect(ledger.snapshot().map(\.state) == [.unknown])
        ledger.processExited(first, counts: CUDACounts(launches: 0, waits: 3))
        #expect(ledger.snapshot().map(\.minibatches) == [3])
        #expect(told.withLock { $0.map(\.count) } == [3])
        #expect(told.withLock { $0.allSatisfy { $0.confidence < 0.3 } })
    }

    @Test("Lost records: what they held is counted, and no minibatch time is made up across them")
    func lostRecords() {
        let ledger = MinibatchLedger()
        begin(ledger, first)
        ledger.receive(wait(first, 19, 30_000), busyBegin: nil)
        ledger.receive(wait(first, 20, 33_000), busyBegin: nil)
        #expect(ledger.snapshot().map(\.minibatches) == [20])
        #expect(ledger.durations(of: first, since: 10_000_000, max: 9) == [3])
        ledger.recordsLost(of: first, counts: CUDACounts(launches: 0, waits: 23))
        #expect(ledger.snapshot().map(\.calls.waits) == [23])
        ledger.receive(wait(first, 24, 40_000), busyBegin: nil)
        ledger.receive(wait(first, 25, 45_000), busyBegin: nil)
        ledger.processExited(first, counts: CUDACounts(launches: 0, waits: 27))
        #expect(ledger.durations(of: first, since: 10_000_000, max: 9) == [3, 5])
        #expect(ledger.snapshot().map(\.minibatches) == [27])
        #expect(ledger.snapshot().map(\.lostRecords) == [8 + 3 + 2])
    }

    @Test("Two threads that return at once count as two, in either order of the records")
    func concurrentReturns() {
        let ledger = MinibatchLedger()
        for (counter, end) in [(2, 1_000), (2, 1_500), (4, 4_000), (3, 3_500)] as [(UInt64, UInt64)] {
            var event = wait(first, counter, end)
            event.tid = Int32(counter % 2)
            ledger.receive(event, busyBegin: nil)
        }
        #expect(ledger.snapshot().map(\.calls.waits) == [4])
        #expect(ledger.snapshot().map(\.lostRecords) == [0])
    }

    @Test("The number of processes is bounded: exited ones make place, oldest first, then calls overflow")
    func bounds() {
        let ledger = MinibatchLedger(maximumProcesses: 3)
        let processes = (1...5).map { ProcessIdentity(pid: $0, startTimeTicks: 1) }
        for process in processes[..<4] { begin(ledger, process) }
        #expect(ledger.overflow == 10)
        ledger.processExited(processes[1], counts: CUDACounts(launches: 0, waits: 10))
        ledger.processExited(processes[0], counts: CUDACounts(launches: 0, waits: 10))
        begin(ledger, processes[4])
        #expect(ledger.snapshot().map(\.process) == [processes[0], processes[2], processes[4]])
        // Those that moved are still found.
        ledger.receive(wait(processes[2], 11, 11_000), busyBegin: nil)
        #expect(ledger.durations(of: processes[2], since: 0, max: 1) == [1])
    }

    @Test("Only what has exited is forgotten")
    func forgets() {
        let ledger = MinibatchLedger()
        begin(ledger, first)
        ledger.forget(first)
        #expect(ledger.snapshot().count == 1)
        ledger.processExited(first, counts: CUDACounts(launches: 0, waits: 10))
        ledger.forget(first)
        #expect(ledger.snapshot().isEmpty)
    }

    @Test("A full kernel table gives no counters: the records are counted")
    func withoutCounter() {
        let ledger = MinibatchLedger()
        for end in 1...UInt64(15) { ledger.receive(wait(first, 0, end * 1_000), busyBegin: nil) }
        #expect(ledger.snapshot().map(\.calls.waits) == [15])
        #expect(ledger.snapshot().map(\.minibatches) == [15])
        #expect(ledger.durations(of: first, since: 8_000_000, max: 9) == Array(repeating: 1, count: 7))
    }
}
