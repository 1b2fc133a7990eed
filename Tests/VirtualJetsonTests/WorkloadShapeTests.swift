import Glibc
import SystemCalls
import Testing

@testable import VirtualJetson

private let isBuilt =
    Directory.exists(MountedBoard.products + "/virtual-workload")
    && Directory.exists(MountedBoard.products + "/libcuda.so")

/// One shape of a program, and what it must call.
private struct Shape: Sendable, CustomTestStringConvertible {
    var arguments: String
    var minibatches = 31
    var waits: Int
    var launches: Int
    var graphLaunches = 0
    /// Kernels that the GPU runs, those of graphs too.
    var kernels: Int

    var testDescription: String { arguments }
}

@Suite(
    "Workload shapes", .enabled(if: MountedBoard.canMount, "\(MountedBoard.reason)"),
    .enabled(if: isBuilt, "virtual-workload and libcuda.so are not built beside the tests."))
struct WorkloadShapeTests {
    private static let training: [Shape] = [
        Shape(arguments: "--minibatches 31 --launches 6 --kernels 5", waits: 31, launches: 186, kernels: 186),
        Shape(arguments: "--minibatches 31 --launches 6 --waits 3", waits: 93, launches: 186, kernels: 186),
        Shape(arguments: "--minibatches 31 --wait-every 10 --wait ctx", waits: 4, launches: 248, kernels: 248),
        Shape(arguments: "--minibatches 31 --graph", waits: 31, launches: 0, graphLaunches: 31, kernels: 248),
        Shape(
            arguments: "--minibatches 31 --graph --wait-every 50 --wait event", waits: 1, launches: 0,
            graphLaunches: 31, kernels: 248),
        Shape(
            arguments: "--minibatches 31 --launches 4 --warmup 2 --graph", waits: 33, launches: 16, graphLaunches: 29,
            kernels: 132),
        Shape(
            arguments: "--minibatches 11 --launches 4 --threads 3", minibatches: 33, waits: 33, launches: 132,
            kernels: 132),
    ]

    @Test("A training program's counts are exact, and its minibatches are the engine's", arguments: training)
    private func trainingShapes(_ shape: Shape) throws {
        let mounted = try MountedBoard(preset: "maxn", timeScale: 50)
        let workload = try Workload(mounted.board, "train", shape.arguments.split(separator: " ").map(String.init))
        let lines = workload.lines()
        #expect(workload.process.terminationStatus == 0)
        #expect(Workload.value("minibatches", in: lines) == String(shape.minibatches))
        #expect(Workload.value("waits", in: lines) == String(shape.waits))
        #expect(Workload.value("launches", in: lines) == String(shape.launches))
        #expect(Workload.value("graph_launches", in: lines) == String(shape.graphLaunches))
        let minibatches = lines.filter { $0.first == "minibatch" }
        #expect(minibatches.map { $0[1] } == (1...shape.minibatches).map(String.init))
        #expect(mounted.waits { $0.contexts.isEmpty })
        let readings = try #require(mounted.board.readings)
        #expect(readings.totals.launchesCompleted == UInt64(shape.kernels))
        // The GPU had the work of a whole minibatch before each end, by the clock of the program.
        let board = BoardDescription.agxOrin64GB
        let mode = Knobs(board, preset: board.presets[0]).clocks.working
        let cost = FittedSurface.resNet18Training.cost(in: mode, idle: board.idle.power(in: mode))
        let ideal = cost.gpuMilliseconds * 1e6 / 50
        let ends = minibatches.compactMap { UInt64($0[3]) }.sorted()
        #expect(ends.count == shape.minibatches)
        for (former, end) in zip(ends, ends.dropFirst()) {
            // Events tell times in floating point, and threads interleave in turns of the native timeslice.
            if !shape.arguments.contains("threads") { #expect(Double(end - former) > ideal * 0.999 - 100) }
        }
        let busy = Double(readings.finished.reduce(0) { $0 + $1.busyNanoseconds })
        let trials = shape.arguments.contains("--warmup 2") ? 2.0 : 0
        #expect(abs(busy - ideal * (Double(shape.minibatches) + trials)) < Double(shape.kernels) * 4)
    }

    @Test(
        "An inference server serves every request, in minibatches of the size asked for",
        arguments: [
            Shape(
                arguments: "--requests 37 --batch 4 --rate 2000 --launches 5", minibatches: 10, waits: 10,
                launches: 50, kernels: 50),
            Shape(
                arguments: "--requests 64 --batch 16 --rate 0 --launches 5 --graph --wait event", minibatches: 4,
                waits: 4, launches: 0, graphLaunches: 4, kernels: 20),
            Shape(
                arguments: "--requests 9 --batch 3 --rate 3000 --arrivals poisson --cycles 500000 --launches 2",
                minibatches: 3, waits: 3, launches: 6, kernels: 6),
        ])
    private func inferenceShapes(_ shape: Shape) throws {
        let mounted = try MountedBoard(preset: "maxn", timeScale: 50)
        var arguments = shape.arguments.split(separator: " ").map(String.init)
        arguments += ["--input-bytes", "1000", "--surface", "resnet50-infer"]
        let patient = try Workload(mounted.board, "infer", arguments + ["--latency-ms", "100000"]).lines()
        #expect(Workload.value("minibatches", in: patient) == String(shape.minibatches))
        #expect(Workload.value("waits", in: patient) == String(shape.waits))
        #expect(Workload.value("launches", in: patient) == String(shape.launches))
        #expect(Workload.value("graph_launches", in: patient) == String(shape.graphLaunches))
        let requests = Workload.value("requests", in: patient)
        #expect(requests == arguments[1])
        #expect(Workload.value("misses", in: patient) == "0")
        let served = patient.filter { $0.first == "minibatch" }.compactMap { Int($0[7]) }
        #expect(served.reduce(0, +) == requests.flatMap { Int($0) })
        #expect(mounted.waits { $0.contexts.isEmpty && $0.totals.launchesCompleted == UInt64(shape.kernels) })
        let strict = try Workload(mounted.board, "infer", arguments + ["--latency-ms", "0.000001"]).lines()
        #expect(Workload.value("misses", in: strict) == requests)
    }

    @Test(
        "Shapes that cannot be are refused",
        arguments: [
            "train --waits 2 --wait-every 2", "train --launches 4 --kernels 5", "train --wait-every 500",
            "train --graph --waits 2", "train --threads 0", "infer --batch 0", "infer --cycles 3", "infer --batch 5",
        ])
    func refusals(text: String) throws {
        let mounted = try MountedBoard()
        let words = text.split(separator: " ").map(String.init)
        let workload = try Workload(mounted.board, words[0], Array(words.dropFirst()) + ["--quiet"])
        #expect(workload.lines().isEmpty)
        #expect(workload.process.terminationStatus != 0)
    }
}
