import Foundation
import SystemCalls
import Testing

@testable import Telemetry

@Suite("CUDA probes, end to end", .serialized)
struct CUDAProbesTests {
    /// Why the probes cannot be tried here; empty if they can.
    static let obstacle: String = {
        if ScratchCUDA.compiler == nil { return "there is no C compiler (cc) to build a stand-in library with" }
        switch CUDAProbes.support() {
        case .available: return ""
        case .unavailable(let reason), .unknown(let reason): return reason
        }
    }()
    static let canRun = obstacle.isEmpty
    static let reason: Comment = "the probes cannot run here: \(obstacle)"

    private let driver: ScratchCUDA
    private let probes: CUDAProbes
    private let ledger = MinibatchLedger()
    private let news: EventSignal
    private let reader: RingReader

    init() throws {
        driver = try ScratchCUDA()
        probes = try CUDAProbes()
        news = try EventSignal()
        reader = try RingReader(probes: probes, events: ledger, news: news)
    }

    @Test("1,009 waits of a process started after the attach are 1,009 boundaries", .enabled(if: canRun, reason))
    func startedAfterAttach() throws {
        let attached = try probes.attach(libraryAt: driver.library)
        #expect(attached.path == driver.library)
        #expect(
            attached.functions == [
                "cuStreamSynchronize", "cuStreamSynchronize_ptsz", "cuCtxSynchronize", "cuEventSynchronize",
            ])
        let before = MonotonicClock.nanoseconds()
        let process = try driver.start()
        let identity = try ProcessIdentity(running: process.pid)
        try process.wait(1_009)
        try process.finish()
        let after = MonotonicClock.nanoseconds()
        let activity = try #require(exited(process.pid))
        #expect(activity.process == identity)
        #expect(activity.calls.waits == 1_009)
        // It waits in four ways in turn.
        #expect(activity.state == .waitPattern(period: 4))
        #expect(activity.minibatches == 1_009 / 4)
        #expect(activity.lostRecords == 0)
        #expect((before...after).contains(activity.lastBoundaryNanoseconds))
        let durations = ledger.durations(of: identity, since: before, max: 10_000)
        #expect(durations.count == 1_009 / 4)
        #expect(durations.allSatisfy { $0 > 0 } && durations.reduce(0, +) <= Double(after - before) / 1e6)
        #expect(probes.losses == ProbeLosses())
        #expect(reader.malformedRecords == 0)
    }

    @Test("Of a process that runs already, the waits after the attach count, to the one", .enabled(if: canRun, reason))
    func runningBeforeAttach() throws {
        let process = try driver.start()
        try process.wait(101)
        let report = probes.attachRunning()
        #expect(report.attached.contains { $0.path == driver.library })
        try process.wait(1_009)
        try process.finish()
        #expect(exited(process.pid)?.calls.waits == 1_009)
        // Nobody maps it any more and it was never asked for by path.
        #expect(probes.attachRunning().detached.contains { $0.path == driver.library })
        #expect(!probes.libraries.contains { $0.path == driver.library })
    }

    @Test("A library replaced on disk while it is in use is still seen", .enabled(if: canRun, reason))
    func replacedLibrary() throws {
        let process = try driver.start()
        try driver.replaceLibrary()
        try probes.attach(libraryAt: driver.library)
        // By its path, it is the new file that is probed.
        try process.wait(97)
        let report = probes.attachRunning()
        #expect(report.attached.contains { $0.path == driver.library + " (deleted)" })
        try process.wait(1_009)
        try process.finish()
        #expect(exited(process.pid)?.calls.waits == 1_009)
        // The new file stays: the path leads to it.
        let after = probes.attachRunning()
        #expect(after.detached.map(\.path).contains(driver.library + " (deleted)"))
        #expect(probes.libraries.contains { $0.path == driver.library })
    }

    @Test("Two processes at once are counted apart", .enabled(if: canRun, reason))
    func interleaved() throws {
        try probes.attach(libraryAt: driver.library)
        let one = try driver.start()
        let other = try driver.start()
        for _ in 0..<100 {
            try one.wait(5)
            try other.wait(7)
        }
        try one.wait(3)
        try other.wait(1)
        try one.finish()
        try other.finish()
        #expect(exited(one.pid)?.calls.waits == 503)
        #expect(exited(other.pid)?.calls.waits == 701)
    }

    @Test("Threads that wait at the same time are counted to the one", .enabled(if: canRun, reason))
    func threads() throws {
        try probes.attach(libraryAt: driver.library)
        let process = try driver.start()
        try process.wait(599, threads: 7)
        try process.finish()
        let activity = try #require(exited(process.pid))
        #expect(activity.calls.waits == 7 * 599)
        #expect(activity.lostRecords == probes.losses.records)
    }

    @Test("A process inside a wait has open work, since the earliest call", .enabled(if: canRun, reason))
    func openWork() throws {
        try probes.attach(libraryAt: driver.library)
        let process = try driver.start()
        let identity = try ProcessIdentity(running: process.pid)
        func open() -> OpenWork? { probes.openWork().first { $0.process == identity } }
        #expect(open() == nil)
        let before = MonotonicClock.nanoseconds()
        try process.enterEndlessWait()
        let work = try #require(open())
        #expect((before...MonotonicClock.nanoseconds()).contains(work.beginNanoseconds))
        #expect(open() == work)
        try process.leaveEndlessWait()
        #expect(open() == nil)
        #expect(probes.launchesInFlight(of: process.pid) == nil)
        // A process that is killed inside a wait leaves nothing behind.
        try process.enterEndlessWait()
        #expect(open() != nil)
        process.kill()
        #expect(open() == nil)
        #expect(exited(process.pid)?.calls.waits == 1)
    }

    @Test("Processes that go at once are counted and seen to go", .enabled(if: canRun, reason))
    func shortLives() throws {
        try probes.attach(libraryAt: driver.library)
        var pids = [Int32]()
        for _ in 0..<23 {
            let process = try driver.start()
            try process.wait(3)
            try process.finish()
            pids.append(process.pid)
        }
        for pid in pids { #expect(exited(pid)?.calls.waits == 3) }
        #expect(ledger.snapshot().count == pids.count)
    }

    @Test("One attach per file, however it is found", .enabled(if: canRun, reason))
    func attachesOnce() throws {
        let process = try driver.start()
        let first = try probes.attach(libraryAt: driver.library)
        let link = driver.directory.path + "/libcuda.so"
        try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: driver.library)
        #expect(try probes.attach(libraryAt: link) == first)
        let report = probes.attachRunning()
        #expect(!report.attached.contains { $0.inode == first.inode && $0.device == first.device })
        try process.wait(13)
        try process.finish()
        #expect(exited(process.pid)?.calls.waits == 13)
    }

    @Test("A library found in a process stays when its path is asked for later", .enabled(if: canRun, reason))
    func pathAfterProcess() throws {
        let process = try driver.start()
        #expect(probes.attachRunning().attached.contains { $0.path == driver.library })
        try probes.attach(libraryAt: driver.library)
        try process.finish()
        #expect(!probes.attachRunning().detached.contains { $0.path == driver.library })
        let later = try driver.start()
        try later.wait(19)
        try later.finish()
        #expect(exited(later.pid)?.calls.waits == 19)
    }

    @Test("Only a library that nobody but root can write is probed; the others are named", .enabled(if: canRun, reason))
    func refuses() throws {
        _ = unsafe chmod(driver.library, 0o757)
        let writable = #expect(throws: ProbeError.self) { try probes.attach(libraryAt: driver.library) }
        #expect(writable?.description.contains("\(driver.library) can be written") == true)
        _ = unsafe chmod(driver.library, 0o755)
        _ = unsafe chown(driver.library, 1_234, 0)
        let process = try driver.start()
        let scan = probes.attachRunning()
        #expect(scan.refused.contains { $0.path == driver.library && $0.reason.contains("uid 1234") })
        #expect(!probes.attachRunning().refused.contains { $0.path == driver.library })
        _ = unsafe chown(driver.library, 0, 0)
        let notALibrary = driver.directory.path + "/library.c"
        let source = #expect(throws: ProbeError.self) { try probes.attach(libraryAt: notALibrary) }
        #expect(source?.description.contains(notALibrary) == true)
        let missing = driver.directory.path + "/absent"
        let absent = probes.attachSystemLibraries(root: driver.directory.path, extraPaths: [missing])
        #expect(absent.refused.map(\.path) == [missing])
        #expect(absent.attached.isEmpty)
        #expect(!probes.libraries.contains { $0.path == driver.library })
        try process.finish()
    }

    @Test("The system's library is found under a root prefix, through a link", .enabled(if: canRun, reason))
    func systemLibrary() throws {
        let nvidia = driver.directory.path + "/usr/lib/aarch64-linux-gnu/nvidia"
        try FileManager.default.createDirectory(atPath: nvidia, withIntermediateDirectories: true)
        try FileManager.default.createSymbolicLink(
            atPath: nvidia + "/libcuda.so.1.1", withDestinationPath: driver.library)
        let report = probes.attachSystemLibraries(root: driver.directory.path)
        #expect(report.attached.map(\.path) == [nvidia + "/libcuda.so.1.1"])
        #expect(probes.attachSystemLibraries(root: driver.directory.path) == AttachReport())
        let process = try driver.start()
        try process.wait(17)
        try process.finish()
        #expect(exited(process.pid)?.calls.waits == 17)
    }

    @Test("A full ring loses records, never boundaries, and an exit it lost is found", .enabled(if: canRun, reason))
    func overflow() throws {
        reader.stop()
        try probes.attach(libraryAt: driver.library)
        let staying = try driver.start()
        let leaving = try driver.start()
        try leaving.wait(11)
        try staying.wait(10_007)
        try leaving.finish()
        #expect(probes.losses.records > 0)
        let late = try RingReader(probes: probes, events: ledger, news: news)
        let left = try #require(exited(leaving.pid))
        #expect(left.calls.waits == 11)
        let activity = try #require(settled(staying.pid) { $0.calls.waits == 10_007 })
        #expect(activity.lostRecords > 0 && !activity.hasExited)
        try staying.wait(2)
        try staying.finish()
        #expect(exited(staying.pid)?.calls.waits == 10_009)
        late.stop()
    }

    /// Waits for news until the ledger shows that `pid` has exited.
    private func exited(_ pid: Int32) -> ProcessActivity? {
        settled(pid) { $0.hasExited }
    }

    private func settled(_ pid: Int32, _ isSettled: (ProcessActivity) -> Bool) -> ProcessActivity? {
        while true {
            let found = ledger.snapshot().last { $0.process.pid == pid }
            if let found, isSettled(found) { return found }
            var waiting = pollfd(fd: news.rawDescriptor, events: Int16(POLLIN), revents: 0)
            // Only a failure takes this long.
            guard unsafe poll(&waiting, 1, 20_000) > 0 else { return found }
            news.clear()
        }
    }
}

@Suite("Support for CUDA probes")
struct CUDAProbeSupportTests {
    @Test("No sysfs is unknown, no uprobe device is no, and nonsense is unknown; each with its reason")
    func answers() throws {
        let directory = try ScratchDirectory()
        guard case .unknown(let absent) = CUDAProbes.support(eventSources: directory.path + "/none") else {
            Issue.record("absent directory")
            return
        }
        #expect(absent.contains("sysfs"))
        guard case .unavailable(let old) = CUDAProbes.support(eventSources: directory.path) else {
            Issue.record("absent device")
            return
        }
        #expect(old.contains("CONFIG_UPROBE_EVENTS"))
        try directory.write("seven\n", "uprobe/type")
        guard case .unknown(let strange) = CUDAProbes.support(eventSources: directory.path) else {
            Issue.record("strange type")
            return
        }
        #expect(strange.contains("seven"))
    }
}
