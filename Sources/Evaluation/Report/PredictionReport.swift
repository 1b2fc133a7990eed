import Policy

/// The sections that compare models with measurements.
struct PredictionReport: Sendable {
    let seed: UInt64
    let runs: Int
    let threads: Int

    private static let modeCounts = [10, 20, 30, 50, 100]
    /// A table of fewer modes is no reference to learn from.
    private static let leastReferenceModes = 1_000
    private static let frontModes = 50

    private static func isReference(_ named: ReportTables.Named<TrainingTable>) -> Bool {
        named.table.rows.count >= leastReferenceModes
    }

    private static func isOther(
        _ reference: ReportTables.Named<TrainingTable>, than target: ReportTables.Named<TrainingTable>
    ) -> Bool {
        (reference.name, reference.board) != (target.name, target.board)
    }

    private static func modeCounts(of table: TrainingTable) -> [Int] {
        modeCounts.filter { $0 * 2 <= table.rows.count }
    }

    private static func hasFront(_ table: TrainingTable) -> Bool { table.rows.count >= frontModes * 2 }

    /// The steps that the sections advance.
    func progressSteps(_ tables: [ReportTables.Named<TrainingTable>]) -> Int {
        let references = tables.filter(Self.isReference)
        let networks = tables.reduce(references.count) { count, target in
            let sources = 1 + references.count { Self.isOther($0, than: target) }
            return count + sources * models(of: target.table)
        }
        let processes = tables.reduce(0) { count, target in
            count + (1 + references.count { Self.isOther($0, than: target) && $0.differs(from: target) })
                * models(of: target.table)
        }
        return networks * ModelTraining.progressSteps + processes
    }

    /// Models of one source.
    private func models(of table: TrainingTable) -> Int {
        Self.modeCounts(of: table).count * runs + (Self.hasFront(table) ? 1 : 0)
    }

    /// Errors against modes for each workload, then its fronts.
    func sections(
        _ tables: [ReportTables.Named<TrainingTable>], _ progress: ProgressBar
    ) throws(EvaluationError) -> [ReportPage.Section] {
        let schedule = TrainingSchedule.standard
        let references = tables.filter(Self.isReference)
        var models: [PowerTrainModel<PowerMode>] = []
        for reference in references {
            let rows = reference.table.rows
            models.append(
                try ModelTraining.model(
                    on: rows, from: nil, schedule: schedule.reference(points: rows.count), origin: reference.origin,
                    seed: seed, threads: threads, progress: progress))
        }
        var errors: [ReportPage.Element] = [
            .paragraph(
                "Mean absolute percentage error over the modes that were not profiled, median of \(runs) draws. PowerTrain's "
                    + "transfer starts from networks of the reference; from scratch, the same networks learn from the profiles alone. gp "
                    + "are Gaussian processes that start from the reference's measurements, or from nothing, and state intervals."
            )
        ]
        var fronts: [ReportPage.Element] = [
            .paragraph(
                "A model from \(Self.frontModes) profiled modes predicts all others. Of the modes that it holds for Pareto-optimal, what "
                    + "it predicts and what was measured, beside the front of all measurements. The table takes at each limit from "
                    + "17 to 50 W the mode that is fastest by prediction among those predicted within it.")
        ]
        for target in tables {
            let others = zip(references, models).filter { Self.isOther($0.0, than: target) }
            var sources = [PredictionSource.scratch]
            sources += others.map { .powertrain($0.0.title, $0.1) }
            sources.append(.gaussian(nil, []))
            sources += others.filter { $0.0.differs(from: target) }.map { .gaussian($0.0.title, [.table($0.0.table)]) }
            errors += try self.errors(target, sources, schedule, progress)
            fronts += try self.fronts(target, sources, schedule, progress)
        }
        return [
            ReportPage.Section(title: "Predictions from few profiles", elements: errors),
            ReportPage.Section(title: "Predicted and measured Pareto fronts", elements: fronts),
        ]
    }

