import Policy
import SystemCalls

/// What a decision costs once it is known what there is to choose from: plans, predictions, transfers and surveys.
enum PlanningBenchmark {
    static func run() throws -> Section {
        var section = Section(
            title: "Plans and predictions",
            method: """
                One core. A synthetic surface over all 18,096 modes of an AGX Orin (12 core counts, 29 CPU, 13 GPU and 4 memory clocks), for \
                inferences with 5 minibatch sizes. "Plan" is the exact optimum of a pair over all 90,480 points. "Predict" and "transfer" \
                are a model's two networks, time and power; the reference learned from 441 modes of another surface.
                """)
        guard
            let board = ModeGrid(
                cores: Array(1...12), cpuKHz: (1...29).map { 115_200 + 76_800 * $0 * 27 / 29 },
                gpuHz: (1...13).map { 100_000_000 * $0 },
                emcHz: [204_000_000, 665_600_000, 2_133_000_000, 3_199_000_000])
        else { throw BenchmarkError("The grid of the benchmark is empty.") }

        let pairs = Surface.all(of: board).flatMap { training in
            [1, 4, 16, 32, 64].map { minibatch in
                PairObservation(
                    point: InferencePoint(mode: training.mode, minibatch: minibatch),
                    inferenceMilliseconds: training.minibatchMilliseconds * (0.1 + 0.02 * Double(minibatch)),
                    inferenceWatts: training.powerWatts * 0.9, backgroundMilliseconds: training.minibatchMilliseconds,
                    backgroundWatts: training.powerWatts)
            }
        }
        var plans: [Double] = []
        for budget in 0..<40 {
            let problem = PairProblem(budgetWatts: 10 + Double(budget), latencySeconds: 1, ratePerSecond: 60)
            plans.append(try milliseconds { _ = problem.optimum(over: pairs) })
        }

        let origin = ModelOrigin(workload: "synthetic", board: "synthetic", source: "formula", date: "")
        let reference = try PowerTrain.model(
            on: Surface.all(of: .orinAGX441, tilt: 1.3), schedule: .fewPoints, origin: origin, seed: 1)
        let modes = Surface.all(of: board).map(\.mode)
        var predictions: [Double] = []
        for _ in 0..<20 {
            predictions.append(try milliseconds { _ = reference.predict(modes) })
        }
        var transfers: [Double] = []
        var generator = SeededGenerator(seed: 2)
        let surface = Surface.all(of: .orinAGX441)
        for seed in 0..<5 {
            let profiled = generator.sample(50, of: surface)
            transfers.append(
                try milliseconds {
                    _ = try PowerTrain.model(
                        on: profiled, from: reference, schedule: .fewPoints, origin: origin, seed: UInt64(seed))
                } / 1000)
        }
        var surveys: [Double] = []
        for seed in 0..<3 {
            surveys.append(try milliseconds { try survey(seed: UInt64(seed), surface) } / 1000)
        }
        section.rows = [
            Row("plan, one pair, 18,096 modes x 5 minibatch sizes", "ms", plans, target: .under(5)),
            Row("predict 18,096 modes, time and power", "ms", predictions, target: .under(50)),
            Row("transfer from 50 modes, time and power", "s", transfers, target: .under(2)),
            Row("ALS, all decisions of a survey of 50 of 441 modes", "s", surveys),
        ].compactMap(\.self)
        return section
    }

    private static func survey(seed: UInt64, _ surface: [TrainingObservation]) throws {
        let all = Observed(surface)
        var observed = ObservedModes()
        var als = ALS<TrainProblem>(grid: .orinAGX441, seed: seed)
        while case .profile(let mode) = als.next(observed: observed) {
            guard let row = all[mode] else { throw BenchmarkError("ALS asked for a mode off the grid.") }
            observed.record(row)
        }
    }

    private static func milliseconds(_ body: () throws -> Void) throws -> Double {
        let begin = MonotonicClock.nanoseconds()
        try body()
        return Double(MonotonicClock.nanoseconds() - begin) / 1e6
    }
}
