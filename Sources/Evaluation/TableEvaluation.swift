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
    /// The rows whose optimum answers are compared with besides that of all rows.
    public let robustRows: RobustRows<Problem.Observation>
    private let slices: SliceModes<Problem>?
    private let problem: @Sendable (Limits) -> Problem

    /// Prepares a run and judges the rows of the table. `problem` poses the question of one configuration.
    ///
    /// With `slices` each workload's slices may have a mode of their own: the optimum is the best plan over all rows, and the
    /// strategy's answer the best plan over the points that it profiled.
    public init(
        table: Table, strategy: Strategy<Problem>, limits: [Limits], slices: SliceModes<Problem>? = nil,
        problem: @escaping @Sendable (Limits) -> Problem
    ) {
        self.table = table
        self.strategy = strategy
        self.limits = limits
        self.slices = slices
        self.problem = problem
        robustRows = RobustRows(table.rows)
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
    private struct Prepared: Sendable {
        var way: PreparedWay
        /// Plans over all rows, over those that are not odd, and over those that a survey profiled.
        var slices: SliceModes<Problem>.Planner?
        var robustSlices: SliceModes<Problem>.Planner?
        var surveyedSlices: SliceModes<Problem>.Planner?
    }

    private enum PreparedWay: Sendable {
        case optimum
        case search(@Sendable (Problem) -> any Search<Problem>)
        case surveyed(any Answers<Problem>, PlayedTable<Table>)
    }

    private func prepare() throws(EvaluationError) -> Prepared {
        var prepared = Prepared(way: try preparedWay())
        guard let slices else { return prepared }
        prepared.slices = slices.planner(table.rows)
        prepared.robustSlices = slices.planner(table.rows.filter { !robustRows.leftOut.contains($0.point) })
        if case .surveyed(_, let played) = prepared.way {
            prepared.surveyedSlices = slices.planner(played.observed.all)
        }
        return prepared
    }

    private func preparedWay() throws(EvaluationError) -> PreparedWay {
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
        let ranking = Ranking(table.rows, unlimited: item.unlimited, leftOut: robustRows.leftOut)
        let papers = item.unlimited.papers.flatMap { papers in
            papers == item.unlimited ? nil : Ranking(table.rows, unlimited: papers, leftOut: [])
        }
        var configurations: [Configuration] = []
        configurations.reserveCapacity(item.indices.count)
        for index in item.indices {
            configurations.append(try configuration(limits[index], prepared, ranking, papers))
            progress?.advance()
        }
        return configurations
    }

    private func configuration(
        _ limits: Limits, _ prepared: Prepared, _ ranking: Ranking<Problem>, _ papersRanking: Ranking<Problem>?
    ) throws(EvaluationError) -> Configuration {
        let problem = problem(limits)
        let (best, robust) = ranking.best(problem)
        let answer: Problem.Observation?
        var profiled: [Problem.Observation] = []
        var plan = prepared.slices?(problem)
        let optimum = plan
        switch prepared.way {
        case .optimum: answer = best.optimum
        case .search(let make):
            var played = PlayedTable(table, strategy: strategy.name)
            answer = try played.answer(of: make(problem))
            profiled = played.observed.all
            plan = slices?.planner(profiled)(problem)
        case .surveyed(let answers, let played):
            answer = try played.measured(answers.answer(problem))
            profiled = played.observed.all
            plan = prepared.surveyedSlices?(problem)
        }
        let over = profiled.filter { $0.powerWatts > limits.budgetWatts }
        var configuration = Configuration(
            limits: limits, answer: answer.map(problem.choice),
            violations: answer.map(problem.violations) ?? Violations(), optimum: best.optimum.map(problem.choice),
            bestThroughput: best.throughput, fluidThroughput: best.fluidThroughput,
            profiles: profiled.count, overBudgetProfiles: over.count,
            overBudgetWattSeconds: over.reduce(0) { $0 + problem.wattSecondsOverBudget($1) },
            papersOptimum: papersOptimum(problem, best, papersRanking),
            robust: RobustBest(
                optimum: robust.optimum.map(problem.choice), throughput: robust.throughput,
                fluidThroughput: robust.fluidThroughput,
                isAnswerLeftOut: answer.map { robustRows.leftOut.contains($0.point) } ?? false))
        guard slices != nil else { return configuration }
        configuration.plan(plan, optimum: optimum, robust: prepared.robustSlices?(problem), robustRows.leftOut)
        return configuration
    }

    private func papersOptimum(
        _ problem: Problem, _ best: Ranking<Problem>.Best, _ papersRanking: Ranking<Problem>?
    ) -> Choice? {
        guard let papers = problem.papers else { return nil }
        return papers == problem
            ? best.optimum.map(problem.choice) : papersRanking?.best(papers).all.optimum.map(papers.choice)
    }
}

extension Configuration {
    /// Puts plans with a mode per slice in the place of points. A plan that was made keeps all limits.
    fileprivate mutating func plan<Problem: EvaluatedProblem>(
        _ plan: SliceModes<Problem>.Planned?, optimum: SliceModes<Problem>.Planned?,
        robust: SliceModes<Problem>.Planned?, _ leftOut: Set<Problem.Observation.Point>
    ) {
        singleModeOptimum = self.optimum
        answer = plan?.choice
        violations = Violations(
            latency: violations.latency.map { _ in false }, rate: violations.rate.map { _ in false },
            nonUrgent: violations.nonUrgent.map { _ in false })
        self.optimum = optimum?.choice
        bestThroughput = optimum?.choice.throughput
        self.robust = RobustBest(
            optimum: robust?.choice, throughput: robust?.choice.throughput,
            fluidThroughput: self.robust?.fluidThroughput,
            isAnswerLeftOut: plan.map { $0.points.contains { leftOut.contains($0) } } ?? false)
    }
}
