import Glibc
import SystemCalls
import SystemPackage
import Testing

@testable import VirtualJetson

private let millisecond: UInt64 = 1_000_000

@Suite("Residency") struct ResidencyTests {
    private func model(contexts: Int) -> EngineModel {
        let board = BoardDescription.agxOrin64GB
        var model = EngineModel(
            configuration: .init(idle: board.idle),
            clocks: Knobs(board, preset: board.presets[0]).clocks, contexts: 64, chips: [], railScale: 1, time: 0)
        for index in 0..<contexts { model.open(index, pid: UInt32(100 + index)) }
        return model
    }

    /// Cycles of that many milliseconds at MAXN.
    private func cycles(_ milliseconds: UInt64) -> Launch.Work { .cycles(1_300_500 * milliseconds) }

    private func changes(_ model: EngineModel) -> [(time: UInt64, from: UInt32?, to: UInt32?, hadWork: Bool)] {
        model.switches.compactMap {
            guard case .change(let from, let to, let hadWork) = $0.kind else { return nil }
            return ($0.time, from?.pid, to?.pid, hadWork)
        }
    }

    @Test("A lone context stays resident while it idles, and leaves when the GPU is gated")
    func idleResidency() {
        var model = model(contexts: 1)
        model.submit(0, cycles(10))
        model.advance(to: 300 * millisecond)
        #expect(model.residentContext == 0 && !model.gpuIsBusy)
        model.submit(0, cycles(10))
        model.advance(to: 2000 * millisecond)
        #expect(model.residentContext == nil && model.gpuIsGated)
        let changes = changes(model)
        #expect(changes.map(\.time) == [0, 810 * millisecond])
        #expect(changes.map(\.from) == [nil, 100])
        #expect(changes.map(\.to) == [100, nil])
        #expect(model.totals.contextSwitches == 1)
        #expect(model.contexts[0]?.residentNanoseconds == 810 * millisecond)
        #expect(model.contexts[0]?.busyNanoseconds == 20 * millisecond)
    }

    @Test("Another's work displaces an idle context at once and a working one at the end of its turn")
    func displacement() {
        var model = model(contexts: 2)
        model.submit(0, cycles(1))
        model.advance(to: 5 * millisecond)
        model.submit(1, cycles(3))
        model.advance(to: 6 * millisecond)
        model.submit(0, cycles(1))
        model.advance(to: 100 * millisecond)
        let changes = changes(model)
        // In at 0; displaced idle at 5; its work at 6 waits for the turn's end at 6.024, then takes 1 ms.
        #expect(changes.map(\.time) == [0, 5_000_000, 6_024_000, 7_024_000])
        #expect(changes.map(\.to) == [100, 101, 100, 101])
        #expect(changes.map(\.hadWork) == [false, false, true, false])
        let residencies = (0..<2).map { model.contexts[$0]?.residentNanoseconds ?? 0 }
        #expect(residencies.reduce(0, +) == 100 * millisecond)
    }

    @Test("A closed or faulty context leaves the engine; what it had queued is dropped")
    func leaving() {
        var model = model(contexts: 3)
        for index in 0..<3 { model.submit(index, cycles(50)) }
        model.advance(to: millisecond / 2)
        model.close(0)
        model.fault(1)
        model.submit(1, cycles(50))
        model.advance(to: 60 * millisecond)
        let changes = changes(model)
        #expect(changes.map(\.from) == [nil, 100, nil])
        #expect(changes.map(\.to) == [100, 101, 102])
        let resets = model.switches.filter { if case .reset = $0.kind { true } else { false } }
        #expect(resets.count == 1)
        #expect(model.totals.launchesCompleted == 1)
        #expect(model.totals.contextsFaulted == 1)
    }
}

@Suite("Context-switch trace") struct TraceTests {
    private let first = ContextSwitch.Party(id: 1, pid: 10)
    private let second = ContextSwitch.Party(id: 2, pid: 20)

