import SystemCalls
import Testing

@testable import VirtualJetson

private let isBuilt =
    Directory.exists(MountedBoard.products + "/virtual-client")
    && Directory.exists(MountedBoard.products + "/libcuda.so")

@Suite(
    "A thousand processes", .enabled(if: MountedBoard.canMount, "\(MountedBoard.reason)"),
    .enabled(if: isBuilt, "virtual-client and libcuda.so are not built beside the tests."))
struct ThousandProcessesTests {
    @Test("1,009 processes with a context each at the same time: every launch of each is accounted to it")
    func accounts() throws {
        let board = try MountedBoard(preset: "maxn")
        let clients = try VirtualClients(
            board, ["--processes", "1009", "--launches", "5", "--cycles", "13000", "--hold"])
        #expect(board.waits { $0.contexts.count == 1009 && $0.totals.launchesCompleted == 5045 })
        #expect(try board.read("virtual/contexts").split(separator: "\n").count == 1009)
        clients.release()
        let pids = Set(
            clients.lines().compactMap { $0.split(separator: " ").dropFirst(2).first.flatMap { UInt32($0) } })
        #expect(clients.process.terminationStatus == 0)
        #expect(board.waits { $0.contexts.isEmpty })
        let readings = try #require(board.board.readings)
        #expect(readings.finished.count == 1009)
        #expect(Set(readings.finished.map(\.pid)) == pids)
        #expect(readings.finished.allSatisfy { $0.launchesCompleted == 5 })
        let busy = readings.finished.reduce(0) { $0 + $1.busyNanoseconds }
        #expect(busy == readings.totals.gpuBusyNanoseconds)
    }
}
