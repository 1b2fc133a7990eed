import MeasuredData
import Policy
import Testing

/// The gains on the measured tables, at all budgets of the papers' axes and a few of their latencies and rates.
@Suite(.enabled(if: MeasuredData.folder != nil, Comment(rawValue: MeasuredData.absence)))
struct MeasuredInterleavingTests {
    private func problems(_ interleaving: Interleaving) -> [PairProblem] {
        stride(from: 10.0, through: 50, by: 1).flatMap { watts in
            [0.5, 1, 2].flatMap { latency in
                [30.0, 60, 120].map { rate in
                    PairProblem(
                        budgetWatts: watts, latencySeconds: latency, ratePerSecond: rate, objective: .throughput,
                        interleaving: interleaving)
                }
            }
        }
    }

    @Test(arguments: [
        ("resnet18", "mobilenetv3", 1.05, 1.13), ("mobilenetv3", "mobilenetv3", 1.05, 1.07),
        ("mobilenetv3", "lstm", 1.05, 1),
    ]) func slackReachesTheFluidLimitAndModesPerSliceGoBeyondIt(
        training: String, inference: String, overWhole: Double, overSingle: Double
    ) throws {
        let table = try PairTable(
            inference: MeasuredData.inferenceTable(inference),
            background: MeasuredData.trainingTable(training).restricted(to: .orinAGX441))
        let single = SlicePlanner(table.rows, cost: SwitchCost())
        let slices = SlicePlanner(table.rows, cost: SwitchCost(.init(seconds: 0.005)))
        var (slack, fluid, whole) = (0.0, 0.0, 0.0)
        var ratios: [Double] = []
        for (problem, windows) in zip(problems(.slack), problems(.floor)) {
            guard let plan = single.plan(problem) else { continue }
            slack += plan.backgroundPerSecond
            fluid += table.rows.lazy.filter(problem.isFeasible).map(problem.fluidBackgroundPerSecond).max() ?? 0
            whole += single.plan(windows)?.backgroundPerSecond ?? 0
            let best = try #require(slices.plan(problem)).backgroundPerSecond
            #expect(best >= plan.backgroundPerSecond)
            if plan.backgroundPerSecond > 0 { ratios.append(best / plan.backgroundPerSecond) }
        }
        #expect(slack >= 0.98 * fluid && slack >= overWhole * whole)
        #expect(ratios.count > 100 && ratios.reduce(0, +) / Double(ratios.count) >= overSingle)
    }
}
