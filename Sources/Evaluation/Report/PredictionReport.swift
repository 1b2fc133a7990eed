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

    /// Errors against modes for each workload, then its fronts.
    func sections(
        _ tables: [ReportTables.Named<TrainingTable>]
    ) throws(EvaluationError) -> [ReportPage.Section] {
        let schedule = try TrainingSchedule(.standard, steps: nil)
        let references = tables.filter { $0.table.rows.count >= Self.leastReferenceModes }
        var models: [PowerTrainModel<PowerMode>] = []
        for reference in references {
            models.append(
                try ModelTraining.model(
                    on: reference.table.rows, schedule: schedule,
                    origin: ModelOrigin(
                        workload: reference.name, board: reference.board, source: reference.table.file, date: ""),
                    seed: seed, threads: threads))
        }
        var errors: [ReportPage.Element] = [
            .paragraph(
                "Mean absolute percentage error over the modes that were not profiled, median of \(runs) draws. PowerTrain's "
                    + "transfer starts from networks of the reference; from scratch, the same networks learn from the profiles alone."
            )
        ]
        var fronts: [ReportPage.Element] = [
            .paragraph(
                "A model from \(Self.frontModes) profiled modes predicts all others. Of the modes that it holds for Pareto-optimal, what "
                    + "it predicts and what was measured, beside the front of all measurements. The table takes at each limit from "
                    + "17 to 50 W the mode that is fastest by prediction among those predicted within it.")
        ]
        for target in tables {
            var sources: [(label: String, base: PowerTrainModel<PowerMode>?)] = [("from scratch", nil)]
            for (reference, model) in zip(references, models)
            where (reference.name, reference.board) != (target.name, target.board) {
                sources.append(("powertrain from \(reference.name) (\(reference.board))", model))
            }
            errors += try self.errors(target, sources, schedule)
            fronts += try self.fronts(target, sources, schedule)
        }
        return [
            ReportPage.Section(title: "Predictions from few profiles", elements: errors),
            ReportPage.Section(title: "Predicted and measured Pareto fronts", elements: fronts),
        ]
    }

    private func errors(
        _ target: ReportTables.Named<TrainingTable>, _ sources: [(label: String, base: PowerTrainModel<PowerMode>?)],
        _ schedule: TrainingSchedule
    ) throws(EvaluationError) -> [ReportPage.Element] {
        let counts = Self.modeCounts.filter { $0 * 2 <= target.table.rows.count }
        guard !counts.isEmpty else { return [] }
        var time: [Chart.Series] = []
        var power: [Chart.Series] = []
        var rows: [[String]] = []
        for (style, (label, base)) in sources.enumerated() {
            let evaluation = try PredictEvaluation(
                table: target.table, method: base == nil ? .scratch : .powertrain, reference: base.map { .model($0) },
                modeCounts: counts, runs: runs, seed: seed, schedule: schedule)
            let results = try evaluation.run(threads: threads).runs
            func medians(_ value: (PredictEvaluation.Run) -> Double) -> [(x: Double, y: Double)] {
                counts.compactMap { count in
                    Distribution(results.filter { $0.modes == count }.map(value)).map { (Double(count), $0.median) }
                }
            }
            let (times, powers) = (medians(\.timePercent), medians(\.powerPercent))
            time.append(Chart.Series(name: label, mark: .line, points: times, style: style))
            power.append(Chart.Series(name: label, mark: .line, points: powers, style: style))
            rows.append([label] + zip(times, powers).map { "\(fixed($0.y, 1)) / \(fixed($1.y, 1))" })
        }
        let name = "\(target.name) (\(target.board))"
        return [
            .table(
                ReportPage.Table(
                    caption: "\(name), \(target.table.rows.count) modes: error of time / power, %",
                    header: ["Model"] + counts.map { "\($0) modes" }, rows: rows)),
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
        _ target: ReportTables.Named<TrainingTable>, _ sources: [(label: String, base: PowerTrainModel<PowerMode>?)],
        _ schedule: TrainingSchedule
    ) throws(EvaluationError) -> [ReportPage.Element] {
        let table = target.table
        guard table.rows.count >= Self.frontModes * 2 else { return [] }
        var generator = SeededGenerator(seed: seed)
        let profiled = generator.sample(Self.frontModes, of: table.rows)
        let measured = ParetoFront<TrainProblem>(table.rows).observations
        var charts: [Chart] = []
        var rows: [[String]] = []
        for (label, base) in sources {
            let model = try model(target, profiled, base, schedule)
            let predicted = zip(table.rows, model.predict(table.rows.map(\.mode))).map { row, prediction in
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
                    title: "\(target.name) (\(target.board)), \(label)", xLabel: "Power, W",
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
            rows.append([label] + limitRow(LimitOutcome(predicted: predicted, table: table)))
        }
        return [
            .table(
                ReportPage.Table(
                    caption: "\(target.name) (\(target.board)): answers by prediction at 17 to 50 W",
                    header: [
                        "Model", "time over the optimum, median %", "over the limit, % of answers",
                        "over by more than 1 W, %",
                        "power over the limit, mean W",
                    ], rows: rows)),
            .charts(charts),
        ]
    }

    private func model(
        _ target: ReportTables.Named<TrainingTable>, _ profiled: [TrainingObservation],
        _ base: PowerTrainModel<PowerMode>?, _ schedule: TrainingSchedule
    ) throws(EvaluationError) -> PowerTrainModel<PowerMode> {
        let seeds = ModelTraining.seeds(of: seed)
        let networks = try ParallelMap.map(count: 2, threads: threads) {
            index throws(EvaluationError) -> TrainedNetwork in
            try ModelTraining.network(
                PowerTrain.Quantity.allCases[index], on: profiled, from: base,
                schedule: schedule.ofFewProfiles(points: profiled.count), seed: seeds[index], progress: nil)
        }
        let origin = ModelOrigin(workload: target.name, board: target.board, source: target.table.file, date: "")
        let model = PowerTrainModel<PowerMode>(
            time: networks[0], power: networks[1], origin: origin, points: profiled.count, seed: seed)
        guard let model else { throw EvaluationError("The networks do not fit a power mode. Report this fault.") }
        return model
    }

    private func limitRow(_ outcome: LimitOutcome) -> [String] {
        [
            outcome.excessPercent.map { fixed($0.median, 2) } ?? "-", fixed(outcome.overLimitPercent, 1),
            fixed(outcome.overLimitByWattPercent, 1), fixed(outcome.meanWattsOver, 2),
        ]
    }
}

/// How answers by prediction do at power limits of 17 to 50 W, PowerTrain's measures (arXiv 2407.13944): time against the optimum,
/// and how often and how far the measured power is over the limit.
struct LimitOutcome {
    /// Minibatch time over that of the optimum, percent, of all answers: one that breaks the limit can be below 0.
    let excessPercent: Distribution?
    /// Answers whose measured power is over the limit, percent.
    let overLimitPercent: Double
    /// Answers that are over it by more than 1 W, percent.
    let overLimitByWattPercent: Double
    /// Watts over the limit, 0 where it is kept, mean of all answers: the area over the limit per limit of 1 W.
    let meanWattsOver: Double

    /// Takes a prediction of each mode of `table`.
    init(predicted: [TrainingObservation], table: TrainingTable) {
        var excess: [Double] = []
        var over: [Double] = []
        for limit in 17...50 {
            let problem = TrainProblem(budgetWatts: Double(limit))
            guard let answer = problem.optimum(over: predicted).flatMap({ table[$0.mode] }),
                let optimum = problem.optimum(over: table.rows)
            else { continue }
            excess.append((answer.minibatchMilliseconds / optimum.minibatchMilliseconds - 1) * 100)
            over.append(max(0, answer.powerWatts - Double(limit)))
        }
        let count = Double(max(1, over.count))
        excessPercent = Distribution(excess)
        overLimitPercent = Double(over.count { $0 > 0 }) / count * 100
        overLimitByWattPercent = Double(over.count { $0 > 1 }) / count * 100
        meanWattsOver = over.reduce(0, +) / count
    }
}
