import Policy
import SystemCalls
import MeasuredData
import Testing

@testable import VirtualJetson

private let board = BoardDescription.agxOrin64GB
private let surfaces: [any WorkloadSurface] = [FittedSurface.resNet18Training, FittedSurface.mobileNetV3Training]

private func cost(_ surface: any WorkloadSurface, _ mode: PowerMode) -> (milliseconds: Double, watts: Double) {
    let idle = board.idle.power(in: mode)
    let cost = surface.cost(in: mode, idle: idle)
    return (cost.minibatchMilliseconds, cost.meanPower(idle: idle).total)
}

@Suite("Workload surfaces") struct SurfaceTests {
    /// Every mode of the board, thinned in the CPU clock.
    private static let modes: [PowerMode] = [1, 2, 4, 8, 12].flatMap { cores in
        stride(from: 0, to: board.cpuKHz.count, by: 4).flatMap { cpu in
            board.gpuHz.flatMap { gpu in
                board.emcHz.map { PowerMode(cores: cores, cpuKHz: board.cpuKHz[cpu], gpuHz: gpu, emcHz: $0) }
            }
        }
    }

    @Test("Power and time are positive and finite everywhere", arguments: 0..<surfaces.count)
    func positive(index: Int) {
        for mode in Self.modes {
            let (milliseconds, watts) = cost(surfaces[index], mode)
            #expect(milliseconds > 0 && milliseconds.isFinite, "\(mode)")
            #expect(watts > 5 && watts < 80, "\(mode): \(watts) W")
        }
    }

    @Test("A higher clock or one more core is never slower", arguments: 0..<surfaces.count)
    func moreIsNotSlower(index: Int) {
        let grid = ModeGrid(cores: Array(1...12), cpuKHz: board.cpuKHz, gpuHz: board.gpuHz, emcHz: board.emcHz)
        guard let grid else {
            Issue.record("the board's tables make no grid")
            return
        }
        for mode in Self.modes {
            for dimension in Dimension.allCases {
                let values = grid[dimension]
                guard let position = values.firstIndex(of: mode[dimension]), position + 1 < values.count else {
                    continue
                }
                var faster = mode
                faster[dimension] = values[position + 1]
                #expect(
                    cost(surfaces[index], faster).milliseconds <= cost(surfaces[index], mode).milliseconds
                        * (1 + 1e-12),
                    "\(mode) to \(faster)")
            }
        }
    }

    @Test("MAXN is faster than every preset and draws more", arguments: 0..<surfaces.count)
    func presetsInOrder(index: Int) {
        let results = board.presets.map { cost(surfaces[index], Knobs(board, preset: $0).clocks.working) }
        for result in results.dropFirst() {
            #expect(results[0].milliseconds < result.milliseconds)
            #expect(results[0].watts > result.watts)
        }
    }

    @Test(
        "The fits have the errors that their documentation states",
        .enabled(if: MeasuredData.folder != nil, "\(MeasuredData.absence)"),
        arguments: [("train-resnet18", 0), ("train-mobilenetv3", 1)])
    func fitErrors(name: String, index: Int) throws {
        let folder = try #require(MeasuredData.folder)
        let file = "\(folder)/orin-agx/\(name).csv"
        let table = try TrainingTable(parsing: SmallFile.bytes(file, limit: TrainingTable.byteLimit), file: file)
        #expect(table.rows.count == 4368)
        let errors = table.rows.map { row in
            let model = cost(surfaces[index], row.mode)
            return (
                abs(model.milliseconds / row.minibatchMilliseconds - 1), abs(model.watts / row.powerWatts - 1)
            )
        }
        let median: ([Double]) -> Double = { $0.sorted()[$0.count / 2] }
        #expect(median(errors.map(\.0)) < 0.018)
        #expect(median(errors.map(\.1)) < 0.020)
    }
}

@Suite("Tabled surface") struct TableSurfaceTests {
    private static let header = "cores,cpu,gpu,mem,observed_time,observed_power\n"

    private func surface(_ rows: [String]) throws -> TableSurface {
        try TableSurface(
            TrainingTable(parsing: Array((Self.header + rows.joined(separator: "\n") + "\n").utf8), file: "t.csv"))
    }

    @Test("At the table's modes, time and mean power are the table's; beyond them, the edge's")
    func exactAtRows() throws {
        let table = try surface(["4,1000000,400000000,2000000000,100,40", "4,1000000,800000000,2000000000,50,8"])
        for (hertz, milliseconds, watts) in [
            (400_000_000, 100.0, 40.0), (800_000_000, 50, 8), (100_000_000, 100, 40), (900_000_000, 50, 8),
        ] {
            let mode = PowerMode(cores: 4, cpuKHz: 1_000_000, gpuHz: hertz, emcHz: 2_000_000_000)
            let idle = board.idle.power(in: mode)
            let cost = table.cost(in: mode, idle: idle)
            #expect(abs(cost.minibatchMilliseconds - milliseconds) < 1e-9)
            // 8 W lies below the idle board: the rule for that case must hold too, with no domain below zero.
            let power = cost.meanPower(idle: idle)
            #expect(abs(power.total - watts) < 1e-9)
            #expect(min(power.gpu, power.cpu, power.memory, power.system) > 0)
        }
    }

    @Test("Between two modes, the geometric mean lies at the geometric mean")
    func logarithmic() throws {
        let table = try surface(["4,1000000,100000000,2000000000,100,40", "4,1000000,400000000,2000000000,25,10"])
        let middle = table.interpolated(
            in: PowerMode(cores: 4, cpuKHz: 1_000_000, gpuHz: 200_000_000, emcHz: 2_000_000_000))
        #expect(abs(middle.milliseconds - 50) < 1e-9)
        #expect(abs(middle.watts - 20) < 1e-9)
    }

    @Test("A table with a hole is refused")
    func incomplete() {
        #expect(throws: TableError.self) {
            try surface(["4,1000000,100000000,2000000000,100,40", "8,2000000,100000000,2000000000,25,10"])
        }
    }
}
