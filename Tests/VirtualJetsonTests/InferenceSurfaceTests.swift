import MeasuredData
import Policy
import Testing

@testable import VirtualJetson

private let board = BoardDescription.agxOrin64GB

@Suite("Inference surfaces") struct InferenceSurfaceTests {
    private static let networks: [@Sendable (Int) -> InferenceSurface] = [
        { .mobileNetV3(batch: $0) }, { .resNet50(batch: $0) },
    ]

    private func cost(_ surface: InferenceSurface, _ mode: PowerMode) -> (milliseconds: Double, watts: Double) {
        let idle = board.idle.power(in: mode)
        let cost = surface.cost(in: mode, idle: idle)
        return (cost.minibatchMilliseconds, cost.meanPower(idle: idle).total)
    }

    @Test("A larger minibatch takes longer but less for each request; higher clocks are never slower", arguments: 0..<2)
    func shape(network: Int) {
        for gpuHz in board.gpuHz {
            for cpuKHz in board.cpuKHz {
                let mode = PowerMode(cores: 12, cpuKHz: cpuKHz, gpuHz: gpuHz, emcHz: 3_199_000_000)
                var faster = mode
                faster.gpuHz += 50_000_000
                let times = InferenceSurface.batches.map { cost(Self.networks[network]($0), mode) }
                for (smaller, larger) in zip(0..<4, 1..<5) {
                    #expect(times[smaller].milliseconds < times[larger].milliseconds)
                    let sizes = InferenceSurface.batches
                    #expect(
                        times[smaller].milliseconds / Double(sizes[smaller])
                            > times[larger].milliseconds / Double(sizes[larger]))
                }
                for (time, size) in zip(times, InferenceSurface.batches) {
                    #expect(time.watts > 5 && time.watts < 80)
                    #expect(cost(Self.networks[network](size), faster).milliseconds <= time.milliseconds)
                }
            }
        }
    }

    @Test(
        "The fits have the errors that their documentation states",
        .enabled(if: MeasuredData.folder != nil, "\(MeasuredData.absence)"),
        arguments: [("mobilenetv3", 0, 0.060, 0.070), ("resnet50", 1, 0.030, 0.054)])
    func fitErrors(name: String, network: Int, time: Double, power: Double) throws {
        let table = try MeasuredData.inferenceTable(name)
        #expect(table.rows.count == 2205)
        let errors = table.rows.map { row in
            let model = cost(Self.networks[network](row.point.minibatch), row.point.mode)
            return (abs(model.milliseconds / row.minibatchMilliseconds - 1), abs(model.watts / row.powerWatts - 1))
        }
        let median: ([Double]) -> Double = { $0.sorted()[$0.count / 2] }
        #expect(median(errors.map(\.0)) < time)
        #expect(median(errors.map(\.1)) < power)
    }

    @Test("The board publishes every surface under its name")
    func names() {
        #expect(VirtualBoard.builtInSurfaces.count == 12)
        for network in ["mobilenetv3", "resnet50"] {
            for batch in InferenceSurface.batches {
                #expect(VirtualBoard.builtInSurfaces["\(network)-infer-\(batch)"] != nil)
            }
        }
    }
}
