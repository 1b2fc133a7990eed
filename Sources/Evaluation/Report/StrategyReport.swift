import Policy

/// The sections that compare strategies.
struct StrategyReport: Sendable {
    let tables: ReportTables
    let sweep: ReportSweep
    let seed: UInt64
    let threads: Int
    let progress: ProgressBar

    /// A strategy on a table counts for less than a model, which has `ModelTraining.progressSteps`.
    private static let entrySteps = 25

    /// The steps that all sections advance.
    static func progressSteps(_ tables: ReportTables) -> Int {
        (tables.training.count + tables.inference.count + tables.pairCount) * StrategyEntry.all.count * entrySteps
    }

    /// Training alone, up to 50 W.
    func train() throws(EvaluationError) -> ReportPage.Section {
        var elements: [ReportPage.Element] = [
            .paragraph(
                "Fastest training minibatch within a power budget of 10 to 50 W, or up to what the board can draw, in steps of 1 W."
            )
        ]
        for named in tables.training {
            let table = gridded(named.table) { grid throws(EvaluationError) in try grid.applied(to: named.table) }
            if let reason = ReportTables.gap(in: table, minibatches: 1) {
                elements.append(leftOut(named.title, reason))
                continue
            }
            let limits = try budgets(of: table)
            let references = tables.references(on: named.board, besides: [table.file]) { $0.differs(from: named.table) }
            let results = try evaluate(isTraining: true, modes: table.grid.count, references) {
                options, threads throws(EvaluationError) in
                let evaluation = TableEvaluation(
                    table: table, strategy: try options.train(on: table), limits: limits
                ) { TrainProblem(budgetWatts: $0.budgetWatts) }
                let subject = Subject(
                    problem: TrainProblem.name, strategy: options.name.rawValue, train: table.file,
                    modes: table.rows.count, points: table.rows.count, seed: seed)
                return try summary(evaluation, subject, threads)
            }
            elements += comparison("\(named.title), \(table.rows.count) modes", results)
        }
        return ReportPage.Section(title: "Training alone", elements: elements)
    }

    /// Inference alone.
    func infer() throws(EvaluationError) -> ReportPage.Section {
        let limits = try sweep.infer.limits()
        var elements: [ReportPage.Element] = [
            .paragraph(
                "Fastest inference minibatch within a power and a latency budget at an arrival rate: \(sweep.infer.text)."
            )
        ]
        for named in tables.inference {
            let table = gridded(named.table) { grid throws(EvaluationError) in try grid.applied(to: named.table) }
            if let reason = ReportTables.gap(in: table, minibatches: table.minibatches.count) {
                elements.append(leftOut(named.title, reason))
                continue
            }
            let references = tables.references(on: named.board, besides: [table.file]) { $0.differs(from: named.table) }
            let results = try evaluate(isTraining: false, modes: table.modeCount, references) {
                options, threads throws(EvaluationError) in
                let evaluation = TableEvaluation(
                    table: table, strategy: try options.infer(on: table), limits: limits, problem: InferProblem.init)
                let subject = Subject(
                    problem: InferProblem.name, strategy: options.name.rawValue, infer: table.file,
                    modes: table.modeCount, points: table.rows.count, seed: seed)
                return try summary(evaluation, subject, threads)
            }
            elements += comparison("\(named.title), \(table.rows.count) points", results)
        }
        return ReportPage.Section(title: "Inference alone", elements: elements)
    }

