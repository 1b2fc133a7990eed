import Synchronization
import Testing

@testable import Policy

@Suite struct NetworkSurveyTests {
    /// The paper's networks and batches in few steps.
    private static let quick = NetworkBaselineSchedule(
        training: { cut(NetworkBaselineSchedule.paper.training($0)) },
        inference: { cut(NetworkBaselineSchedule.paper.inference($0)) })

    private static func cut(_ schedule: NetworkSchedule) -> NetworkSchedule {
        var schedule = schedule
        schedule.steps = min(schedule.steps, 150)
        return schedule
    }

    private func pair() throws -> SyntheticPair {
        try #require(
            SyntheticPair(lengths: [2, 4, 3, 2], minibatches: [1, 4]) { indices, minibatch in
                let steps = Double(indices.reduce(0, +))
                return (
                    (20.0 * Double(minibatch) / (2 + steps), 8 + 2 * steps), (100 / (1 + steps), 10 + 2 * steps)
                )
            })
    }

    private func train(_ mode: PowerMode) -> TrainingObservation {
        let steps = Double(mode.cores + mode.cpuKHz + mode.gpuHz + mode.emcHz - 400) / 10
        return TrainingObservation(mode: mode, minibatchMilliseconds: 100 / (1 + steps), powerWatts: 10 + 2 * steps)
    }

    @Test func profilesItsPointsOnceInOrderAndAnswersFromPredictionsOverTheGrid() throws {
        let grid = try #require(syntheticGrid([2, 4, 3, 2]))
        let start = NetworkSurvey<TrainProblem>(grid: grid, count: 12, schedule: Self.quick, seed: 3)
        let played = try #require(ALSTests.survey(start, limit: 12) { self.train($0) })
        #expect(played.profiled.map(\.mode) == start.points)
        #expect(Set(start.points).count == 12)
        let front = try #require(played.answers as? ParetoFront<TrainProblem>)
        let predicted = try TrainingObservation.predicted(
            at: grid.allModes, from: played.profiled.reversed(), schedule: Self.quick, seed: networkSeed(grid))
        #expect(predicted.count == grid.count)
        for budget in stride(from: 5.0, through: 40, by: 1) {
            let problem = TrainProblem(budgetWatts: budget)
            #expect(front.answer(problem) == problem.optimum(over: predicted))
        }
    }

    /// What the survey of 12 modes by seed 3 trains its networks with.
    private func networkSeed(_ grid: ModeGrid) -> UInt64 {
        var generator = Policy.SeededGenerator(seed: 3)
        _ = grid.randomModes(12, using: &generator)
        return generator.next()
    }

    @Test func pairsAndInferencesFollowFromTheSeedAndTheProfilesAlone() throws {
        let synthetic = try pair()
        let start = NetworkSurvey<PairProblem>(grid: synthetic.grid, count: 8, schedule: Self.quick, seed: 1)
        #expect(start.points.count == 16)
        let first = try #require(ALSTests.survey(start, limit: 16) { synthetic.pairs[$0] })
        var again = start
        guard case .finished(let answers) = again.next(observed: Observed(synthetic.all)) else {
            Issue.record("All points were observed, and the survey wants more.")
            return
        }
        let other = NetworkSurvey<PairProblem>(grid: synthetic.grid, count: 8, schedule: Self.quick, seed: 2)
        #expect(other.points != start.points)
        var answered = 0
        for watts in [10.0, 14, 18, 30] {
            let problem = PairProblem(budgetWatts: watts, latencySeconds: 1, ratePerSecond: 20)
            #expect(first.answers.answer(problem) == answers.answer(problem))
            if answers.answer(problem) != nil { answered += 1 }
        }
        #expect(answered > 0)

        let inferred = NetworkSurvey<InferProblem>(grid: synthetic.grid, count: 8, schedule: Self.quick, seed: 1)
        let played = try #require(ALSTests.survey(inferred, limit: 16) { synthetic.inference($0) })
        #expect(played.profiled.map(\.point) == inferred.points)
    }

    @Test func theAuthorsChoiceIsAmongTheDrawnModes() throws {
        let synthetic = try pair()
        let modes = Array(synthetic.grid.modes.allModes.prefix(5)) + synthetic.grid.modes.allModes.prefix(2)
        let survey = NetworkSurvey<InferProblem>(
            grid: synthetic.grid, profiling: modes, choice: .profiledModes, schedule: Self.quick, seed: 1)
        #expect(survey.points.count == 10)
        let played = try #require(ALSTests.survey(survey, limit: 10) { synthetic.inference($0) })
        let front = try #require(played.answers as? ParetoFront<InferProblem>)
        #expect(!front.observations.isEmpty && front.observations.allSatisfy { modes.contains($0.mode) })
        let single = NetworkSurvey<InferProblem>(
            grid: synthetic.grid, profiling: survey.points.filter { $0.minibatch == 1 }, schedule: Self.quick, seed: 1)
        #expect(single.points.count == 5)
    }

    @Test func tooFewProfilesGiveNoAnswerAndSayWhy() throws {
        let grid = try #require(syntheticGrid([2, 4, 3, 2]))
        var survey = NetworkSurvey<TrainProblem>(grid: grid, count: 5, schedule: Self.quick, seed: 1)
        // A profile with a value that is no measurement is left out.
        let observed = Observed(
            survey.points.enumerated().map { place, mode in
                TrainingObservation(mode: mode, minibatchMilliseconds: place < 3 ? .nan : 5, powerWatts: 10)
            })
        let tooFew = PredictionError.tooFewPoints(2, least: PowerTrain.leastObservations).description
        guard case .failed(let reason) = survey.next(observed: observed) else {
            Issue.record("Two profiles are too few, and the survey goes on.")
            return
        }
        #expect(reason == tooFew)
        var search = SurveySearch(survey, problem: TrainProblem(budgetWatts: 50))
        #expect(search.next(observed: observed) == .answer(nil) && search.failure == tooFew)
        let sound = Observed(survey.points.map { train($0) })
        guard case .answer(_?) = search.next(observed: sound), search.failure == nil else {
            Issue.record("A survey that failed once does not recover.")
            return
        }
    }

    @Test func trainsOnceForTheSameProfilesAlsoWhereOneIsNotANumber() throws {
        let grid = try #require(syntheticGrid([2, 4, 3, 2]))
        let trained = Mutex(0)
        let schedule = NetworkBaselineSchedule(
            training: {
                trained.withLock { $0 += 1 }
                return Self.cut(NetworkBaselineSchedule.paper.training($0))
            }, inference: NetworkBaselineSchedule.paper.inference)
        var survey = NetworkSurvey<TrainProblem>(grid: grid, count: 6, schedule: schedule, seed: 1)
        var observations = survey.points.map { train($0) }
        observations[2].powerWatts = .nan
        for _ in 0..<3 { _ = survey.next(observed: Observed(observations)) }
        #expect(trained.withLock { $0 } == 1)
        observations[2].powerWatts = 20
        _ = survey.next(observed: Observed(observations))
        #expect(trained.withLock { $0 } == 2)
        // Nor does it try again what failed.
        for index in observations.indices { observations[index].powerWatts = .nan }
        for _ in 0..<3 { _ = survey.next(observed: Observed(observations)) }
        #expect(trained.withLock { $0 } == 3)
    }

    @Test func aGridOfTooManyPointsIsRefusedBeforeTheFirstProfile() throws {
        let values = Array(1...1_000)
        let modes = try #require(ModeGrid(cores: values, cpuKHz: values, gpuHz: values, emcHz: values))
        var survey = NetworkSurvey<TrainProblem>(grid: modes, count: 10, schedule: Self.quick, seed: 1)
        guard case .failed(let reason) = survey.next(observed: Observed()) else {
            Issue.record("10^12 points are to be predicted.")
            return
        }
        #expect(reason.hasPrefix("The grid has 1000000000000 points, and a survey decides about 1048576 at most."))
        let grid = try #require(InferenceGrid(modes: modes, minibatches: [1, 2]))
        var inference = NetworkSurvey<InferProblem>(grid: grid, count: 10, schedule: Self.quick, seed: 1)
        guard case .failed = inference.next(observed: Observed()) else {
            Issue.record("2 * 10^12 points are to be predicted.")
            return
        }
        // The profiled modes alone are few.
        var few = NetworkSurvey<TrainProblem>(
            grid: modes, count: 10, choice: .profiledModes, schedule: Self.quick, seed: 1)
        guard case .profile = few.next(observed: Observed()) else {
            Issue.record("Ten modes are refused.")
            return
        }
    }

    @Test func aModesBackgroundIsLearntFromTheFirstSizeThatMeasuredIt() throws {
        let synthetic = try pair()
        let modes = Set(synthetic.all.map(\.mode)).sorted().prefix(4)
        var observations = synthetic.all.filter { modes.contains($0.mode) }
        let sound = try PairObservation.predicted(
            at: synthetic.all.map(\.point), from: observations, schedule: Self.quick, seed: 1)
        for index in observations.indices where observations[index].point.minibatch == 1 {
            observations[index].backgroundWatts = .nan
        }
        // The values of the other size are the same ones.
        let spoiled = try PairObservation.predicted(
            at: synthetic.all.map(\.point), from: observations, schedule: Self.quick, seed: 1)
        #expect(spoiled == sound)
    }

    @Test func theBackgroundsNetworksHaveASeedOfTheirOwn() throws {
        let synthetic = try pair()
        let observations = synthetic.all.filter { $0.point.minibatch == 1 }
        let predicted = try PairObservation.predicted(
            at: observations.map(\.point), from: observations, schedule: Self.quick, seed: 9)
        let background = observations.map {
            TrainingObservation(
                mode: $0.mode, minibatchMilliseconds: $0.backgroundMilliseconds, powerWatts: $0.backgroundWatts)
        }
        var generator = Policy.SeededGenerator(seed: 9)
        let seeds = [generator.next(), generator.next(), generator.next()]
        #expect(PowerTrain.networkSeeds(9) == (seeds[0], seeds[1]))
        for seed in seeds {
            let own = try TrainingObservation.predicted(
                at: background.map(\.mode), from: background, schedule: Self.quick, seed: seed)
            let isEqual = own.map(\.minibatchMilliseconds) == predicted.map(\.backgroundMilliseconds)
            #expect(isEqual == (seed == seeds[2]))
        }
    }
}
