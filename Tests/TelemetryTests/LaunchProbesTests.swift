import Foundation
import SystemCalls
import Testing

@testable import Telemetry

@Suite("CUDA probes at level launches, end to end", .serialized)
struct LaunchProbesTests {
    /// One library, attached once: detaching takes 0.1 s for each of its probes.
    private struct Scene: Sendable {
        let driver: ScratchCUDA
        let probes: CUDAProbes
        let log: EventLog
        let reader: RingReader
        let news: EventSignal

        static let shared = Result { try Scene() }

        init() throws {
            driver = try ScratchCUDA()
            probes = try CUDAProbes(level: .launches)
            log = try EventLog()
            news = try EventSignal()
            reader = try RingReader(probes: probes, events: log, news: news)
            try probes.attach(libraryAt: driver.library)
        }
    }

    static let canRun = CUDAProbesTests.canRun
    static let reason = CUDAProbesTests.reason

    private let driver: ScratchCUDA
    private let probes: CUDAProbes
    private let log: EventLog

    init() throws {
        let scene = try Scene.shared.get()
        driver = scene.driver
        probes = scene.probes
        log = scene.log
        log.forget()
    }

    @Test("Each form of a launch is counted, with its stream and what was launched", .enabled(if: canRun, reason))
    func forms() throws {
        let process = try driver.start()
        try process.act("k", 5, 2)
        try process.act("K", 5)
        try process.act("c", 5)
        try process.act("G", 6, 9)
        try process.act("p", 0)
        try process.act("p", 0, 1)
        try process.act("g", 7, 0x123)
        try process.finish()
        let events = log.events(process.pid)
        #expect(
            events.map(\.kind) == [.launch, .launch, .launch, .launch, .launch, .launch, .graphLaunch])
        #expect(events.map(\.stream) == [0x5000, 0x5000, 0x5000, 0x5000, 0x6000, 0, 0x7000])
        #expect(events.map(\.launches) == Array(1...7))
        #expect(events.map(\.launchesInFlight) == Array(1...7))
        #expect(events.last?.token == 0x123000)
        // The same kernel with the same grid is the same work, however it is launched; another grid is other work.
        #expect(Set(events.prefix(4).map(\.token)).count == 1)
        #expect(Set(events.map(\.token)).count == 3)
        #expect(events.allSatisfy { $0.token != 0 && $0.beginNanoseconds == $0.endNanoseconds })
        #expect(log.lastCounts(process.pid) == CUDACounts(launches: 7, waits: 0))
    }

    @Test("10,007 launches and 101 waits are counted to the one", .enabled(if: canRun, reason))
    func primes() throws {
        let process = try driver.start()
        for _ in 0..<100 {
            try process.act("k", 1, 100)
            try process.act("s", 1)
        }
        try process.act("k", 1, 7)
        #expect(probes.launchesInFlight(of: process.pid) == 7)
        try process.act("s", 1)
        #expect(probes.launchesInFlight(of: process.pid) == 0)
        try process.finish()
        #expect(log.lastCounts(process.pid) == CUDACounts(launches: 10_007, waits: 101))
        let events = log.events(process.pid)
        let lost = probes.losses.records
        #expect(events.count + Int(lost) >= 10_108)
        #expect(events.last?.launches == 10_007)
    }

    @Test("A wait covers its stream's launches from before the call, and no others", .enabled(if: canRun, reason))
    func streams() throws {
        let process = try driver.start()
        func inFlight() -> UInt64? { probes.launchesInFlight(of: process.pid) }
        #expect(inFlight() == nil)
        try process.act("k", 1, 3)
        try process.act("k", 2, 5)
        #expect(inFlight() == 8)
        try process.act("s", 1)
        #expect(inFlight() == 5)
        try process.act("s", 1)
        #expect(inFlight() == 5)
        // An event covers what was before its record.
        try process.act("r", 2, 0xe)
        try process.act("k", 2, 7)
        try process.act("e", 0, 0xe)
        #expect(inFlight() == 7)
        try process.act("e", 0, 0xe)
        #expect(inFlight() == 7)
        // An event that was never recorded, and a wait that fails, cover nothing.
        try process.act("e", 0, 0xf)
        try process.act("k", 0xbad, 2)
        try process.act("s", 0xbad)
        #expect(inFlight() == 9)
        try process.act("x")
        #expect(inFlight() == 0)
        // The default stream waits for all, as a copy to the host does; the per-thread one for itself alone.
        try process.act("k", 3, 2)
        try process.act("s", 0)
        #expect(inFlight() == 0)
        try process.act("k", 3, 2)
        try process.act("d")
        #expect(inFlight() == 0)
        try process.act("k", 3, 2)
        try process.act("p", 0, 4)
        try process.act("q", 0)
        #expect(inFlight() == 2)
        try process.finish()
        #expect(probes.account(of: process.pid) == nil)
    }

    @Test("More streams than are told apart are drained together, and the loss is stated", .enabled(if: canRun, reason))
    func manyStreams() throws {
        let before = probes.losses.streams
        let process = try driver.start()
        for stream in 1...40 {
            try process.act("k", stream, 1)
            try process.act("s", stream)
        }
        // One after another they need no place of their own.
        #expect(probes.launchesInFlight(of: process.pid) == 0)
        #expect(probes.losses.streams == before)
        for stream in 1...19 { try process.act("k", stream, 1) }
        #expect(probes.losses.streams == before + 2)
        for stream in 1...19 { try process.act("s", stream) }
        #expect(probes.launchesInFlight(of: process.pid) == 3)
        try process.act("x")
        #expect(probes.launchesInFlight(of: process.pid) == 0)
        try process.finish()
    }

    @Test("Work is open from its first launch until a wait finds all of it done", .enabled(if: canRun, reason))
    func busy() throws {
        let process = try driver.start()
        let identity = try ProcessIdentity(running: process.pid)
        func open() -> OpenWork? { probes.openWork().first { $0.process == identity } }
        #expect(open() == nil)
        let before = MonotonicClock.nanoseconds()
        try process.act("k", 1, 1)
        let after = MonotonicClock.nanoseconds()
        try process.act("k", 2, 1)
        let begin = try #require(open()?.beginNanoseconds)
        #expect((before...after).contains(begin))
        try process.act("s", 2)
        #expect(open()?.beginNanoseconds == begin)
        try process.act("s", 1)
        #expect(open() == nil)
        try process.act("s", 1)
        _ = log.wait { $0.events.last?.waits == 3 }
        try process.finish()
        let kept = log.wait { $0.exits.contains { $0.process == identity } }
        let waits = zip(kept.events, kept.busyBegins).filter { $0.0.process == identity && $0.0.kind == .streamWait }
        #expect(waits.map(\.1) == [nil, begin, nil])
        #expect(waits.map(\.0.launchesInFlight) == [1, 0, 0])
    }

    @Test(
        "Threads that launch and wait at the same time are counted and drained to the one", .enabled(if: canRun, reason)
    )
    func threads() throws {
        let process = try driver.start()
        try process.act("t", 2, 1_009)
        #expect(probes.launchesInFlight(of: process.pid) == 0)
        try process.act("t", 7, 307)
        #expect(probes.launchesInFlight(of: process.pid) == 0)
        try process.finish()
        let waits = UInt64(2 * 1_009 + 7 * 307)
        #expect(log.lastCounts(process.pid) == CUDACounts(launches: 3 * waits, waits: waits))
    }

    @Test("A forked child begins at 0, and 1,009 short lives are counted to the one", .enabled(if: canRun, reason))
    func forks() throws {
        let process = try driver.start()
        try process.act("k", 1, 11)
        try process.act("f", 1_009, 1)
        #expect(probes.launchesInFlight(of: process.pid) == 11)
        try process.finish()
        let kept = log.wait { $0.exits.count >= 1_010 }
        let children = kept.exits.filter { $0.process.pid != process.pid }
        #expect(children.count == 1_009)
        #expect(children.map(\.counts.launches) == (0..<1_009).map { UInt64($0 % 7 + 1) })
        #expect(children.allSatisfy { $0.counts.waits == 1 })
        #expect(log.lastCounts(process.pid) == CUDACounts(launches: 11, waits: 0))
    }

    @Test("An exec ends the account of the old program; the new one begins at 0", .enabled(if: canRun, reason))
    func execs() throws {
        let process = try driver.start()
        let identity = try ProcessIdentity(running: process.pid)
        try process.act("k", 1, 13)
        try process.act("E", 1, 0, answer: "again")
        #expect(probes.account(of: process.pid) == nil)
        try process.act("k", 1, 17)
        try process.act("s", 1)
        // A process that is gone before its first record is read has no start time.
        _ = log.wait { $0.events.last?.waits == 1 }
        try process.finish()
        let kept = log.wait { $0.exits.count >= 2 }
        #expect(kept.exits.map(\.process) == [identity, identity])
        #expect(kept.exits.map(\.counts) == [CUDACounts(launches: 13, waits: 0), CUDACounts(launches: 17, waits: 1)])
    }

    @Test("A process that outlives its first thread is counted on, and seen to go", .enabled(if: canRun, reason))
    func outlives() throws {
        let process = try driver.start()
        let identity = try ProcessIdentity(running: process.pid)
        try process.act("k", 1, 19)
        try process.act("z")
        try process.act("k", 1, 23)
        try process.act("s", 1)
        #expect(log.wait { $0.events.last?.waits == 1 }.exits.map(\.process) == [identity])
        try process.finish()
        let kept = log.wait { $0.exits.count >= 2 }
        #expect(kept.exits.map(\.process) == [identity, identity])
        #expect(kept.exits.map(\.counts) == [CUDACounts(launches: 19, waits: 0), CUDACounts(launches: 23, waits: 1)])
        #expect(probes.account(of: process.pid) == nil)
    }

    @Test("Contexts are counted, primary ones once; with the last of them goes all work", .enabled(if: canRun, reason))
    func contexts() throws {
        let process = try driver.start()
        func contexts() -> Int? { probes.account(of: process.pid)?.contexts }
        try process.act("C", 0)
        try process.act("C", 0)
        try process.act("C", 2)
        #expect(contexts() == 2)
        try process.act("D", 1)
        try process.act("D", 0)
        #expect(contexts() == 1)
        try process.act("k", 1, 3)
        try process.act("D", 0)
        #expect(contexts() == 0)
        #expect(probes.launchesInFlight(of: process.pid) == 0)
        #expect(probes.openWork().allSatisfy { $0.process.pid != process.pid })
        try process.act("R", 0)
        try process.act("R", 0)
        #expect(contexts() == 1)
        try process.finish()
    }

    @Test(
        "A full ring loses records; counts, new processes and exits are found all the same",
        .enabled(if: canRun, reason))
    func overflow() throws {
        let driver = try ScratchCUDA(isSlim: true)
        let probes = try CUDAProbes(level: .launches)
        try probes.attach(libraryAt: driver.library)
        let staying = try driver.start()
        try staying.act("k", 1, 10_007)
        try staying.act("f", 23, 1)
        try staying.act("s", 1)
        let losses = probes.losses
        // Whatever was lost is counted, each kind apart.
        #expect(losses.launchRecords > 0 && losses.waitRecords == 24 && losses.exitRecords == 23)
        let log = try EventLog()
        let reader = try RingReader(probes: probes, events: log, news: EventSignal())
        let kept = log.wait { $0.exits.count >= 23 && !$0.losses.isEmpty }
        #expect(kept.exits.map(\.counts.launches).sorted() == (0..<23).map { UInt64($0 % 7 + 1) }.sorted())
        #expect(kept.exits.allSatisfy { $0.counts.waits == 1 })
        let stated = kept.losses.last { $0.process.pid == staying.pid }?.counts
        #expect(stated == CUDACounts(launches: 10_007, waits: 1))
        try staying.act("k", 1, 2)
        try staying.finish()
        #expect(log.lastCounts(staying.pid) == CUDACounts(launches: 10_009, waits: 1))
        #expect(reader.malformedRecords == 0)
        reader.stop()
    }
}
