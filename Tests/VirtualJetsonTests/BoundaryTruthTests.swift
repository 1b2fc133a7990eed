import Foundation
import Glibc
import SystemCalls
import Telemetry
import Testing
import VirtualJetson

private let obstacle: String = {
    guard Directory.exists(MountedBoard.products + "/virtual-workload"),
        Directory.exists(MountedBoard.products + "/libcuda.so")
    else { return "virtual-workload and libcuda.so are not built beside the tests." }
    switch CUDAProbes.support() {
    case .available: return ""
    case .unavailable(let reason), .unknown(let reason): return reason
    }
}()

/// Real processes, real probes: what the ledger makes of a program beside what the program says that it did.
@Suite(
    "Detected minibatches beside the truth", .serialized,
    .enabled(if: MountedBoard.canMount, "\(MountedBoard.reason)"),
    .enabled(if: obstacle.isEmpty, "\(obstacle)"))
struct BoundaryTruthTests {
    struct Shape: Sendable, CustomTestStringConvertible {
        var name: String
        var arguments: String
        var minibatches: UInt64
        var state: BoundaryState
        /// Minibatches before those that repeat: the last of the warm-up has the launches of the others after its own.
        var unknowable: UInt64 = 0
        /// What waits alone show; nil where that depends on how threads or arrivals fall.
        var byWaits: UInt64?
        var testDescription: String { name }
    }

    static let shapes = [
        Shape(
            name: "one wait, one kernel", arguments: "train --minibatches 101", minibatches: 101, state: .waits,
            byWaits: 101),
        Shape(
            name: "three waits", arguments: "train --minibatches 101 --launches 24 --kernels 24 --waits 3",
            minibatches: 101, state: .waitPattern(period: 3)),
        Shape(
            name: "runs ahead, waits every 50",
            arguments: "train --minibatches 211 --launches 20 --kernels 20 --wait-every 50", minibatches: 211,
            state: .launchPattern(period: 20), byWaits: 5),
        Shape(
            name: "a graph, one wait", arguments: "train --minibatches 101 --graph", minibatches: 101,
            state: .graph(period: 1), byWaits: 101),
        Shape(
            name: "a graph, waits every 10", arguments: "train --minibatches 101 --graph --wait-every 10",
            minibatches: 101, state: .graph(period: 1), byWaits: 11),
        Shape(
            name: "three threads", arguments: "train --minibatches 67 --threads 3 --launches 12 --kernels 12",
            minibatches: 201, state: .waits, byWaits: 201),
        Shape(
            name: "two warm-up minibatches",
            arguments: "train --minibatches 101 --warmup 2 --launches 16 --kernels 16", minibatches: 101,
            state: .waits, unknowable: 1, byWaits: 103),
        Shape(
            name: "inference, Poisson arrivals",
            arguments: "infer --requests 1616 --input-bytes 0 --rate 6000 --arrivals poisson --wait event",
            minibatches: 101,
            state: .waits, byWaits: 101),
        Shape(
            name: "inference by a graph, always busy",
            arguments: "infer --requests 1616 --input-bytes 0 --rate 0 --graph",
            minibatches: 101, state: .graph(period: 1), byWaits: 101),
    ]

    private final class Observer {
        let ledger = MinibatchLedger()
        let probes: CUDAProbes
        private let news: EventSignal
        private let reader: RingReader

        init(_ level: CUDAProbes.Level, library: String) throws {
            probes = try CUDAProbes(level: level)
            news = try EventSignal()
            reader = try RingReader(probes: probes, events: ledger, news: news)
            try probes.attach(libraryAt: library)
        }

        /// What is known of the process when it is seen to have gone.
        func exited(_ pid: Int32) -> ProcessActivity? {
            while true {
                let found = ledger.snapshot().last { $0.process.pid == pid }
                if let found, found.hasExited { return found }
                var waiting = pollfd(fd: news.rawDescriptor, events: Int16(POLLIN), revents: 0)
                // Only a failure takes this long.
                guard unsafe poll(&waiting, 1, 20_000) > 0 else { return found }
                news.clear()
            }
        }
    }

    private struct Truth {
        var minibatches: UInt64
        var meanMilliseconds: Double
    }

    private func run(_ shape: Shape, _ board: VirtualBoard) throws -> (pid: Int32, truth: Truth) {
        let process = Process()
        let output = Pipe()
        process.executableURL = URL(fileURLWithPath: MountedBoard.products + "/virtual-workload")
        process.arguments =
            shape.arguments.split(separator: " ").map(String.init) + [
                "--libcuda", board.libcudaPath, "--quiet",
            ]
        process.environment = ["VIRTUAL_JETSON_GPU": board.gpuPath]
        process.standardOutput = output
        try process.run()
        let pid = process.processIdentifier
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        let words = text.split(whereSeparator: \.isWhitespace).map(String.init)
        func value(_ key: String) -> String? {
            words.firstIndex(of: key).flatMap { $0 + 1 < words.count ? words[$0 + 1] : nil }
        }
        let minibatches = try #require(value("minibatches").flatMap { UInt64($0) })
        let mean = try #require(value("mean_ms").flatMap { Double($0) })
        return (pid, Truth(minibatches: minibatches, meanMilliseconds: mean))
    }

    @Test("Programs of nine shapes, counted to the one at level launches")
    func shapes() throws {
        let mounted = try MountedBoard(preset: "maxn", timeScale: 20)
        let library = mounted.board.libcudaPath
        let launches = try Observer(.launches, library: library)
        let waits = try Observer(.boundaries, library: library)
        var table = "| program | minibatches | launches: count, state, confidence, mean time | waits: count, state |\n"
        for shape in Self.shapes {
            let (pid, truth) = try run(shape, mounted.board)
            let seen = try #require(launches.exited(pid))
            let byWaits = try #require(waits.exited(pid))
            #expect(truth.minibatches == shape.minibatches, "\(shape.name)")
            #expect(seen.minibatches == shape.minibatches - shape.unknowable, "\(shape.name): \(seen.state)")
            #expect(seen.state == shape.state, "\(shape.name)")
            #expect(seen.confidence > 0.7, "\(shape.name)")
            if let expected = shape.byWaits { #expect(byWaits.minibatches == expected, "\(shape.name)") }
            #expect(byWaits.confidence <= 0.6, "\(shape.name)")
            let times = launches.ledger.times(of: seen.process, since: 0, max: 1_000)
            let isInference = shape.arguments.hasPrefix("infer")
            let mean =
                times.map { isInference ? $0.serviceMilliseconds : $0.milliseconds }.reduce(0, +)
                / Double(max(times.count, 1))
            let error = (mean / truth.meanMilliseconds - 1) * 100
            table +=
                "| \(shape.name) | \(truth.minibatches) | \(seen.minibatches), \(seen.state), "
                + String(format: "%.2f, %.3f ms (%+.1f %%)", seen.confidence, mean, error)
                + " | \(byWaits.minibatches), \(byWaits.state) |\n"
        }
        if ProcessInfo.processInfo.environment["FULCRUM_PRINT_TABLES"] != nil { print(table) }
        #expect(launches.probes.losses.records == 0)
    }
}
