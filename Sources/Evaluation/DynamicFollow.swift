public import Policy
import SystemCalls

/// Follows requests whose rate is not known in advance with a `RatePlanner`, second by second, on a measured table of a pair.
///
/// In each second the plan that follows from the seconds before is in force. Profiles take no time here; the mode changes that
/// plans ask for do.
public struct DynamicFollow: Sendable {
    /// How the rate is estimated and when a plan is given up.
    public struct Settings: Hashable, Sendable {
        /// The share of seconds that may have more requests than the bound; see `RateEstimate`.
        public var missShare = 0.001
        /// The time constant of the estimate, seconds.
        public var memorySeconds = 10.0
        /// The factor between two planned rates; see `RateBand`.
        public var step = 1.1
        /// By how large a factor the bound has to be below the planned rate before that falls.
        public var slack = 1.25
        /// For how long, seconds.
        public var holdSeconds = 60.0
        /// For how long nothing runs when the power mode changes, seconds.
        public var changeSeconds = 0.1

        /// The defaults.
        public init() {}
    }

    /// What became of the series.
    public struct Run: Sendable {
        /// Per window.
        public let hours: [DynamicHour]
        /// The best single plan; nil where none keeps up with every second.
        public let fixed: PairObservation?
        /// The same where the dispatcher waits until minibatches are full.
        public let fullFixed: PairObservation?
        /// Time of planning and of what it is compared with, seconds.
        public let wallSeconds: Double
    }

    private let table: PairTable
    private let strategy: Strategy<PairProblem>
    private let problem: PairProblem
    private let settings: Settings
    private let reach: Double

    /// Prepares a run; nothing is computed yet. With the strategy `optimum` the whole table is known before the first second. Throws
    /// where the strategy answers by prediction, or a setting makes no sense.
    public init(
        table: PairTable, strategy: Strategy<PairProblem>, problem: PairProblem, settings: Settings = Settings(),
        reach: Double = .infinity
    ) throws(EvaluationError) {
        if strategy.isPredicting {
            throw EvaluationError(
                "Arrivals are followed with what was profiled, and --strategy \(strategy.name) answers by prediction. Choose "
                    + "another one.")
        }
        self.table = table
        self.strategy = strategy
        self.problem = problem
        self.settings = settings
        self.reach = reach
        _ = try planner(known: Observed()) { _ in Exhausted() }
    }

    /// Follows the seconds of `windows`, the first of which has the number `first`. The same for any number of threads.
    public func run(
        _ windows: [ArraySlice<Double>], first: Int = 0, threads: Int = ParallelMap.coreCount,
        progress: ProgressBar? = nil
    ) throws(EvaluationError) -> Run {
        let start = MonotonicClock.nanoseconds()
        let references = try DynamicReferences(
            ArraySlice(windows.joined()), problem: problem, rows: table.rows, threads: threads)
        var played = PlayedTable(table, strategy: strategy.name)
        let search: @Sendable (PairProblem) -> any Search<PairProblem>
        var known = Observed<PairObservation>()
        switch strategy.way {
        case .optimum:
            known = Observed(table.rows)
            search = { _ in Exhausted() }
        case .search(let make): search = make
        case .survey(let survey):
            _ = try played.answers(of: survey)
            known = played.observed
            search = { _ in Exhausted() }
        }
        var planner = try planner(known: known, search: search)
        // Where the whole table is known, no profile adds to it.
        let all = if case .optimum = strategy.way { Optional(known) } else { Observed<PairObservation>?.none }
        var queue = DynamicQueue(problem)
        var hours: [DynamicHour] = []
        var changeSeconds = 0.0
        for (index, window) in windows.enumerated() {
            var hour = DynamicHour(window: first + index, seconds: window.count)
            // Those of a survey were made before the first window.
            let before = (
                planner.replans, planner.modeChanges, planner.minibatchChanges,
                index == 0 ? 0 : played.observed.all.count
            )
            hour.addTold(window, problem, table.rows)
            for requests in window {
                let second = queue.serve(requests, at: planner.plan?.observation, changeSeconds: changeSeconds)
                hour.add(second, requests: requests, references)
                if requests > planner.plan?.ratePerSecond ?? 0 { hour.unplannedSeconds += 1 }
                planner.count(requests, overSeconds: 1)
                let changes = planner.modeChanges
                try plan(&planner, &played, known: all)
                changeSeconds = planner.modeChanges > changes ? settings.changeSeconds : 0
            }
            hour.replans = planner.replans - before.0
            hour.modeChanges = planner.modeChanges - before.1
            hour.minibatchChanges = planner.minibatchChanges - before.2
            let profiled = played.observed.all.dropFirst(before.3)
            hour.profiles = profiled.count
            hour.overBudgetProfiles = profiled.count { $0.powerWatts > problem.budgetWatts }
            hour.plannedRate = planner.plan?.ratePerSecond
            hour.point = planner.plan?.observation?.point
            hours.append(hour)
            progress?.advance()
        }
        return Run(
            hours: hours, fixed: references.fixed?.point, fullFixed: references.fixedFull?.point,
            wallSeconds: Double(MonotonicClock.nanoseconds() &- start) / 1e9)
    }