    private func switches(_ count: Int, from time: UInt64, every step: UInt64) -> [ContextSwitch] {
        (0..<count).map { number in
            let (from, to) = number.isMultiple(of: 2) ? (first, second) : (second, first)
            return ContextSwitch(time: time + UInt64(number) * step, kind: .change(from: from, to: to, hadWork: true))
        }
    }

    @Test("The firmware keeps 1,024 records between two drains; what it loses, no sequence number tells")
    func firmwareRing() throws {
        let trace = ContextSwitchTrace(epoch: 0)
        try trace.open()
        trace.enable(at: 1000)
        // 1,500 in the first period and 100 in the second.
        let records = switches(1500, from: 1000, every: 10_000) + switches(100, from: 17_000_000, every: 10_000)
        #expect(trace.accept(records, until: 18_000_000) == 1000 + 2 * ContextSwitchTrace.drainPeriod)
        trace.flush()
        #expect(trace.totals == .init(records: 1124, lost: 476, entries: 1124 * 5, dropped: 0))
        let entries = try TraceReader.parse(trace.read(limit: 1 << 20))
        #expect(entries.map(\.sequence) == (0..<5620).map { UInt16($0) })
        #expect(throws: Errno.resourceTemporarilyUnavailable) { try trace.read(limit: 24) }
    }

    @Test("A full ring drops entries, counts them, and leaves a gap in the sequence")
    func programRing() throws {
        let trace = ContextSwitchTrace(epoch: 0)
        try trace.open()
        #expect(try trace.setRing(bytes: 100) == 4096)
        trace.enable(at: 0)
        _ = trace.accept(switches(100, from: 0, every: 1000), until: 1_000_000)
        trace.flush()
        let kept = try TraceReader.parse(trace.read(limit: 1 << 20))
        // (4096 - 32) / 24 places, less one.
        #expect(kept.count == 168)
        #expect(trace.totals.dropped == 500 - 168)
        _ = trace.accept(switches(1, from: 2_000_000, every: 1), until: 3_000_000)
        trace.flush()
        #expect(try TraceReader.parse(trace.read(limit: 1 << 20)).map(\.sequence) == [500, 501, 502, 503, 504])
    }

    @Test("What was before tracing is not told; entries are quantised, and a small buffer gets whole ones")
    func bounds() throws {
        let trace = ContextSwitchTrace(epoch: 1000)
        try trace.open()
        trace.enable(at: 5000)
        #expect(trace.accept(switches(2, from: 4000, every: 2077), until: 7000) != nil)
        trace.flush()
        let entries = try TraceReader.parse(trace.read(limit: 71))
        #expect(entries.map(\.tag) == [1, 2])
        #expect(entries.map(\.timestamp) == [5056, 5056])
        #expect(entries.map(\.pid) == [20, 20])
        #expect(entries.map(\.contextID) == [2, 2])
    }
}

private let isBuilt =
    Directory.exists(MountedBoard.products + "/virtual-client")
    && Directory.exists(MountedBoard.products + "/libcuda.so")

@Suite(
    "Context-switch device", .enabled(if: MountedBoard.canMount, "\(MountedBoard.reason)"),
    .enabled(if: isBuilt, "virtual-client and libcuda.so are not built beside the tests."))
struct ContextSwitchDeviceTests {
    @Test("One opener under both names; commands and their errors are nvgpu's")
    func commands() throws {
        let board = try MountedBoard()
        try checkCommands(board)
        // The close travels after close() has returned.
        #expect(board.waits { _ in (try? TraceReader(board, name: TraceReader.names[1])) != nil })
    }

