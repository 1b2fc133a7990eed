import Policy

/// A search under way: the strategy with what it was made for.
struct TrainingSearch: Sendable {
    var search: any Search<TrainProblem>
    let settings: SearchSettings
    let budgetWatts: Double
    /// Profiles that it may make in all, for the "of n" of its steps.
    let profileLimit: Int
    /// Observations that were there before it.
    let knownBefore: Int
    /// The same search, but one that ends where no profile is expected to gain the share that it was made for; nil where the
    /// strategy has no expectations.
    var probe: (any Search<TrainProblem>)?
    /// Whether the strategy itself says where a workload that nobody profiled starts.
    let choosesStart: Bool

    /// Makes the strategy that `settings` name. `references` describe other workloads, `models` are those among them that are
    /// networks, `observed` is what is known of this one.
    static func make(
        _ settings: SearchSettings, budgetWatts: Double, grid: ModeGrid, references: [KnownReference],
        models: [PowerTrainModel<PowerMode>], observed: ObservedModes, coverGain: Double, seed: UInt64
    ) -> TrainingSearch {
        let problem = TrainProblem(budgetWatts: budgetWatts)
        let known = observed.all.count
        func made(
            _ search: any Search<TrainProblem>, limit: Int, choosesStart: Bool = false,
            probe: (any Search<TrainProblem>)? = nil
        ) -> TrainingSearch {
            TrainingSearch(
                search: search, settings: settings, budgetWatts: budgetWatts, profileLimit: limit, knownBefore: known,
                probe: probe, choosesStart: choosesStart)
        }
        func profiles(_ own: Int) -> Int { max(settings.profiles ?? own, 1) }
        switch settings.strategy {
        case .fulcrum:
            let limit = profiles(10)
            let before = observed.all.count { grid.contains($0.mode) }
            let priors = SurfacePriors(
                training: grid,
                references: references.map(\.workload))
            func search(leastGain: Double? = nil) -> FulcrumSearch.Train {
                var own = FulcrumSearch.Settings(
                    profileLimit: limit, overBudgetRisk: settings.overBudgetRisk, known: before)
                own.leastGain = leastGain ?? own.leastGain
                return FulcrumSearch.Train(grid: grid, problem: problem, priors: priors, settings: own)
            }
            return made(
                search(), limit: limit, choosesStart: !references.isEmpty,
                probe: known > 0 ? search(leastGain: coverGain) : nil)
        case .gmd:
            return made(GMD.Train(grid: grid, problem: problem), limit: GMD.Train.profileLimit)
        case .als:
            let limit = profiles(50)
            let survey = ALS<TrainProblem>(grid: grid, seed: seed, profileLimit: limit)
            return made(SurveySearch(survey, problem: problem), limit: min(limit, grid.count))
        case .binary:
            return made(BinarySearch(grid: grid, problem: problem), limit: BinarySearch.profileLimit)
        case .random:
            var generator = SeededGenerator(seed: seed)
            let modes = grid.randomModes(profiles(15), using: &generator)
            return made(SurveySearch(FixedPoints<TrainProblem>(points: modes), problem: problem), limit: modes.count)
        case .powertrain:
            let search = PowerTrainSearch(
                grid: grid, problem: problem, bases: models, profiles: profiles(15), seed: seed)
            return made(search, limit: search.modes.count + PowerTrainSearch.correctionLimit)
        }
    }

    /// Whether it still answers the question.
    func fits(_ settings: SearchSettings, budgetWatts: Double) -> Bool {
        self.settings == settings && self.budgetWatts == budgetWatts
    }

    /// Why it profiles `mode`, and what it expects.
    func explanation(of mode: PowerMode, observed: ObservedModes) -> (reason: String, expected: Expectation?) {
        switch search {
        case let search as FulcrumSearch.Train:
            guard let step = search.expectation(of: mode) else { return ("before the search", nil) }
            return ("resembles \(step.workloads.first?.resembled ?? "nothing known")", Expectation(step))
        case let search as GMD.Train:
            let visit = search.trace(observed: observed).visits.last { $0.point == mode }
            return (visit.map { "\($0)" } ?? "before the search", nil)
        case let search as PowerTrainSearch:
            guard let prediction = search.prediction(of: mode) else { return ("one of the random modes", nil) }
            return ("the fastest mode that is predicted to be within the budget", Expectation(prediction))
        case is SurveySearch<ALS<TrainProblem>>: return ("part of the survey", nil)
        case is BinarySearch: return ("bisects one knob", nil)
        default: return ("one of the random modes", nil)
        }
    }
}

extension Expectation {
    fileprivate init?(_ step: FulcrumSearch.Step) {
        guard let workload = step.workloads.first else { return nil }
        func interval(_ expected: FulcrumSearch.Step.Expectation) -> Interval {
            Interval(value: expected.median, low: expected.interval.lowerBound, high: expected.interval.upperBound)
        }
        self.init(
            milliseconds: interval(workload.milliseconds), watts: interval(workload.watts),
            overBudgetChance: step.overBudgetChance)
    }

    /// A network states no interval.
    fileprivate init(_ prediction: TrainingObservation) {
        func exactly(_ value: Double) -> Interval { Interval(value: value, low: value, high: value) }
        self.init(
            milliseconds: exactly(prediction.minibatchMilliseconds), watts: exactly(prediction.powerWatts))
    }
}