    /// Lets the planner come to its plan after a second.
    private func plan(
        _ planner: inout RatePlanner<PairProblem>, _ played: inout PlayedTable<PairTable>,
        known: Observed<PairObservation>?
    ) throws(EvaluationError) {
        while case .profile(let point) = planner.next(observed: known ?? played.observed) { try played.profile(point) }
    }

    private func planner(
        known: Observed<PairObservation>, search: @escaping @Sendable (PairProblem) -> any Search<PairProblem>
    ) throws(EvaluationError) -> RatePlanner<PairProblem> {
        guard
            let estimate = RateEstimate(missShare: settings.missShare, memorySeconds: settings.memorySeconds),
            let band = RateBand(step: settings.step, slack: settings.slack, holdSeconds: settings.holdSeconds),
            let planner = RatePlanner(
                problem: problem, estimate: estimate, band: band, changeSeconds: settings.changeSeconds, known: known,
                reach: reach, search: search)
        else {
            throw EvaluationError(
                "The arrivals cannot be followed with these settings: --miss-percent has to be above 0 and at most 50, --memory-seconds "
                    + "above 0, --band-factor \(settings.step) or more, --hold-seconds and --change-ms 0 or more, and --reach 1 or more."
            )
        }
        return planner
    }
}

extension DynamicHour {
    mutating func addTold(_ rates: ArraySlice<Double>, _ problem: PairProblem, _ rows: [PairObservation]) {
        var posed = problem
        posed.ratePerSecond = rates.reduce(0, +) / Double(max(1, rates.count))
        let plan = posed.ratePerSecond > 0 ? posed.optimum(over: rows) : nil
        for rate in rates {
            guard rate > 0 else {
                toldBackground += plan.flatMap { DynamicQueue.gainPerSecond(problem, $0, atRate: 0) } ?? 0
                continue
            }
            posed.ratePerSecond = rate
            guard let plan, posed.isFeasible(plan) else {
                toldViolatedSeconds += 1
                if let plan, posed.shortfall(plan).load <= 1 { toldBackground += posed.gainPerSecond(plan) }
                continue
            }
            toldBackground += posed.gainPerSecond(plan)
        }
    }

    mutating func add(_ second: DynamicQueue.Second, requests: Double, _ references: DynamicReferences) {
        let place = references.index(of: requests)
        self.requests += requests
        highestRate = max(highestRate, requests)
        background += second.background
        oracleBackground += references.best[place] ?? 0
        if let fixed = references.fixed { fixedBackground = (fixedBackground ?? 0) + fixed.perSecond[place] }
        if let full = references.fixedFull { fullFixedBackground = (fullFixedBackground ?? 0) + full.perSecond[place] }
        if !second.isKept {
            violatedSeconds += 1
            if references.best[place] == nil { unservableSeconds += 1 }
        }
        lateRequests += second.lateRequests
    }
}
