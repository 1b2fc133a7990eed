import Foundation
import Glibc
import SystemCalls
import Testing
import VirtualJetson

@testable import Telemetry

private let isBuilt =
    Directory.exists(MountedBoard.products + "/virtual-client")
    && Directory.exists(MountedBoard.products + "/libcuda.so")

/// The context-switch source and the account of GPU time on a virtual board, beside the engine's own account.
@Suite(
    "GPU time by context switches, on a virtual board",
    .enabled(if: MountedBoard.canMount, "\(MountedBoard.reason)"),
    .enabled(if: isBuilt, "virtual-client and libcuda.so are not built beside the tests."), .serialized)
struct GPUTimeOnBoardTests {
    private let board: MountedBoard
    private let account: GPUTimeAccount
    private let log = SwitchCount()

    init() throws {
        board = try MountedBoard(preset: "maxn")
        account = GPUTimeAccount(startNanoseconds: MonotonicClock.nanoseconds())
    }

    /// Starts reading; `buffer` bounds the driver's buffer.
    private func read(buffer: UInt32? = nil) throws -> ContextSwitchReader {
        let device = try ContextSwitchDevice(root: board.board.root, bufferSizes: buffer.map { [$0] })
        // A thousand processes that start at once keep the board's engine from the CPU for longer than any GPU is late.
        return try ContextSwitchReader(
            device: device, periodNanoseconds: 50_000_000, receiver: Both(account: account, count: log),
            marginNanoseconds: 10_000_000_000, lives: { _ in true })
    }

    /// Settles all that was told. After the reader has stopped.
    private func settle() {
        account.settle(now: MonotonicClock.nanoseconds() + 1_000_000_000)
    }

    private func expectConserved() {
        let totals = account.totals
        let parts =
            totals.processesNanoseconds + totals.exitedNanoseconds + totals.unattributedNanoseconds
            + totals.idleNanoseconds + totals.unmeasuredNanoseconds
        #expect(parts == totals.elapsedNanoseconds)
    }

