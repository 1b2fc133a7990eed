import Testing

@testable import Policy

@Suite struct ParetoFrontTests {
    /// Values from a few, so that ties in every field are common.
    private func pairs(_ generator: inout Policy.SeededGenerator, count: Int, odd: Bool) -> [PairObservation] {
        let values: [Double] = odd ? [1, 2, 3, 0, -1, .nan, .infinity, -.infinity, 1e300] : [1, 2, 3, 5, 8]
        func value() -> Double { values[generator.index(below: values.count)] }
        return (0..<count).map { place in
            PairObservation(
                point: InferencePoint(
                    mode: PowerMode(cores: 1 + place, cpuKHz: 1, gpuHz: 1, emcHz: 1),
                    minibatch: [1, 4, 16][generator.index(below: 3)]),
                inferenceMilliseconds: value() * 100, inferenceWatts: value(), backgroundMilliseconds: value() * 50,
                backgroundWatts: value())
        }
    }

    private let pairProblems: [PairProblem] = [0.5, 1, 2, 3, 8].flatMap { watts in
        [0.3, 0.8, 2.5, 9].flatMap { latency in
            [0.5, 2, 6, 40].flatMap { rate in
                PairProblem.Objective.allCases.flatMap { objective in
                    [
                        PairProblem.Background.training,
                        .inference(NonUrgentGoal(minibatch: 4, ratePerSecond: 3, latencySeconds: 4)),
                    ].map {
                        PairProblem(
                            budgetWatts: watts, latencySeconds: latency, ratePerSecond: rate, objective: objective,
                            background: $0)
                    }
                }
            }
        }
    }

    @Test(arguments: [false, true]) func answersAsAllObservationsWould(odd: Bool) throws {
        var generator = Policy.SeededGenerator(seed: 7)
        var answers = 0
        for _ in 0..<12 {
            let all = pairs(&generator, count: 1 + generator.index(below: 60), odd: odd)
            let front = ParetoFront<PairProblem>(all)
            for problem in pairProblems {
                let expected = problem.optimum(over: all)
                #expect(front.answer(problem) == expected)
                if expected != nil { answers += 1 }
            }
            let inferences = all.map {
                InferenceObservation(
                    point: $0.point, minibatchMilliseconds: $0.inferenceMilliseconds, powerWatts: $0.inferenceWatts)
            }
            let inferenceFront = ParetoFront<InferProblem>(inferences)
            let trainings = all.map {
                TrainingObservation(
                    mode: $0.mode, minibatchMilliseconds: $0.backgroundMilliseconds, powerWatts: $0.backgroundWatts)
            }
            let trainingFront = ParetoFront<TrainProblem>(trainings)
            for problem in pairProblems {
                #expect(
                    inferenceFront.answer(problem.inference) == problem.inference.optimum(over: inferences))
                let train = TrainProblem(budgetWatts: problem.budgetWatts)
                #expect(trainingFront.answer(train) == train.optimum(over: trainings))
            }
        }
        #expect(answers > 200)
    }

    /// So slow a rate leaves room for more background minibatches than an Int holds.
    @Test func theFrontAnswersWhereMoreFitIntoAWindowThanCanBeCounted() {
        let rows = [0.005, 1].map {
            PairObservation(
                point: InferencePoint(
                    mode: PowerMode(cores: $0 < 1 ? 1 : 2, cpuKHz: 1, gpuHz: 1, emcHz: 1), minibatch: 1),
                inferenceMilliseconds: 1, inferenceWatts: 1, backgroundMilliseconds: $0, backgroundWatts: 1)
        }
        let front = ParetoFront<PairProblem>(rows)
        #expect(front.observations == [rows[0]])
        for objective in PairProblem.Objective.allCases {
            let problem = PairProblem(
                budgetWatts: 2, latencySeconds: 1e300, ratePerSecond: 1e-14, objective: objective)
            #expect(problem.backgroundMinibatches(rows[0]) == .max)
            #expect(front.answer(problem) == rows[0] && problem.optimum(over: rows) == rows[0])
        }
    }

    @Test func nothingOnTheFrontIsBeatenAndTheOrderDoesNotMatter() {
        var generator = Policy.SeededGenerator(seed: 8)
        for _ in 0..<12 {
            var all = pairs(&generator, count: 50, odd: false)
            let front = ParetoFront<PairProblem>(all).observations
            for one in front {
                for other in front where one != other && one.point.minibatch == other.point.minibatch {
                    #expect(
                        one.powerWatts < other.powerWatts || one.inferenceMilliseconds < other.inferenceMilliseconds
                            || one.backgroundMilliseconds < other.backgroundMilliseconds
                            || (one.inferenceMilliseconds == other.inferenceMilliseconds
                                && one.powerWatts == other.powerWatts && one.point < other.point)
                    )
                }
            }
            generator.shuffle(&all)
            #expect(ParetoFront<PairProblem>(all).observations == front)
        }
    }

    @Test func aTrainingFrontFallsInTimeAsPowerRises() {
        let observations = [(10.0, 9.0), (12, 8), (12, 7), (11, 9), (20, 7), (30, 1)].enumerated().map {
            TrainingObservation(
                mode: PowerMode(cores: 1 + $0, cpuKHz: 1, gpuHz: 1, emcHz: 1), minibatchMilliseconds: $1.1,
                powerWatts: $1.0)
        }
        let front = ParetoFront<TrainProblem>(observations).observations
        #expect(front.map(\.powerWatts) == [30, 12, 10])
        #expect(front.map(\.minibatchMilliseconds) == [1, 7, 9])
        #expect(ParetoFront<TrainProblem>([TrainingObservation]()).observations.isEmpty)
    }
}