    private func checkCommands(_ board: MountedBoard) throws {
        let open = try TraceReader(board)
        for name in TraceReader.names {
            let error = #expect(throws: SystemCallError.self) { _ = try TraceReader(board, name: name) }
            #expect(error?.errno == .resourceBusy)
        }
        #expect(try open.read() == nil)
        let filter = open.control(5, [UInt8](repeating: 0, count: 32), direction: 2)
        #expect(filter.bytes == [UInt8](repeating: 255, count: 32))
        open.setFilter(tags: [3, 5, 254])
        let changed = open.control(5, [UInt8](repeating: 0, count: 32), direction: 2)
        #expect(changed.bytes == [0x28] + [UInt8](repeating: 0, count: 30) + [0x40])
        #expect(open.setRing(bytes: 5000).bytes == [0, 0x20, 0, 0])
        for size: UInt32 in [0, 10, 600_000, .max] { #expect(open.setRing(bytes: size).errno == EINVAL) }
        open.enable()
        #expect(open.setRing(bytes: 5000).errno == EBUSY)
        open.disable()
        #expect(open.setRing(bytes: 5000).errno == 0)
        #expect(open.control(7).errno == ENOTTY)
        #expect(open.control(4, [0], direction: 1).errno == ENOTTY)
    }

    @Test("The entries tell every switch, and each process's residency to the nanosecond of their clock")
    func residency() throws {
        let board = try MountedBoard(preset: "maxn")
        let reader = try TraceReader(board)
        reader.enable()
        let clients = try VirtualClients(board, ["--processes", "7", "--launches", "23", "--cycles", "400000"])
        // What poll wakes for: an entry.
        var wanted = pollfd(fd: reader.file.rawValue, events: Int16(POLLIN), revents: 0)
        #expect(unsafe poll(&wanted, 1, 30_000) == 1)
        var entries: [TraceReader.Entry] = []
        let lines = clients.lines()
        #expect(lines.count == 7)
        #expect(board.waits { $0.contexts.isEmpty && $0.totals.contextsOpened == 7 })
        reader.flush()
        entries += try reader.entries()
        let readings = try #require(board.board.readings)
        #expect(readings.totals.contextSwitches >= 7)
        #expect(entries.count { $0.tag == 5 } == Int(readings.totals.contextSwitches))
        #expect(entries.count { $0.tag == 3 } == Int(readings.totals.contextSwitches))
        #expect(UInt64(entries.count) == readings.totals.traceEntries)
        #expect(readings.totals.traceEntriesDropped == 0 && readings.totals.traceRecordsLost == 0)
        #expect(zip(entries, entries.dropFirst()).allSatisfy { $1.sequence == $0.sequence &+ 1 })
        #expect(entries.allSatisfy { $0.vmid == 0 && $0.timestamp % 32 == 0 && $0.contextID != 0 })
        var residency: [UInt64: UInt64] = [:]
        var starts: [UInt64: Int] = [:]
        var since: (pid: UInt64, timestamp: UInt64)?
        for entry in entries {
            if entry.tag == 5 {
                #expect(since == nil)
                since = (entry.pid, entry.timestamp)
            } else if entry.tag == 3, let start = since {
                #expect(start.pid == entry.pid)
                residency[entry.pid, default: 0] += entry.timestamp - start.timestamp
                starts[entry.pid, default: 0] += 1
                since = nil
            }
        }
        #expect(since == nil)
        #expect(readings.finished.count == 7)
        for account in readings.finished {
            let pid = UInt64(account.pid)
            let difference = Int64(residency[pid] ?? 0) - Int64(account.residentNanoseconds)
            #expect(abs(difference) <= 32 * Int64(starts[pid] ?? 0), "\(account)")
            #expect(account.launchesCompleted == 23)
            #expect(account.residentNanoseconds >= account.busyNanoseconds)
            #expect(lines.contains { $0.contains("pid \(pid) ") })
        }
        #expect(try board.read("virtual/finished").split(separator: "\n").count == 7)
        #expect(try board.read("virtual/engine.stat").contains("context_switches \(readings.totals.contextSwitches)\n"))
    }

    @Test("The filter holds back what it does not name")
    func filter() throws {
        let board = try MountedBoard(preset: "maxn")
        let reader = try TraceReader(board)
        reader.setFilter(tags: [5])
        reader.enable()
        let clients = try VirtualClients(board, ["--processes", "3", "--launches", "5"])
        #expect(clients.lines().count == 3)
        #expect(board.waits { $0.finished.count == 3 })
        reader.flush()
        let entries = try reader.entries()
        #expect(entries.allSatisfy { $0.tag == 5 })
        #expect(UInt64(entries.count) == board.board.readings?.totals.contextSwitches)
    }
}