    private func errors(
        _ target: ReportTables.Named<TrainingTable>, _ sources: [PredictionSource],
        _ schedule: TrainingSchedule, _ progress: ProgressBar
    ) throws(EvaluationError) -> [ReportPage.Element] {
        let counts = Self.modeCounts(of: target.table)
        guard !counts.isEmpty else { return [] }
        var time: [Chart.Series] = []
        var power: [Chart.Series] = []
        var rows: [[String]] = []
        var coverage: [[String]] = []
        for (style, source) in sources.enumerated() {
            let evaluation = try PredictEvaluation(
                table: target.table, method: source.method, references: source.references, modeCounts: counts,
                runs: runs,
                seed: seed, schedule: schedule)
            let results = try evaluation.results(from: source.base, threads: threads, progress: progress)
            func medians(_ value: (PredictEvaluation.Run) -> Double?) -> [(x: Double, y: Double)] {
                counts.compactMap { count in
                    Distribution(results.filter { $0.modes == count }.compactMap(value)).map {
                        (Double(count), $0.median)
                    }
                }
            }
            let (times, powers) = (medians(\.timePercent), medians(\.powerPercent))
            time.append(Chart.Series(name: source.label, mark: .line, points: times, style: style))
            power.append(Chart.Series(name: source.label, mark: .line, points: powers, style: style))
            rows.append([source.label] + zip(times, powers).map { "\(fixed($0.y, 1)) / \(fixed($1.y, 1))" })
            let (timesInside, powersInside) = (medians(\.coveragePercent?.time), medians(\.coveragePercent?.power))
            guard !timesInside.isEmpty else { continue }
            coverage.append(
                [source.label]
                    + zip(timesInside, powersInside).map { "\(fixed($0.y, 0)) / \(fixed($1.y, 0))" })
        }
        let name = target.title
        return [
            .table(
                ReportPage.Table(
                    caption: "\(name), \(target.table.rows.count) modes: error of time / power, %",
                    header: ["Model"] + counts.map { "\($0) modes" }, rows: rows)),
            .table(
                ReportPage.Table(
                    caption:
                        "\(name): times / powers inside the stated intervals of 90 %, percent of the modes that were not profiled",
                    header: ["Model"] + counts.map { "\($0) modes" }, rows: coverage)),
            .charts([
                Chart(
                    title: "\(name): error of the minibatch time", xLabel: "Profiled modes", yLabel: "Error, %",
                    xIsLogarithmic: true, series: time),
                Chart(
                    title: "\(name): error of the power", xLabel: "Profiled modes", yLabel: "Error, %",
                    xIsLogarithmic: true, series: power),
            ]),
        ]
    }

    private func fronts(
        _ target: ReportTables.Named<TrainingTable>, _ sources: [PredictionSource],
        _ schedule: TrainingSchedule, _ progress: ProgressBar
    ) throws(EvaluationError) -> [ReportPage.Element] {
        let table = target.table
        guard Self.hasFront(table) else { return [] }
        var generator = SeededGenerator(seed: seed)
        let profiled = generator.sample(Self.frontModes, of: table.rows)
        let measured = ParetoFront<TrainProblem>(table.rows).observations
        var charts: [Chart] = []
        var rows: [[String]] = []
        for source in sources {
            let predictions = try self.predictions(target, source, profiled, schedule, progress)
            let predicted = zip(table.rows, predictions).map { row, prediction in
                TrainingObservation(
                    mode: row.mode, minibatchMilliseconds: prediction.minibatchMilliseconds,
                    powerWatts: prediction.powerWatts)
            }
            let front = ParetoFront<TrainProblem>(predicted).observations
            func points(_ observations: [TrainingObservation]) -> [(x: Double, y: Double)] {
                observations.map { ($0.powerWatts, $0.minibatchMilliseconds) }.sorted { $0.0 < $1.0 }
            }
            charts.append(
                Chart(
                    title: "\(target.title), \(source.label)", xLabel: "Power, W",
                    yLabel: "Minibatch time, ms",
                    xIsLogarithmic: true, yIsLogarithmic: true,
                    series: [
                        Chart.Series(name: "measured front", mark: .steps, points: points(measured), style: 0),
                        Chart.Series(
                            name: "predicted front, measured", mark: .points,
                            points: points(front.compactMap { table[$0.mode] }), style: 1),
                        Chart.Series(
                            name: "predicted front, predicted", mark: .points, points: points(front), style: 2),
                    ]))
            rows.append([source.label] + limitRow(LimitOutcome(predicted: predicted, table: table)))
        }
        return [
            .table(
                ReportPage.Table(
                    caption: "\(target.title): answers by prediction at 17 to 50 W",
                    header: [
                        "Model", "time over the optimum, median %", "over the limit, % of answers",
                        "over by more than 1 W, %",
                        "power over the limit, mean W",
                    ], rows: rows)),
            .charts(charts),
        ]
    }

    private func predictions(
        _ target: ReportTables.Named<TrainingTable>, _ source: PredictionSource, _ profiled: [TrainingObservation],
        _ schedule: TrainingSchedule, _ progress: ProgressBar
    ) throws(EvaluationError) -> [Prediction] {
        let modes = target.table.rows.map(\.mode)
        if source.method == .gp {
            defer { progress.advance() }
            return GaussianPredictor(
                observations: profiled, references: source.references.map(\.workload), grid: target.table.grid
            ).predict(modes)
        }
        return try ModelTraining.model(
            on: profiled, from: source.base, schedule: schedule.ofFewProfiles(points: profiled.count),
            origin: target.origin, seed: seed, threads: threads, progress: progress
        ).predict(modes)
    }

    private func limitRow(_ outcome: LimitOutcome) -> [String] {
        [
            outcome.excessPercent.map { fixed($0.median, 2) } ?? "-", fixed(outcome.overLimitPercent, 1),
            fixed(outcome.overLimitByWattPercent, 1), fixed(outcome.meanWattsOver, 2),
        ]
    }
}

extension ReportTables.Named<TrainingTable> {
    /// Whether this is no copy of `target`, from which nothing could be learned but the answer.
    fileprivate func differs(from target: Self) -> Bool { Reference.table(table).differs(from: target.table) }

    fileprivate var origin: ModelOrigin {
        ModelOrigin(workload: name, board: board, source: table.file, date: "")
    }
}
