import Glibc
import Synchronization
import SystemCalls
import Testing
import VirtualJetson

@testable import Telemetry

/// Hands the probes' events on, but for exits: the account keeps what each process had.
private final class Living: CUDAEventReceiver {
    let account: GPUTimeAccount
    private let ended = Atomic(0)
    var exits: Int { ended.load(ordering: .relaxed) }

    init(_ account: GPUTimeAccount) { self.account = account }

    func receive(_ event: CUDAEvent, busyBegin: UInt64?) { account.receive(event, busyBegin: busyBegin) }
    func processExited(_ process: ProcessIdentity, counts: CUDACounts) { ended.add(1, ordering: .relaxed) }
    func recordsLost(of process: ProcessIdentity, counts: CUDACounts) {}
}

private let isReady =
    geteuid() == 0 && CUDAProbes.support() == .available
    && Directory.exists(MountedBoard.products + "/virtual-client")
    && Directory.exists(MountedBoard.products + "/libcuda.so")

private let printsTable = unsafe getenv("FULCRUM_PRINT_TABLES") != nil
private let scenes = [(2, 401), (10, 101)] + (printsTable ? [(1_000, 5), (1_000, 20)] : [])

/// GPU time by the probes alone, beside the engine's own account.
@Suite(
    "GPU time by probes, on a virtual board", .enabled(if: MountedBoard.canMount, "\(MountedBoard.reason)"),
    .enabled(if: isReady, "Uprobes cannot be used here, or virtual-client and libcuda.so are not built."), .serialized)
struct ProbedTimeOnBoardTests {
    @Test(
        "Processes that wait for each launch: everybody's time beside the engine's",
        arguments: [CUDAProbes.Level.launches, .boundaries], scenes)
    func processes(level: CUDAProbes.Level, scene: (count: Int, launches: Int)) throws {
        let board = try MountedBoard(preset: "maxn")
        let account = GPUTimeAccount(startNanoseconds: MonotonicClock.nanoseconds())
        let living = Living(account)
        let probes = try CUDAProbes(level: level)
        let reader = try RingReader(probes: probes, events: living, news: try EventSignal())
        try probes.attach(libraryAt: board.board.libcudaPath)
        account.began(level == .launches ? .launches : .boundaries, at: MonotonicClock.nanoseconds())
        let clients = try VirtualClients(
            board,
            ["--processes", "\(scene.count)", "--launches", "\(scene.launches)", "--cycles", "1300500"])
        _ = clients.lines()
        #expect(board.waits { $0.finished.count == scene.count })
        for _ in 0..<10_000 where living.exits < scene.count { usleep(1_000) }
        reader.stop()
        #expect(probes.losses.records == 0)
        account.settle(now: MonotonicClock.nanoseconds() + 1_000_000_000)
        let readings = try #require(board.board.readings)
        var errors: [Double] = []
        for finished in readings.finished {
            let process = ProcessIdentity(pid: Int32(finished.pid), startTimeTicks: 0)
            let busy = Double(try #require(account.busy(of: process)))
            errors.append(busy / Double(finished.busyNanoseconds) - 1)
        }
        errors.sort { abs($0) < abs($1) }
        if printsTable {
            print(
                "| \(level.rawValue) | \(scene.count) | \(errors[errors.count / 2] * 100) % | \((errors.last ?? 0) * 100) % |"
            )
        }
        // A return from a wait comes as late as this machine wakes its process: how near the shares are is for the table, on a
        // quiet machine. That they are of the right size must hold on any.
        if scene.count <= 10 { #expect(abs(errors[errors.count / 2]) < 0.5) }
        let totals = account.totals
        #expect(
            totals.processesNanoseconds + totals.exitedNanoseconds + totals.unattributedNanoseconds
                + totals.idleNanoseconds + totals.unmeasuredNanoseconds == totals.elapsedNanoseconds)
    }
}
