import Foundation
import Glibc
import SystemCalls
import Testing

@testable import VirtualJetson

/// A virtual-workload process.
final class Workload {
    let process = Process()
    private let output = Pipe()

    init(_ board: VirtualBoard, _ command: String, _ arguments: [String]) throws {
        process.executableURL = URL(fileURLWithPath: MountedBoard.products + "/virtual-workload")
        process.arguments = [command, "--libcuda", board.libcudaPath] + arguments
        process.environment = ["VIRTUAL_JETSON_GPU": board.gpuPath]
        process.standardOutput = output
        try process.run()
    }

    /// All lines, once it has ended.
    func lines() -> [[String]] {
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        return text.split(separator: "\n").map { $0.split(separator: " ").map(String.init) }
    }

    /// The value after `key` in the summary.
    static func value(_ key: String, in lines: [[String]]) -> String? {
        guard let summary = lines.last(where: { $0.first == "summary" }), let index = summary.firstIndex(of: key),
            index + 1 < summary.count
        else { return nil }
        return summary[index + 1]
    }
}

private let isBuilt =
    Directory.exists(MountedBoard.products + "/virtual-workload")
    && Directory.exists(MountedBoard.products + "/libcuda.so")

@Suite(
    "Workload processes", .enabled(if: MountedBoard.canMount, "\(MountedBoard.reason)"),
    .enabled(if: isBuilt, "virtual-workload and libcuda.so are not built beside the tests."))
struct WorkloadTests {
    @Test("A prime number of minibatches is counted exactly by everyone", arguments: ["stream", "ctx", "event"])
    func exactCounts(wait: String) throws {
        let mounted = try MountedBoard(preset: "maxn", timeScale: 20)
        let workload = try Workload(
            mounted.board, "train", ["--minibatches", "101", "--launches", "7", "--wait", wait])
        let lines = workload.lines()
        #expect(workload.process.terminationStatus == 0)
        #expect(lines.count == 102)
        #expect(Workload.value("minibatches", in: lines) == "101")
        #expect(Workload.value("waits", in: lines) == "101")
        #expect(Workload.value("launches", in: lines) == "707")
        let totals = try #require(mounted.board.readings).totals
        #expect(totals.launchesCompleted == 707)
        #expect(totals.loadsCompleted == 101)
        // The engine's ideal account, not wall time: 101 minibatches of the surface, and a nanosecond of rounding a launch.
        let board = BoardDescription.agxOrin64GB
        let mode = Knobs(board, preset: board.presets[0]).clocks.working
        let cost = FittedSurface.resNet18Training.cost(in: mode, idle: board.idle.power(in: mode))
        let ideal = cost.gpuMilliseconds * 1e6 / 20 * 101
        #expect(abs(Double(totals.gpuBusyNanoseconds) - ideal) < 707 * 2)
    }

    @Test("SIGTERM ends a workload after a minibatch, with its summary")
    func termination() throws {
        let mounted = try MountedBoard(preset: "maxn", timeScale: 20)
        let workload = try Workload(mounted.board, "train", ["--quiet", "--launches", "8"])
        #expect(mounted.waits { $0.totals.launchesCompleted >= 24 })
        workload.process.terminate()
        let lines = workload.lines()
        #expect(workload.process.terminationStatus == 0)
        let minibatches = try #require(Workload.value("minibatches", in: lines).flatMap { Int($0) })
        #expect(minibatches >= 3)
        #expect(Workload.value("waits", in: lines) == String(minibatches))
        #expect(mounted.board.readings?.totals.launchesCompleted == UInt64(minibatches * 8))
        #expect(mounted.waits { $0.contexts.isEmpty })
    }

    @Test("A killed client's contexts are reaped, and others go on")
    func reaping() throws {
        let mounted = try MountedBoard(preset: "maxn", timeScale: 20)
        let victim = try Workload(mounted.board, "train", ["--quiet"])
        let survivor = try Workload(mounted.board, "train", ["--quiet"])
        #expect(mounted.waits { $0.contexts.count == 4 && $0.totals.launchesCompleted > 32 })
        kill(victim.process.processIdentifier, SIGKILL)
        #expect(mounted.waits { $0.contexts.count == 2 && $0.totals.contextsReaped == 2 })
        let before = try #require(mounted.board.readings).totals.launchesCompleted
        #expect(mounted.waits { $0.totals.launchesCompleted > before + 16 })
        survivor.process.terminate()
        #expect(Workload.value("minibatches", in: survivor.lines()) != nil)
        _ = victim.lines()
    }

    @Test("Without a board there is no device, said in a sentence")
    func noBoard() throws {
        let mounted = try MountedBoard()
        let process = Process()
        let errors = Pipe()
        process.executableURL = URL(fileURLWithPath: MountedBoard.products + "/virtual-workload")
        process.arguments = ["train", "--libcuda", mounted.board.libcudaPath]
        process.environment = ["VIRTUAL_JETSON_GPU": mounted.board.root + "/nothing"]
        process.standardError = errors
        try process.run()
        let text = String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        #expect(process.terminationStatus != 0)
        #expect(text.contains("Start virtual-jetson"))
    }
}
