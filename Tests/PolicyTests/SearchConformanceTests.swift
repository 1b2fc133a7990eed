import Testing

@testable import Policy

/// What every strategy promises, on seeded random workloads. A new strategy joins with one line in its problem's list. The network
/// baseline is not here, as its answers are predictions: they need be neither profiled nor feasible.
@Suite struct SearchConformanceTests {
    struct Strategy<Problem: PlanningProblem, Grid: Sendable>: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let profileLimit: Int
        /// Whether the answer is the best of all that was profiled; else it is only known to be feasible.
        var answersWithTheBest = true
        /// Whether observations count in the order in which they were made, those that it would not have asked for too.
        var learnsFromAll = false
        /// Whether a step costs time for each point of the grid.
        var weighsAllPoints = false
        let make: @Sendable (Grid, Problem) -> any Search<Problem>
    }

    static let train: [Strategy<TrainProblem, ModeGrid>] = [
        Strategy(testDescription: "gmd", profileLimit: GMD.Train.profileLimit) { GMD.Train(grid: $0, problem: $1) },
        Strategy(testDescription: "binary", profileLimit: BinarySearch.profileLimit) {
            BinarySearch(grid: $0, problem: $1)
        },
        Strategy(testDescription: "random", profileLimit: 10) { grid, problem in
            var generator = SeededGenerator(seed: 5)
            return SurveySearch(FixedPoints(points: grid.randomModes(10, using: &generator)), problem: problem)
        },
        Strategy(testDescription: "maxn", profileLimit: 1) {
            SurveySearch(FixedPoints.highest(of: $0), problem: $1)
        },
        Strategy(testDescription: "presets", profileLimit: 3) {
            SurveySearch(FixedPoints(points: [$0.lowest, $0.highest, $0.midpoint, $0.lowest]), problem: $1)
        },
        Strategy(testDescription: "als", profileLimit: 20, weighsAllPoints: true) {
            SurveySearch(
                ALS<TrainProblem>(grid: $0, seed: 5, profileLimit: 20, initialCount: 10, roundCount: 5), problem: $1)
        },
        Strategy(testDescription: "fulcrum", profileLimit: 10, learnsFromAll: true, weighsAllPoints: true) {
            FulcrumSearch.Train(grid: $0, problem: $1, references: [])
        },
    ]

    static let infer: [Strategy<InferProblem, InferenceGrid>] = [
        Strategy(testDescription: "gmd", profileLimit: GMD.Infer.profileLimit, answersWithTheBest: false) {
            GMD.Infer(grid: $0, problem: $1)
        },
        Strategy(testDescription: "random", profileLimit: 50) { grid, problem in
            var generator = SeededGenerator(seed: 5)
            return SurveySearch(
                FixedPoints(
                    modes: grid.modes.randomModes(10, using: &generator), minibatches: grid.minibatches),
                problem: problem)
        },
        Strategy(testDescription: "maxn", profileLimit: 5) {
            SurveySearch(FixedPoints.highest(of: $0), problem: $1)
        },
        Strategy(testDescription: "als", profileLimit: 20, weighsAllPoints: true) {
            SurveySearch(
                ALS<InferProblem>(grid: $0, seed: 5, profileLimit: 20, initialCount: 10, roundCount: 5), problem: $1)
        },
        Strategy(testDescription: "fulcrum", profileLimit: 10, learnsFromAll: true, weighsAllPoints: true) {
            FulcrumSearch.Infer(grid: $0, problem: $1, priors: SurfacePriors(inference: $0, references: []))
        },
    ]

    static let pair: [Strategy<PairProblem, InferenceGrid>] = [
        Strategy(testDescription: "gmd", profileLimit: GMD.Pair.profileLimit, answersWithTheBest: false) {
            GMD.Pair(grid: $0, problem: $1)
        },
        Strategy(testDescription: "random", profileLimit: 50) { grid, problem in
            var generator = SeededGenerator(seed: 5)
            return SurveySearch(
                FixedPoints(
                    modes: grid.modes.randomModes(10, using: &generator), minibatches: grid.minibatches),
                problem: problem)
        },
        Strategy(testDescription: "presets", profileLimit: 10) {
            SurveySearch(
                FixedPoints(modes: [$0.modes.highest, $0.modes.lowest], minibatches: $0.minibatches), problem: $1)
        },
        Strategy(testDescription: "als", profileLimit: 20, weighsAllPoints: true) {
            SurveySearch(
                ALS<PairProblem>(grid: $0, seed: 5, profileLimit: 20, initialCount: 10, roundCount: 5), problem: $1)
        },
        Strategy(testDescription: "fulcrum", profileLimit: 15, learnsFromAll: true, weighsAllPoints: true) {
            FulcrumSearch.Pair(
                grid: $0, problem: $1, inference: SurfacePriors(inference: $0, references: []),
                background: SurfacePriors(training: $0.modes, references: []))
        },
    ]

    /// Checks one case; the answer.
    private func check<Problem: PlanningProblem, Grid>(
        _ strategy: Strategy<Problem, Grid>, _ grid: Grid, _ problem: Problem,
        _ measured: [Problem.Observation.Point: Problem.Observation], _ generator: inout SeededGenerator
    ) throws -> Problem.Observation? {
        let search = strategy.make(grid, problem)
        // Each point once and on the grid, or there is nothing here.
        let played = try #require(play(search) { measured[$0] })
        let profiled = played.profiled.all
        #expect(profiled.count <= min(strategy.profileLimit, measured.count))
        if let answer = played.answer {
            #expect(played.profiled[answer.point] == answer && problem.isFeasible(answer))
        }
        if strategy.answersWithTheBest { #expect(played.answer == problem.optimum(over: profiled)) }

        var continued = search
        for count in Set(stride(from: 0, to: profiled.count, by: max(1, profiled.count / 8)) + [profiled.count])
            .sorted()
        {
            let expected: SearchStep<Problem.Observation> =
                count < profiled.count ? .profile(profiled[count].point) : .answer(played.answer)
            let shuffled = profiled.prefix(count).shuffled(using: &generator)
            let prefix = Observed(strategy.learnsFromAll ? Array(profiled.prefix(count)) : shuffled)
            var resumed = search
            #expect(resumed.next(observed: prefix) == expected)
            #expect(continued.next(observed: prefix) == expected)
        }
        // From more to less, and with points that it never asked for.
        #expect(continued.next(observed: Observed()) == profiled.first.map { .profile($0.point) } ?? .answer(nil))
        let everything = Observed(measured.values.sorted { $0.point < $1.point })
        let known = strategy.learnsFromAll ? problem.optimum(over: everything.all) : played.answer
        #expect(continued.next(observed: everything) == .answer(known))
        return played.answer
    }

    @Test(arguments: train) func trainingStrategies(strategy: Strategy<TrainProblem, ModeGrid>) throws {
        var generator = SeededGenerator(seed: 42)
        var (solved, unsolved) = (0, 0)
        for _ in 0..<25 {
            let lengths = (0..<4).map { _ in Int.random(in: 1...7, using: &generator) }
            let workload = try #require(SyntheticWorkload.random(lengths, &generator))
            let watts = workload.observations.values.map(\.powerWatts).sorted()
            // Below all powers, at exactly one of them, and above all.
            for budget in [watts[0] - 1, watts[watts.count / 3], watts[watts.count - 1] + 1] {
                let answer = try check(
                    strategy, workload.grid, TrainProblem(budgetWatts: budget), workload.observations, &generator)
                if answer == nil { unsolved += 1 } else { solved += 1 }
            }
        }
        #expect(solved > 10 && unsolved > 5)
    }

    @Test(arguments: infer) func inferenceStrategies(strategy: Strategy<InferProblem, InferenceGrid>) throws {
        var generator = SeededGenerator(seed: 43)
        var (solved, unsolved) = (0, 0)
        for _ in 0..<25 {
            let synthetic = try #require(SyntheticPair.random(&generator))
            let measured = synthetic.pairs.mapValues {
                InferenceObservation(
                    point: $0.point, minibatchMilliseconds: $0.inferenceMilliseconds, powerWatts: $0.inferenceWatts)
            }
            for _ in 0..<3 {
                let answer = try check(
                    strategy, synthetic.grid, randomProblem(synthetic, &generator).inference, measured, &generator)
                if answer == nil { unsolved += 1 } else { solved += 1 }
            }
        }
        // Some of the problems have no answer; the strategies differ in how many of the others they find.
        #expect(solved > 10 && unsolved > 0)
    }

    @Test(arguments: pair) func pairStrategies(strategy: Strategy<PairProblem, InferenceGrid>) throws {
        var generator = SeededGenerator(seed: 44)
        var (solved, unsolved) = (0, 0)
        for _ in 0..<25 {
            let synthetic = try #require(SyntheticPair.random(&generator))
            var problem = randomProblem(synthetic, &generator)
            for objective in PairProblem.Objective.allCases {
                for background in [
                    PairProblem.Background.training,
                    .inference(NonUrgentGoal(minibatch: 4, ratePerSecond: 8, latencySeconds: 2)),
                ] {
                    problem.objective = objective
                    problem.background = background
                    let answer = try check(strategy, synthetic.grid, problem, synthetic.pairs, &generator)
                    if answer == nil { unsolved += 1 } else { solved += 1 }
                }
            }
        }
        #expect(solved > 10 && unsolved > 5)
    }

    private func randomProblem(_ synthetic: SyntheticPair, _ generator: inout SeededGenerator) -> PairProblem {
        let watts = synthetic.all.map(\.powerWatts).sorted()
        return PairProblem(
            budgetWatts: watts[Int.random(in: 0..<watts.count, using: &generator)],
            latencySeconds: Double.random(in: 0.02...1, using: &generator),
            ratePerSecond: Double.random(in: 2...60, using: &generator))
    }

    /// Readings that no sensor should give, at any point and in any field.
    @Test func whatIsNotFiniteNeitherTrapsNorWins() throws {
        var generator = SeededGenerator(seed: 45)
        var answers = 0
        for _ in 0..<60 {
            let synthetic = try #require(SyntheticPair.random(&generator))
            let problem = randomProblem(synthetic, &generator)
            let odd: [Double] = [.nan, .infinity, -.infinity, .greatestFiniteMagnitude, 0]
            func spoiled(_ value: Double) -> Double {
                Int.random(in: 0..<4, using: &generator) == 0 ? odd.randomElement(using: &generator) ?? .nan : value
            }
            let pairs = synthetic.all.map { row in
                PairObservation(
                    point: row.point, inferenceMilliseconds: spoiled(row.inferenceMilliseconds),
                    inferenceWatts: spoiled(row.inferenceWatts),
                    backgroundMilliseconds: spoiled(row.backgroundMilliseconds),
                    backgroundWatts: spoiled(row.backgroundWatts))
            }
            let measured = Observed(pairs)
            for strategy in Self.pair {
                let played = try #require(play(strategy.make(synthetic.grid, problem)) { measured[$0] })
                if let answer = played.answer {
                    answers += 1
                    #expect(answer.inferenceMilliseconds.isFinite && answer.inferenceWatts.isFinite)
                    #expect(answer.backgroundMilliseconds.isFinite && answer.backgroundWatts.isFinite)
                }
            }
            for strategy in Self.infer {
                let played = try #require(
                    play(strategy.make(synthetic.grid, problem.inference)) { point in
                        measured[point].map {
                            InferenceObservation(
                                point: point, minibatchMilliseconds: $0.inferenceMilliseconds,
                                powerWatts: $0.inferenceWatts)
                        }
                    })
                if let answer = played.answer {
                    answers += 1
                    #expect(answer.minibatchMilliseconds.isFinite && answer.powerWatts.isFinite)
                }
            }
            let size = synthetic.grid.minibatches[0]
            for strategy in Self.train {
                let played = try #require(
                    play(strategy.make(synthetic.grid.modes, TrainProblem(budgetWatts: problem.budgetWatts))) { mode in
                        measured[InferencePoint(mode: mode, minibatch: size)].map {
                            TrainingObservation(
                                mode: mode, minibatchMilliseconds: $0.backgroundMilliseconds,
                                powerWatts: $0.backgroundWatts)
                        }
                    })
                if let answer = played.answer {
                    answers += 1
                    #expect(answer.minibatchMilliseconds.isFinite && answer.powerWatts.isFinite)
                }
            }
        }
        #expect(answers > 50)
    }

    /// All 18,096 modes of an AGX Orin, and what has hardly a choice.
    @Test(arguments: [[12, 13, 29, 4], [1, 1, 1, 1], [2, 2, 2, 2], [1, 13, 1, 1], [2, 1, 1, 2]])
    func gridsOfOtherLengths(lengths: [Int]) throws {
        let modes = try #require(syntheticGrid(lengths))
        for sizes in [[8], [1, 2], [1, 4, 16, 32, 64], Array(1...40)] {
            let grid = try #require(InferenceGrid(modes: modes, minibatches: sizes))
            func pair(_ point: InferencePoint) -> PairObservation {
                let steps = Double(modes.indices(of: point.mode).reduce(0, +))
                return PairObservation(
                    point: point, inferenceMilliseconds: (10 + Double(point.minibatch)) / (1 + steps / 10),
                    inferenceWatts: 8 + steps * 0.9, backgroundMilliseconds: 100 / (1 + steps / 8),
                    backgroundWatts: 7 + steps)
            }
            for budget in [6.0, 8, 12, 20, 100] {
                for rate in [1.0, 60, 2_000] {
                    let problem = PairProblem(budgetWatts: budget, latencySeconds: 0.5, ratePerSecond: rate)
                    // Up to 724,000 points.
                    for strategy in Self.pair where !strategy.weighsAllPoints {
                        let played = try #require(play(strategy.make(grid, problem)) { pair($0) })
                        #expect(played.profiled.all.count <= max(strategy.profileLimit, 10 * sizes.count))
                        #expect(played.answer.map(problem.isFeasible) ?? true)
                    }
                    #expect(
                        try #require(play(GMD.Pair(grid: grid, problem: problem)) { pair($0) }).profiled.all.count
                            <= GMD.Pair.profileLimit)
                    let inferred = try #require(
                        play(GMD.Infer(grid: grid, problem: problem.inference)) { point in
                            InferenceObservation(
                                point: point, minibatchMilliseconds: pair(point).inferenceMilliseconds,
                                powerWatts: pair(point).inferenceWatts)
                        })
                    #expect(inferred.profiled.all.count <= GMD.Infer.profileLimit)
                    #expect(inferred.answer.map(problem.inference.isFeasible) ?? true)
                }
                for strategy in Self.train {
                    let problem = TrainProblem(budgetWatts: budget)
                    let played = try #require(
                        play(strategy.make(modes, problem)) { mode in
                            let reading = pair(InferencePoint(mode: mode, minibatch: 1))
                            return TrainingObservation(
                                mode: mode, minibatchMilliseconds: reading.backgroundMilliseconds,
                                powerWatts: reading.backgroundWatts)
                        })
                    #expect(played.profiled.all.count <= strategy.profileLimit)
                    #expect(played.answer == problem.optimum(over: played.profiled.all))
                }
            }
        }
    }
}
