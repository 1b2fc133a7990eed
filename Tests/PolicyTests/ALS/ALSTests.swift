import Testing

@testable import Policy

@Suite struct ALSTests {
    /// What a survey profiles, in order, and its answers. Nil where it asks for a point twice, for one off the grid, or for
    /// more than `limit`.
    static func survey<Problem: PlanningProblem>(
        _ start: any Survey<Problem>, limit: Int,
        _ measure: (Problem.Observation.Point) -> Problem.Observation?
    ) -> (profiled: [Problem.Observation], answers: any Answers<Problem>)? {
        var survey = start
        var observed = Observed<Problem.Observation>()
        while true {
            switch survey.next(observed: observed) {
            case .finished(let answers): return (observed.all, answers)
            case .failed: return nil
            case .profile(let point):
                guard observed[point] == nil, let observation = measure(point), observed.all.count < limit else {
                    return nil
                }
                observed.record(observation)
            }
        }
    }

    /// The point that a survey asks for; nil where it is over.
    static func asks<Problem: PlanningProblem>(
        _ survey: any Survey<Problem>, _ observations: some Sequence<Problem.Observation>
    ) -> Problem.Observation.Point? {
        var survey = survey
        guard case .profile(let point) = survey.next(observed: Observed(observations)) else { return nil }
        return point
    }

    /// 3 x 4 x 4 x 3 modes and three sizes; faster and hungrier with each step.
    private static func pair(_ point: InferencePoint) -> PairObservation? {
        guard let grid, grid.modes.contains(point.mode), grid.minibatches.contains(point.minibatch) else { return nil }
        let mode = point.mode
        let cores = Double(mode.cores) / 4
        let cpu = Double(mode.cpuKHz) / 1_000_000
        let gpu = Double(mode.gpuHz) / 1_000_000_000
        let emc = Double(mode.emcHz) / 2_000_000_000
        let milliseconds = 10 / cpu + 40 / gpu + 5 / emc
        let watts = 8 + cores * cpu * cpu + 12 * gpu * gpu + 3 * emc
        let share = 0.1 + 0.02 * Double(point.minibatch)
        return PairObservation(
            point: point, inferenceMilliseconds: milliseconds * share,
            inferenceWatts: watts * (1 - 0.2 / Double(point.minibatch)), backgroundMilliseconds: 20 / cpu + 60 / gpu,
            backgroundWatts: watts * 0.95)
    }

    private static let grid = ModeGrid(
        cores: [4, 8, 12], cpuKHz: [400_000, 900_000, 1_400_000, 2_200_000],
        gpuHz: [100_000_000, 500_000_000, 900_000_000, 1_300_000_000],
        emcHz: [600_000_000, 2_000_000_000, 3_000_000_000]
    ).flatMap { InferenceGrid(modes: $0, minibatches: [1, 8, 32]) }

    private static func infer(_ point: InferencePoint) -> InferenceObservation? {
        pair(point).map {
            InferenceObservation(
                point: point, minibatchMilliseconds: $0.inferenceMilliseconds, powerWatts: $0.inferenceWatts)
        }
    }

    private static func train(_ mode: PowerMode) -> TrainingObservation? {
        pair(InferencePoint(mode: mode, minibatch: 1)).map {
            TrainingObservation(
                mode: mode, minibatchMilliseconds: $0.backgroundMilliseconds, powerWatts: $0.backgroundWatts)
        }
    }

    /// Profiles within the limit, resumes from every prefix in any order, and follows from the seed.
    private func check<Problem: PlanningProblem>(
        limit: Int, _ make: (UInt64) -> any Survey<Problem>,
        _ measure: (Problem.Observation.Point) -> Problem.Observation?
    ) throws {
        func profiled(seed: UInt64) -> [Problem.Observation]? {
            Self.survey(make(seed), limit: limit, measure)?.profiled
        }
        let played = try #require(profiled(seed: 1))
        #expect(played.count == limit)
        #expect(profiled(seed: 1) == played)
        let other = try #require(profiled(seed: 2))
        #expect(other != played)
        var generator = Policy.SeededGenerator(seed: 3)
        for count in stride(from: 0, through: limit, by: 7) {
            var prefix = Array(played.prefix(count))
            generator.shuffle(&prefix)
            #expect(Self.asks(make(1), prefix) == (count < limit ? played[count].point : nil))
            // A later observation, as of another search, changes nothing.
            if count + 1 < limit {
                #expect(Self.asks(make(1), prefix + [played[count + 1]]) == played[count].point)
            }
        }
    }

    @Test func aTrainingSurveyResumesAnywhere() throws {
        let grid = try #require(Self.grid)
        try check(limit: 40, { ALS<TrainProblem>(grid: grid.modes, seed: $0, profileLimit: 40) }, Self.train)
    }

