public import Policy
import SystemCalls

/// Runs one strategy on one measured table for many configurations, as if each profile were made on the board.
public struct TableEvaluation<Problem: EvaluatedProblem, Table: MeasuredTable>: Sendable
where Table.Observation == Problem.Observation {
    /// The points that the strategy may profile and answer with.
    public let table: Table
    /// The strategy.
    public let strategy: Strategy<Problem>
    /// The configurations.
    public let limits: [Limits]
    private let problem: @Sendable (Limits) -> Problem

    /// Prepares a run; nothing is computed yet. `problem` poses the question of one configuration.
    public init(
        table: Table, strategy: Strategy<Problem>, limits: [Limits], problem: @escaping @Sendable (Limits) -> Problem
    ) {
        self.table = table
        self.strategy = strategy
        self.limits = limits
        self.problem = problem
    }

    /// All configurations, in the order of `limits`, and the wall time of running them in seconds. The configurations are the
    /// same for any number of threads.
    ///
    /// Throws where the strategy asks for a point that the table lacks.
    public func run(
        threads: Int = ParallelMap.coreCount, progress: ProgressBar? = nil
    ) throws(EvaluationError) -> (configurations: [Configuration], wallSeconds: Double) {
        let start = MonotonicClock.nanoseconds()
        let prepared = try prepare()
        let items = items(threads: threads)
        let parts = try ParallelMap.map(count: items.count, threads: threads) {
            index throws(EvaluationError) -> [Configuration] in
            try configurations(items[index], prepared, progress)
        }
        var byIndex = [Configuration?](repeating: nil, count: limits.count)
        for (item, part) in zip(items, parts) {
            for (index, configuration) in zip(item.indices, part) { byIndex[index] = configuration }
        }
        return (byIndex.compactMap { $0 }, Double(MonotonicClock.nanoseconds() &- start) / 1e9)
    }

    /// What is done once for all configurations.
    private enum Prepared: Sendable {
        case optimum
        case search(@Sendable (Problem) -> any Search<Problem>)
        case surveyed(any Answers<Problem>, PlayedTable<Table>)
    }

    private func prepare() throws(EvaluationError) -> Prepared {
        switch strategy.way {
        case .optimum: return .optimum
        case .search(let make): return .search(make)
        case .survey(let survey):
            var played = PlayedTable(table, strategy: strategy.name)
            let answers = try played.answers(of: survey)
            return .surveyed(answers, played)
        }
    }

    /// Configurations that share a ranking of the rows.
    private struct Item: Sendable {
        let unlimited: Problem
        var indices: [Int]
    }

    /// Small enough to keep all threads busy to the end, large enough that a ranking is made for many configurations.
    private func items(threads: Int) -> [Item] {
        let size = min(256, limits.count / (8 * max(1, threads)) + 1)
        var items: [Item] = []
        var openItem: [Problem: Int] = [:]
        for (index, limits) in limits.enumerated() {
            let unlimited = problem(limits).unlimited
            if let open = openItem[unlimited], items[open].indices.count < size {
                items[open].indices.append(index)
            } else {
                openItem[unlimited] = items.count
                items.append(Item(unlimited: unlimited, indices: [index]))
            }
        }
        return items
    }

    private func configurations(
        _ item: Item, _ prepared: Prepared, _ progress: ProgressBar?
    ) throws(EvaluationError) -> [Configuration] {
        let ranking = Ranking(table.rows, unlimited: item.unlimited)
        var configurations: [Configuration] = []
        configurations.reserveCapacity(item.indices.count)
        for index in item.indices {
            configurations.append(try configuration(limits[index], prepared, ranking))
            progress?.advance()
        }
        return configurations
    }

    private func configuration(
        _ limits: Limits, _ prepared: Prepared, _ ranking: Ranking<Problem>
    ) throws(EvaluationError) -> Configuration {
        let problem = problem(limits)
        let optimum = ranking.optimum(problem)
        let answer: Problem.Observation?
        var profiled: [Problem.Observation] = []
        switch prepared {
        case .optimum: answer = optimum
        case .search(let make):
            var played = PlayedTable(table, strategy: strategy.name)
            answer = try played.answer(of: make(problem))
            profiled = played.observed.all
        case .surveyed(let answers, let played):
            answer = try played.measured(answers.answer(problem))
            profiled = played.observed.all
        }
        let over = profiled.filter { $0.powerWatts > limits.budgetWatts }
        return Configuration(
            limits: limits, answer: answer.map(problem.choice),
            violations: answer.map(problem.violations) ?? Violations(), optimum: optimum.map(problem.choice),
            bestThroughput: ranking.bestThroughput(problem), fluidThroughput: ranking.fluidThroughput(problem),
            profiles: profiled.count, overBudgetProfiles: over.count,
            overBudgetWattSeconds: over.reduce(0) { $0 + problem.wattSecondsOverBudget($1) })
    }
}