    @Test(
        "Two, ten and 1,009 processes: each one's time within 1 % of the engine's account", arguments: [2, 10, 1_009])
    func processes(count: Int) throws {
        let reader = try read()
        // Switches teach the reader how the GPU's clock relates to ours.
        let first = try VirtualClients(board, ["--processes", "2", "--launches", "40", "--cycles", "1300500"])
        _ = first.lines()
        // One that always has work: a process that is alone stays resident when it has none.
        let filler = try VirtualClients(
            board, ["--launches", "100000", "--cycles", "1300500", "--wait-every", "0"])
        #expect(board.waits { $0.totals.launchesCompleted > 80 })
        let launches = count > 100 ? 2 : 601 / count
        let clients = try VirtualClients(
            board,
            [
                "--processes", "\(count)", "--launches", "\(launches)", "--cycles", "1300500", "--wait-every", "0",
            ])
        let lines = clients.lines()
        #expect(clients.process.terminationStatus == 0)
        #expect(lines.count == count)
        #expect(board.waits { $0.finished.count == count + 2 })
        for context in board.board.readings?.contexts ?? [] { kill(pid_t(context.pid), SIGKILL) }
        filler.process.waitUntilExit()
        #expect(board.waits { $0.finished.count == count + 3 && $0.contexts.isEmpty })
        reader.readNow()
        reader.stop()
        settle()

        let readings = try #require(board.board.readings)
        #expect(reader.failure == nil)
        #expect(reader.counts.lostRecords == 0)
        #expect(readings.totals.traceRecordsLost == 0)
        #expect(reader.counts.contextStarts == readings.totals.contextSwitches)
        #expect(log.complete == readings.totals.contextSwitches)
        var worst = 0.0
        for finished in readings.finished.dropFirst(2) {
            let process = ProcessIdentity(pid: Int32(finished.pid), startTimeTicks: 0)
            let busy = Double(try #require(account.busy(of: process)))
            worst = max(worst, abs(busy / Double(finished.busyNanoseconds) - 1))
        }
        #expect(worst < 0.01)
        #expect(account.totals.unattributedNanoseconds == 0)
        expectConserved()
    }

    @Test("A buffer that overflows: the loss is stated, and its time is nobody's")
    func overflow() throws {
        let reader = try read(buffer: 4_096)
        let clients = try VirtualClients(
            board, ["--processes", "3", "--launches", "307", "--cycles", "1300500", "--wait-every", "0"])
        _ = clients.lines()
        #expect(board.waits { $0.finished.count == 3 })
        reader.stop()
        settle()
        let totals = try #require(board.board.readings).totals
        #expect(totals.traceEntriesDropped > 0)
        #expect(reader.lossIsDetected)
        #expect(reader.counts.lostRecords > 0)
        #expect(reader.counts.lostRecords <= totals.traceEntriesDropped)
        #expect(reader.counts.records == totals.traceEntries)
        #expect(reader.counts.lostNanoseconds > 0)
        #expect(account.totals.unattributedNanoseconds == reader.counts.lostNanoseconds)
        expectConserved()
    }

    @Test("The device has one opener: the second is told who the first is")
    func oneOpener() throws {
        let reader = try read()
        guard case .unavailable(let sentence) = ContextSwitchDevice.support(root: board.board.root) else {
            Issue.record("A device that is taken cannot be had.")
            return
        }
        #expect(sentence.contains("one process open it"))
        #expect(sentence.contains("(pid \(getpid()))"))
        reader.stop()
        #expect(ContextSwitchDevice.support(root: board.board.root) == .available)
    }

    @Test("While paused, nothing is traced; after it, residency is known again from the first switch")
    func pause() throws {
        let reader = try read()
        func run() throws {
            let clients = try VirtualClients(board, ["--processes", "2", "--launches", "29", "--cycles", "1300500"])
            _ = clients.lines()
            #expect(clients.process.terminationStatus == 0)
        }
        func waits(until condition: () -> Bool) -> Bool {
            for _ in 0..<5_000 {
                if condition() { return true }
                usleep(1_000)
            }
            return false
        }
        try run()
        #expect(board.waits { $0.finished.count == 2 && $0.contexts.isEmpty })
        reader.readNow()
        #expect(waits { log.complete > 0 })
        reader.setPaused(true)
        #expect(waits { log.ends == 1 })
        let switches = board.board.readings?.totals.contextSwitches ?? 0
        #expect(reader.counts.contextStarts == switches)
        try run()
        #expect(board.waits { $0.finished.count == 4 })
        reader.setPaused(false)
        let untraced = (board.board.readings?.totals.contextSwitches ?? 0) - switches
        #expect(untraced > 0)
        #expect(
            waits {
                reader.readNow()
                return log.begins == 2 || (try? run()) == nil
            })
        reader.stop()
        let all = board.board.readings?.totals.contextSwitches ?? 0
        #expect(reader.counts.contextStarts <= all - untraced)
        #expect(reader.counts.lostRecords == 0)
        settle()
        #expect(account.totals.unmeasuredNanoseconds > 0)
        expectConserved()
    }

    /// Makes the recording that ContextSwitchRecording.swift of TelemetryTests holds: the device's bytes in base64, and what the
    /// engine says of each process.
    @Test(
        "Records a trace and prints it",
        .enabled(if: unsafe getenv("FULCRUM_RECORD") != nil, "Runs with FULCRUM_RECORD set, and prints a recording."))
    func recording() throws {
        let device = try ContextSwitchDevice(root: board.board.root)
        try device.enable()
        let clients = try VirtualClients(
            board, ["--processes", "3", "--launches", "11", "--cycles", "1300500", "--wait-every", "0"])
        _ = clients.lines()
        #expect(board.waits { $0.finished.count == 3 && $0.contexts.isEmpty })
        _ = device.flush()
        var buffer = [UInt8](repeating: 0, count: 65_536)
        let count = device.read(into: &buffer)
        let readings = try #require(board.board.readings)
        print("switches \(readings.totals.contextSwitches)")
        for context in readings.finished {
            print("pid \(context.pid) resident \(context.residentNanoseconds) busy \(context.busyNanoseconds)")
        }
        print(Data(buffer[..<count]).base64EncodedString())
    }
}
