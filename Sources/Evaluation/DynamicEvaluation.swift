public import Policy
import SystemCalls

/// Plans a series of windows with arrival rates of their own, using again what was profiled, on a measured table.
public struct DynamicEvaluation<Problem: EvaluatedProblem & ArrivalProblem, Table: MeasuredTable>: Sendable
where Table.Observation == Problem.Observation {
    /// What became of the windows.
    public struct Run: Sendable {
        /// All windows in their order, each with the profiles that were made for it. Those of a survey, made before the first
        /// window, are counted with the first one that has requests. One without requests has the rate 0 and nothing else.
        public let windows: [Configuration]
        /// Windows with an answer and without a profile.
        public let answeredWithoutProfiling: Int
        /// Points profiled in all.
        public let profiles: Int
        /// Time of planning and of the exact optima, seconds.
        public let wallSeconds: Double

        /// The windows in which requests arrive.
        public var configurations: [Configuration] { windows.filter { $0.limits.ratePerSecond != 0 } }
        /// Windows without a request: nothing to plan.
        public var idle: Int { windows.count { $0.limits.ratePerSecond == 0 } }
    }

    private let table: Table
    private let strategy: Strategy<Problem>
    private let limits: [Limits]
    private let reach: Double
    private let problem: @Sendable (Limits) -> Problem

    /// Prepares a run with one configuration per window; nothing is computed yet. `problem` poses the question of a window, and
    /// `reach` is that of `DynamicArrivals`: by how large a factor a rate may differ from a searched one. Throws where it is
    /// below 1, or the strategy does not profile.
    public init(
        table: Table, strategy: Strategy<Problem>, limits: [Limits], reach: Double = .infinity,
        problem: @escaping @Sendable (Limits) -> Problem
    ) throws(EvaluationError) {
        guard reach >= 1 else { throw EvaluationError("--reach is \(reach); a factor of 1 or more was expected.") }
        switch strategy.way {
        case .optimum:
            throw EvaluationError(
                "Dynamic arrivals are always compared with the optimum. Choose a strategy that profiles.")
        case .survey where strategy.isPredicting:
            throw EvaluationError(
                "Dynamic arrivals are answered from what was profiled, and --strategy \(strategy.name) answers by prediction. "
                    + "Choose another one.")
        case .survey where reach.isFinite:
            throw EvaluationError(
                "--reach does not go with --strategy \(strategy.name), which profiles before the first window and never again."
            )
        case .search, .survey: break
        }
        self.table = table
        self.strategy = strategy
        self.limits = limits
        self.reach = reach
        self.problem = problem
    }

    /// Plans all windows. The same for any number of threads.
    public func run(
        threads: Int = ParallelMap.coreCount, progress: ProgressBar? = nil
    ) throws(EvaluationError) -> Run {
        let start = MonotonicClock.nanoseconds()
        let (plans, played, surveyed) = try plan()
        let references = try ParallelMap.map(count: limits.count, threads: threads) { index -> References in
            defer { progress?.advance() }
            guard plans[index].ratePerSecond > 0 else { return References() }
            let problem = problem(limits[index])
            return References(of: problem, over: table.rows)
        }
        var windows: [Configuration] = []
        var (first, isFirst) = (0, true)
        for (index, plan) in plans.enumerated() {
            guard plan.ratePerSecond > 0 else {
                windows.append(configuration(index, nil, References(), []))
                continue
            }
            let count = plan.profiles + (isFirst ? surveyed : 0)
            isFirst = false
            let profiled = Array(played.observed.all.dropFirst(first).prefix(count))
            first += count
            var answer: Problem.Observation?
            if case .run(let observation) = plan.outcome { answer = try played.measured(observation) }
            windows.append(configuration(index, answer, references[index], profiled))
        }
        return Run(
            windows: windows,
            answeredWithoutProfiling: plans.count {
                if case .run = $0.outcome { $0.profiles == 0 } else { false }
            }, profiles: played.observed.all.count, wallSeconds: Double(MonotonicClock.nanoseconds() &- start) / 1e9)
    }

    private func plan() throws(EvaluationError) -> (
        plans: [WindowPlan<Problem.Observation>], played: PlayedTable<Table>, surveyed: Int
    ) {
        var played = PlayedTable(table, strategy: strategy.name)
        let search: @Sendable (Problem) -> any Search<Problem>
        switch strategy.way {
        case .search(let make): search = make
        case .survey(let survey):
            _ = try played.answers(of: survey)
            search = { _ in Exhausted() }
        case .optimum: search = { _ in Exhausted() }
        }
        let surveyed = played.observed.all.count
        let posed = problem(limits.first ?? Limits(budgetWatts: 0))
        let arrivals = DynamicArrivals(
            ratesPerSecond: limits.map { $0.ratePerSecond ?? 0 }, problem: posed, known: played.observed,
            reach: reach, search: search)
        guard var arrivals else { throw EvaluationError("A rate is negative or not finite.") }
        while true {
            switch arrivals.next(observed: played.observed) {
            case .profile(let point): try played.profile(point)
            case .plans(let plans): return (plans, played, surveyed)
            }
        }
    }

    private func configuration(
        _ index: Int, _ answer: Problem.Observation?, _ references: References, _ profiled: [Problem.Observation]
    ) -> Configuration {
        let problem = problem(limits[index])
        let over = profiled.filter { $0.powerWatts > problem.budgetWatts }
        return Configuration(
            limits: limits[index], answer: answer.map(problem.choice),
            violations: answer.map(problem.violations) ?? Violations(), optimum: references.optimum,
            bestThroughput: references.best, fluidThroughput: references.fluid, profiles: profiled.count,
            overBudgetProfiles: over.count,
            overBudgetWattSeconds: over.reduce(0) { $0 + problem.wattSecondsOverBudget($1) })
    }
}

/// What one window is compared with.
private struct References: Sendable {
    var optimum: Choice?
    var best: Double?
    var fluid: Double?

    init() {}

    init<Problem: EvaluatedProblem>(of problem: Problem, over rows: [Problem.Observation]) {
        let feasible = rows.filter(problem.isFeasible)
        optimum = problem.optimum(over: feasible).map(problem.choice)
        best = feasible.compactMap(problem.backgroundThroughput).max()
        fluid = feasible.compactMap(problem.fluidThroughput).max()
    }
}

/// The search that follows a survey: there is nothing more to profile.
struct Exhausted<Problem: PlanningProblem>: Search {
    func next(observed: Observed<Problem.Observation>) -> SearchStep<Problem.Observation> { .answer(nil) }
}
