import SystemCalls
import Testing

@testable import VirtualJetson

@Suite("Sensor files", .enabled(if: MountedBoard.canMount, "\(MountedBoard.reason)"))
struct SensorFileTests {
    @Test("The fan's duty reads back and its tachometer follows; a duty above 255 is refused")
    func fan() throws {
        let board = try MountedBoard()
        let hwmon = "sys/class/hwmon"
        #expect(try board.read("\(hwmon)/hwmon0/name") == "pwmfan")
        #expect(try board.read("\(hwmon)/hwmon2/name") == "pwm_tach")
        try board.write("255", "\(hwmon)/hwmon0/pwm1")
        #expect(try board.read("\(hwmon)/hwmon0/pwm1") == "255")
        let full = try #require(Int(try board.read("\(hwmon)/hwmon2/rpm")))
        try board.write("0", "\(hwmon)/hwmon0/pwm1")
        #expect(try board.read("\(hwmon)/hwmon2/rpm") == "0")
        #expect(full > 1000)
        #expect(try board.errno(writing: "256", "\(hwmon)/hwmon0/pwm1") == .invalidArgument)
    }

    @Test(
        "nvmap's tables have a row for each process that allocated, and their sum", .enabled(if: isBuilt),
        arguments: ["clients", "maps"])
    func allocations(name: String) throws {
        let board = try MountedBoard()
        let path = "sys/kernel/debug/nvmap/iovmm/\(name)"
        #expect(try board.read(path).split(separator: "\n").count == 2)
        let clients = try VirtualClients(
            board, ["--processes", "3", "--launches", "1", "--memory", String(5 << 20), "--hold"])
        #expect(board.waits { $0.totals.launchesCompleted == 3 })
        let contexts = try #require(board.board.readings).contexts
        let rows = try board.read(path).split(separator: "\n").map { $0.split(separator: " ").map(String.init) }
        #expect(rows.first == ["CLIENT", "PROCESS", "PID", "SIZE"])
        #expect(rows.last == ["total", "15360K"])
        let pids = contexts.map(\.pid).sorted()
        #expect(rows.dropFirst().dropLast() == pids.map { ["user", "virtual-client", String($0), "5120K"] }[...])
        clients.release()
        #expect(clients.lines().count == 3)
        #expect(board.waits { $0.contexts.isEmpty })
        #expect(try board.read(path).split(separator: "\n").count == 2)
    }

    @Test("What a client says of its memory is bounded")
    func hostileSize() throws {
        let board = try MountedBoard()
        let client = try GPUClient(board.board.gpuPath)
        #expect(board.waits { $0.contexts.count == 1 })
        client.setMemory(.max)
        let table = try board.read("sys/kernel/debug/nvmap/iovmm/clients")
        #expect(table.split(separator: " ").last == "1073741824K")
    }
}

private let isBuilt =
    Directory.exists(MountedBoard.products + "/virtual-client")
    && Directory.exists(MountedBoard.products + "/libcuda.so")
