import Glibc
import Testing

@testable import Telemetry

@Suite("Processes that the probes have met")
struct ProbedProcessesTests {
    private let first = ProcessIdentity(pid: 100, startTimeTicks: 7)
    private let second = ProcessIdentity(pid: 100, startTimeTicks: 9)

    @Test("A process is known by pid and instance until it ends")
    func known() throws {
        var table = ProbedProcesses(capacity: 8)
        #expect(table.living(100, instance: 1) == nil)
        let entered = table.enter(first, instance: 1, counts: CUDACounts(launches: 3))
        #expect(entered.isEntered)
        #expect(table.living(100, instance: 1) == first)
        #expect(table.living(100, instance: 0) == first)
        #expect(table.living(100, instance: 2) == nil)
        let isHigher = table.catchUp(100, counts: CUDACounts(launches: 5, waits: 1))
        #expect(isHigher)
        let isHigherAgain = table.catchUp(100, counts: CUDACounts(launches: 4))
        #expect(!isHigherAgain)
        let strangerEnd = table.end(100, instance: 2)
        #expect(strangerEnd == nil)
        let firstEnd = table.end(100, instance: 1)
        #expect(firstEnd?.counts == CUDACounts(launches: 5, waits: 1))
        let secondEnd = table.end(100, instance: 1)
        #expect(secondEnd == nil)
        #expect(table.living(100, instance: 0) == nil)
    }

    @Test("Whoever had the pid without an exit record is given back")
    func reuse() {
        var table = ProbedProcesses(capacity: 8)
        _ = table.enter(first, instance: 1, counts: CUDACounts(waits: 3))
        let former = table.enter(second, instance: 2, counts: CUDACounts()).former
        #expect(former?.process == first && former?.counts == CUDACounts(waits: 3))
        #expect(table.doubtful.isEmpty)
    }

    @Test("After its first thread's exit a process is doubtful, after an exec it is not")
    func comesBack() {
        var table = ProbedProcesses(capacity: 8)
        _ = table.enter(first, instance: 1, counts: CUDACounts())
        _ = table.end(100, instance: 1, byExec: true)
        _ = table.enter(first, instance: 2, counts: CUDACounts())
        #expect(table.doubtful.isEmpty)
        _ = table.end(100, instance: 2)
        _ = table.enter(first, instance: 3, counts: CUDACounts())
        #expect(table.doubtful.map(\.process) == [first])
    }

    @Test("An absence counts when it is seen twice in a row")
    func absence() throws {
        var table = ProbedProcesses(capacity: 8)
        _ = table.enter(ProcessIdentity(pid: 100, startTimeTicks: 0), instance: 1, counts: CUDACounts())
        let entry = try #require(table.doubtful.first)
        let once = table.noteAbsence(entry, isAbsent: true)
        #expect(!once)
        let present = table.noteAbsence(entry, isAbsent: false)
        #expect(!present)
        let onceMore = table.noteAbsence(entry, isAbsent: true)
        #expect(!onceMore)
        let twice = table.noteAbsence(entry, isAbsent: true)
        #expect(twice)
        _ = table.end(100, instance: 1)
        let afterEnd = table.noteAbsence(entry, isAbsent: true)
        #expect(!afterEnd)
    }

    @Test("A full table takes a new process when one has ended")
    func full() {
        var table = ProbedProcesses(capacity: 2)
        for pid in Int32(1)...2 {
            _ = table.enter(ProcessIdentity(pid: pid, startTimeTicks: 1), instance: 1, counts: CUDACounts())
        }
        let refused = table.enter(first, instance: 1, counts: CUDACounts())
        #expect(!refused.isEntered)
        _ = table.end(2, instance: 1)
        let admitted = table.enter(first, instance: 1, counts: CUDACounts())
        #expect(admitted.isEntered)
        #expect(table.living(2, instance: 1) == nil && table.living(1, instance: 1) != nil)
    }

    @Test("An account that was opened before the process started belongs to another")
    func holder() throws {
        let own = try ProcessIdentity(running: getpid())
        #expect(ProcessIdentity(getpid(), holding: 0) == own)
        #expect(ProcessIdentity(getpid(), holding: .max) == own)
        #expect(ProcessIdentity(getpid(), holding: 1) == nil)
    }
}