    @Test func anInferenceSurveyResumesAnywhere() throws {
        let grid = try #require(Self.grid)
        try check(limit: 60, { ALS<InferProblem>(grid: grid, seed: $0, profileLimit: 60) }, Self.infer)
    }

    @Test func aPairSurveyResumesAnywhere() throws {
        let grid = try #require(Self.grid)
        try check(limit: 60, { ALS<PairProblem>(grid: grid, seed: $0, profileLimit: 60) }, Self.pair)
    }

    @Test func theSameValueFollowsWhateverItIsShown() throws {
        let grid = try #require(Self.grid)
        let start = ALS<InferProblem>(grid: grid, seed: 4, profileLimit: 50)
        let played = try #require(Self.survey(start, limit: 50, Self.infer)).profiled
        var survey = start
        // Forwards, back, and forwards again with another workload's numbers.
        for count in [0, 35, 50, 12, 45] {
            guard case .profile(let point) = survey.next(observed: Observed(played.prefix(count))) else {
                #expect(count == 50)
                continue
            }
            #expect(point == played[count].point)
        }
        let slower = played.prefix(45).map {
            InferenceObservation(
                point: $0.point, minibatchMilliseconds: $0.minibatchMilliseconds * 3, powerWatts: 60 - $0.powerWatts)
        }
        guard case .profile(let point) = survey.next(observed: Observed(slower)) else {
            Issue.record("The points of one workload answered for another.")
            return
        }
        #expect(point == Self.asks(start, slower))
    }

    @Test func aGridOfTooManyPointsIsRefused() throws {
        func refusal(_ length: Int) throws -> String? {
            let values = Array(1...length)
            let modes = try #require(ModeGrid(cores: values, cpuKHz: values, gpuHz: values, emcHz: values))
            var training = ALS<TrainProblem>(grid: modes, seed: 1)
            #expect(training.doubtful(among: Observed()).isEmpty)
            let grid = try #require(InferenceGrid(modes: modes, minibatches: [1, 2]))
            var inference = ALS<InferProblem>(grid: grid, seed: 1)
            guard case .failed(let reason) = training.next(observed: Observed()),
                case .failed = inference.next(observed: Observed())
            else { return nil }
            return reason
        }
        #expect(ALS<TrainProblem>.pointLimit == 1 << 20)
        #expect(try refusal(10) == nil)
        let reason = try #require(try refusal(1_000))
        #expect(reason.hasPrefix("The grid has 1000000000000 points, and a survey decides about 1048576 at most."))
        // 2^64 modes are more than an Int holds.
        #expect(try #require(try refusal(65_536)).hasPrefix("The grid has more points than can be counted,"))
    }

    @Test func aPointThatIsMeasuredAgainNeverCostsMoreThanTheLimit() throws {
        let grid = try #require(Self.grid)
        let start = ALS<InferProblem>(grid: grid, seed: 6, profileLimit: 50)
        let played = try #require(Self.survey(start, limit: 50, Self.infer)).profiled
        var finished = start
        _ = finished.next(observed: Observed(played))
        for index in played.indices {
            var again = played
            again[index].minibatchMilliseconds *= 1.02
            for survey in [finished, start] {
                var survey = survey
                guard case .finished(let answers) = survey.next(observed: Observed(again)) else {
                    Issue.record("\(played[index].point) was measured again, and the survey wants more than 50 points.")
                    continue
                }
                let problem = InferProblem(budgetWatts: 30, latencySeconds: 1, ratePerSecond: 20)
                #expect(answers.answer(problem) == problem.optimum(over: again))
            }
        }
        // Again and again on the way, and the living value does what a restarted one does.
        var survey = start
        var observed = Observed<InferenceObservation>()
        var generator = Policy.SeededGenerator(seed: 1)
        while case .profile(let point) = survey.next(observed: observed) {
            #expect(Self.asks(start, observed.all) == point)
            guard observed[point] == nil, observed.all.count < 50, let measured = Self.infer(point) else {
                Issue.record("\(point) is asked for after \(observed.all.count) profiles.")
                return
            }
            observed.record(measured)
            var again = observed.all[generator.index(below: observed.all.count)]
            again.powerWatts *= 0.98 + 0.04 * generator.fraction()
            observed.record(again)
        }
        #expect(observed.all.count == 50)
    }