    /// Each training beside each inference of the same board.
    func pair(_ pairs: [ReportPair]) throws(EvaluationError) -> ReportPage.Section {
        let limits = try sweep.pair.limits()
        var elements: [ReportPage.Element] = [
            .paragraph(
                "Most training minibatches per window of one inference minibatch, in one power mode: \(sweep.pair.text). Lost throughput "
                    + "is against the optimum of that objective, and against the fluid limit, which no order of minibatches in one "
                    + "power mode can exceed.")
        ]
        for pair in pairs {
            let table: PairTable
            switch pair.table {
            case .success(let joined): table = joined
            case .failure(let error):
                elements.append(leftOut(pair.title, error.description))
                continue
            }
            let results = try evaluate(isTraining: false, modes: table.modeCount, tables.references(of: pair, table)) {
                options, threads throws(EvaluationError) in
                let evaluation = TableEvaluation(
                    table: table, strategy: try options.pair(on: table), limits: limits
                ) { PairProblem($0, objective: .window, background: .training) }
                let subject = Subject(
                    problem: PairProblem.name, strategy: options.name.rawValue, train: pair.training.table.file,
                    infer: pair.inference.table.file, objective: PairProblem.Objective.window.rawValue,
                    modes: table.modeCount, points: table.rows.count, seed: seed)
                return try summary(evaluation, subject, threads)
            }
            elements += comparison(pair.title, results)
        }
        return ReportPage.Section(title: "Training beside inference", elements: elements)
    }

    /// The papers' budgets of 10 to 50 W; where the board cannot draw as much, those of its own range.
    private func budgets(of table: TrainingTable) throws(EvaluationError) -> [Limits] {
        let watts = table.rows.map(\.powerWatts)
        guard let least = watts.min(), let most = watts.max(), most < 40 else {
            return SweptAxes.limits(power: try Axis(parsing: "10..50/1", name: "power"))
        }
        let last = Int(most.rounded(.up))
        return SweptAxes.limits(power: try Axis(parsing: "\(min(10, Int(least)))..\(last)/1", name: "power"))
    }

    /// The part of a table on the papers' grid; the whole table where it does not have that.
    private func gridded<Table>(
        _ table: Table, _ apply: (EvaluationGrid) throws(EvaluationError) -> Table
    ) -> Table {
        (try? apply(.orinAGX441)) ?? table
    }

    /// What stands in place of a comparison.
    private func leftOut(_ title: String, _ reason: String) -> ReportPage.Element {
        progress.advance(by: StrategyEntry.all.count * Self.entrySteps)
        return .paragraph("\(title): left out. \(reason)")
    }

    private func comparison(_ title: String, _ results: [StrategyComparison.Result]) -> [ReportPage.Element] {
        StrategyComparison(title: title, results: results).elements
    }

    /// The summaries, one per seed, of the strategies that are defined for the problem and do not ask for more modes than there
    /// are. `run` is told how many threads it may use: seeds run side by side.
    private func evaluate(
        isTraining: Bool, modes: Int, _ references: [Reference],
        _ run: @escaping @Sendable (StrategyOptions, _ threads: Int) throws(EvaluationError) -> Summary
    ) throws(EvaluationError) -> [StrategyComparison.Result] {
        var results: [StrategyComparison.Result] = []
        for entry in StrategyEntry.all {
            if entry.profiles ?? 0 <= modes, isTraining || !entry.name.isForTrainingAlone {
                let options = try entry.runs(seed: seed, references: references)
                let each = entry.draws ? 1 : threads
                results.append(
                    StrategyComparison.Result(
                        entry: entry,
                        summaries: try ParallelMap.map(count: options.count, threads: threads) {
                            index throws(EvaluationError) -> Summary in try run(options[index], each)
                        }))
            }
            progress.advance(by: Self.entrySteps)
        }
        return results
    }

    private func summary<Problem, Table>(
        _ evaluation: TableEvaluation<Problem, Table>, _ subject: Subject, _ threads: Int
    ) throws(EvaluationError) -> Summary {
        let (configurations, wallSeconds) = try evaluation.run(threads: threads)
        return Summary(
            of: configurations, subject: subject, wallSeconds: wallSeconds,
            rowsLeftOut: evaluation.robustRows.leftOutCount)
    }
}

extension ReportTables {
    /// What a search for a pair may start from.
    func references(of pair: ReportPair, _ table: PairTable) -> [Reference] {
        references(on: pair.training.board, besides: [pair.training.table.file, pair.inference.table.file]) {
            $0.differs(from: table)
        }
    }
}
