/// The model of one problem's workloads, as a guided search asks it.
protocol GuidedModel: Sendable {
    associatedtype Problem: PlanningProblem

    /// Number of points of the grid.
    var count: Int { get }
    /// The place of a point on the grid; nil off it.
    func index(of point: Problem.Observation.Point) -> Int?
    /// The point at a place.
    func point(_ index: Int) -> Problem.Observation.Point
    /// Learns from a profile.
    mutating func add(_ observation: Problem.Observation, at index: Int)
    /// What a profile at a place would be expected to show.
    func expectation(at index: Int, budgetWatts: Double) -> FulcrumSearch.Step
    /// How much a profile at each place would tell about the power at another: a share from 0 to 1.
    mutating func informedness(about index: Int) -> [Double]
    /// `step` with what was seen.
    func completed(_ step: FulcrumSearch.Step, by observation: Problem.Observation) -> FulcrumSearch.Step
    /// Offers each place that is not profiled yet, with what it is expected to gain over `incumbent`. Gains are in the unit of the
    /// return value, the gain that is the whole objective.
    mutating func assess(
        _ problem: Problem, over incumbent: Problem.Observation?, isProfiled: [Bool], _ choice: inout CandidateChoice
    ) -> Double
}

/// A guided search of one problem: what it learned so far, and the next step.
struct GuidedWalk<Model: GuidedModel>: Sendable {
    typealias Observation = Model.Problem.Observation

    /// What the first of many profiles may tell, against what it gains itself.
    private static var informationWeight: Double { 2 }

    private let start: Model?
    private let problem: Model.Problem
    private let settings: FulcrumSearch.Settings
    private var progress: Progress?

    private struct Progress: Sendable {
        var model: Model
        var taken: [Observation] = []
        var isProfiled: [Bool]
        var steps: [FulcrumSearch.Step] = []
    }

    /// Starts from a model that has learned nothing yet; nil: there is none, and only answers are given.
    init(_ start: Model?, problem: Model.Problem, settings: FulcrumSearch.Settings) {
        self.start = start
        self.problem = problem
        self.settings = settings
    }

    var steps: [FulcrumSearch.Step] { progress?.steps ?? [] }

    func expectation(of point: Observation.Point) -> FulcrumSearch.Step? {
        guard let model = progress?.model ?? start, let index = model.index(of: point) else { return nil }
        return model.expectation(at: index, budgetWatts: problem.budgetWatts)
    }

    mutating func next(observed: Observed<Observation>) -> SearchStep<Observation> {
        let known = observed.all.filter { start?.index(of: $0.point) != nil }
        let best = problem.optimum(over: known)
        guard var current = continued(known) else { return .answer(problem.optimum(over: observed.all)) }
        let (sum, overflows) = max(0, settings.profileLimit).addingReportingOverflow(settings.known)
        let limit = overflows ? Int.max : sum
        // A step costs the square of what was learned, and a store may hold a whole table.
        for observation in known.prefix(limit).dropFirst(current.taken.count) {
            take(observation, into: &current)
        }
        defer { progress = current }
        guard known.count < limit else { return .answer(best) }
        var choice = CandidateChoice(ledger: ledger(current), hasAnswer: best != nil)
        let whole = current.model.assess(problem, over: best, isProfiled: current.isProfiled, &choice)
        // What the last profile tells helps none after it.
        let later = Double(limit - known.count - 1) / Double(max(settings.profileLimit, 1))
        let index = choice.chosen(
            leastGain: settings.leastGain * whole, informationWeight: Self.informationWeight * later
        ) { current.model.informedness(about: $0) }
        guard let index else { return .answer(best) }
        return .profile(current.model.point(index))
    }

    /// What was learned from the first of `known`; taken out of `progress`, so that it is changed in place.
    private mutating func continued(_ known: [Observation]) -> Progress? {
        let former = progress
        progress = nil
        if let former, former.taken.count <= known.count,
            zip(former.taken, known).allSatisfy({ $0.isIdentical(to: $1) })
        {
            return former
        }
        return start.map { Progress(model: $0, isProfiled: Array(repeating: false, count: $0.count)) }
    }

    private func take(_ observation: Observation, into current: inout Progress) {
        guard let index = current.model.index(of: observation.point) else { return }
        let step = current.model.expectation(at: index, budgetWatts: problem.budgetWatts)
        current.steps.append(current.model.completed(step, by: observation))
        current.model.add(observation, at: index)
        current.isProfiled[index] = true
        current.taken.append(observation)
    }

    private func ledger(_ current: Progress) -> RiskLedger? {
        guard let risk = settings.overBudgetRisk else { return nil }
        var ledger = RiskLedger(risk: risk)
        for (step, observation) in zip(current.steps, current.taken).dropFirst(settings.known) {
            ledger.add(chance: step.overBudgetChance, isOver: observation.powerWatts > problem.budgetWatts)
        }
        return ledger
    }
}