    @Test func aSurveyAnswersWithTheBestOfItsPoints() throws {
        let grid = try #require(Self.grid)
        let played = try #require(
            Self.survey(ALS<PairProblem>(grid: grid, seed: 1, profileLimit: 60), limit: 60, Self.pair))
        var losses: [Double] = []
        for watts in stride(from: 10.0, through: 40, by: 2) {
            for rate in [2.0, 10, 30] {
                let problem = PairProblem(budgetWatts: watts, latencySeconds: 1, ratePerSecond: rate)
                let answer = played.answers.answer(problem)
                #expect(answer == problem.optimum(over: played.profiled))
                let all = grid.modes.allModes.flatMap { mode in
                    grid.minibatches.compactMap { Self.pair(InferencePoint(mode: mode, minibatch: $0)) }
                }
                guard let best = problem.optimum(over: all), let most = problem.backgroundPerSecond(best), most > 0
                else { continue }
                losses.append(1 - (answer.flatMap(problem.backgroundPerSecond) ?? 0) / most)
            }
        }
        #expect(losses.count > 30)
        #expect(losses.reduce(0, +) / Double(losses.count) < 0.05)
    }

    @Test(arguments: [[1, 1, 1, 1], [2, 1, 1, 1], [2, 2, 2, 2], [1, 7, 1, 1], [3, 3, 3, 1]])
    func smallGridsAreProfiledWhole(lengths: [Int]) throws {
        let modes = try #require(syntheticGrid(lengths))
        let trained = Self.survey(ALS<TrainProblem>(grid: modes, seed: 1), limit: 50) { mode in
            TrainingObservation(mode: mode, minibatchMilliseconds: 5, powerWatts: Double(mode.cores) / 10)
        }
        #expect(try #require(trained).profiled.count == modes.count)
        let grid = try #require(InferenceGrid(modes: modes, minibatches: [1, 2]))
        let inferred = Self.survey(ALS<InferProblem>(grid: grid, seed: 1), limit: 150) { point in
            InferenceObservation(point: point, minibatchMilliseconds: 5, powerWatts: Double(point.mode.cores) / 10)
        }
        #expect(try #require(inferred).profiled.count == grid.count)
    }

    @Test func aLimitOfNothingProfilesNothing() throws {
        let grid = try #require(Self.grid)
        for limit in [0, -3, 1, 5] {
            let survey = ALS<PairProblem>(
                grid: grid, seed: 1, profileLimit: limit, initialCount: limit, roundCount: limit)
            #expect(try #require(Self.survey(survey, limit: 10, Self.pair)).profiled.count == max(limit, 0))
        }
    }

    @Test func readingsThatNoSensorShouldGiveStopNothing() throws {
        let grid = try #require(Self.grid)
        let odd: [Double] = [.nan, .infinity, -.infinity, 0, -5, .greatestFiniteMagnitude, .leastNonzeroMagnitude]
        for share in [1, 3, 20] {
            var generator = Policy.SeededGenerator(seed: UInt64(share))
            func spoiled(_ value: Double) -> Double {
                generator.index(below: share) == 0 ? odd[generator.index(below: odd.count)] : value
            }
            let played = try #require(
                Self.survey(ALS<PairProblem>(grid: grid, seed: 2, profileLimit: 70), limit: 70) { point in
                    Self.pair(point).map {
                        PairObservation(
                            point: point, inferenceMilliseconds: spoiled($0.inferenceMilliseconds),
                            inferenceWatts: spoiled($0.inferenceWatts),
                            backgroundMilliseconds: spoiled($0.backgroundMilliseconds),
                            backgroundWatts: spoiled($0.backgroundWatts))
                    }
                })
            #expect(played.profiled.count == 70)
            let problem = PairProblem(budgetWatts: 30, latencySeconds: 1, ratePerSecond: 10)
            #expect(played.answers.answer(problem) == problem.optimum(over: played.profiled))
            // Values that are not numbers do not make a resumed survey think that they changed.
            for count in [30, 45, 61] {
                let survey = ALS<PairProblem>(grid: grid, seed: 2, profileLimit: 70)
                #expect(Self.asks(survey, played.profiled.prefix(count)) == played.profiled[count].point)
            }
        }
    }

    @Test func anOutlierIsReportedAndDoesNotMisleadTheSurrogates() throws {
        let grid = try #require(Self.grid)
        let survey = ALS<InferProblem>(grid: grid, seed: 5, profileLimit: 60)
        // A highest mode that draws a third of what it should, as one in the measured tables does.
        let odd = InferencePoint(mode: grid.modes.highest, minibatch: 32)
        func measure(_ point: InferencePoint) -> InferenceObservation? {
            var observation = Self.infer(point)
            if point == odd { observation?.powerWatts /= 3 }
            return observation
        }
        let played = try #require(Self.survey(survey, limit: 60, measure))
        #expect(survey.doubtful(among: Observed(played.profiled)).map(\.point) == [odd])
        let clean = try #require(Self.survey(survey, limit: 60, Self.infer)).profiled
        #expect(survey.doubtful(among: Observed(clean)).isEmpty)
        #expect(survey.doubtful(among: Observed()).isEmpty)
    }
}
