import MeasuredData
import Policy
import Testing

/// The baselines against the result tables of the Fulcrum authors, row by row, and the figures of the papers from them.
@Suite(.enabled(if: MeasuredData.folder != nil, Comment(rawValue: MeasuredData.absence)))
struct AuthorsBaselineTests {
    struct Expected: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let solved: Int
        let median: Double
        let mean: Double
    }

    private func expect(_ expected: Expected, solved: Int, _ excess: Figures) {
        #expect(solved == expected.solved)
        #expect(Figures.rounded(excess.median, 1) == expected.median, "\(excess.median)")
        #expect(Figures.rounded(excess.mean, 1) == expected.mean, "\(excess.mean)")
    }

    /// What a survey answers from after profiling its points.
    private func answers<Problem: PlanningProblem>(
        _ survey: FixedPoints<Problem>, _ measured: (Problem.Observation.Point) -> Problem.Observation?
    ) throws -> any Answers<Problem> {
        var observed = Observed<Problem.Observation>()
        while true {
            switch survey.next(observed: observed) {
            case .profile(let point): observed.record(try #require(measured(point)))
            case .failed(let reason): try #require(Bool(false), "\(reason)")
            case .finished(let answers):
                try #require(observed.all.count == survey.points.count)
                return answers
            }
        }
    }

    @Test(arguments: [
        Expected(testDescription: "resnet18", solved: 36, median: 10.6, mean: 18.1),
        Expected(testDescription: "mobilenetv3", solved: 36, median: 2.5, mean: 6.6),
    ]) func everyRowOfTheBinarySearchIsEqual(expected: Expected) throws {
        let table = try MeasuredData.trainingTable(expected.testDescription).restricted(to: .orinAGX441)
        let authors = try AuthorsTable("binary-search-train-\(expected.testDescription)")
        try #require(authors.count == 41)
        var (mismatches, excess) = (Mismatches(), Figures())
        for row in authors.rows {
            let problem = TrainProblem(budgetWatts: try row.value("power_budget"))
            let played = try #require(play(BinarySearch(grid: table.grid, problem: problem)) { table[$0] })
            let optimum = problem.optimum(over: table.rows)
            for (suffix, ours) in [("bs", played.answer), ("optim", optimum)] {
                mismatches.compare(row, suffix, ours?.mode, try row.mode(suffix))
                mismatches.compareMeasured(
                    row, suffix, ours?.minibatchMilliseconds ?? 0, try row.value("observed_time_" + suffix))
                mismatches.compareMeasured(
                    row, suffix, ours?.powerWatts ?? 0, try row.value("observed_power_" + suffix))
            }
            mismatches.compare(row, "num_pwds", Double(played.profiled.all.count), try row.value("num_pwds"))
            // The answer that the authors would fall back on, unprofiled, never occurs.
            let lowest = try #require(table[table.grid.lowest])
            #expect(played.answer != nil || lowest.powerWatts >= problem.budgetWatts)
            guard let answer = played.answer, let optimum else { continue }
            excess.add((answer.minibatchMilliseconds / optimum.minibatchMilliseconds - 1) * 100)
        }
        mismatches.expectNone(least: 7 * 41)
        expect(expected, solved: excess.count, excess)
    }

    @Test(arguments: [
        ("rnd10-nn250", 10, Expected(testDescription: "resnet18", solved: 35, median: 47.6, mean: 44.4)),
        ("rnd10-nn250", 10, Expected(testDescription: "mobilenetv3", solved: 36, median: 54.6, mean: 51.3)),
        ("rnd50-nn50", 50, Expected(testDescription: "resnet18", solved: 35, median: 14.8, mean: 15.2)),
        ("rnd50-nn50", 50, Expected(testDescription: "mobilenetv3", solved: 36, median: 8.5, mean: 11.0)),
    ]) func everyRowOfRandomTrainingModesIsEqual(file: String, count: Int, expected: Expected) throws {
        let table = try MeasuredData.trainingTable(expected.testDescription).restricted(to: .orinAGX441)
        let modes = try AuthorsTable.modes("random-modes-\(count)")
        let answers = try answers(FixedPoints<TrainProblem>(points: modes)) { table[$0] }
        let authors = try AuthorsTable("\(file)-train-\(expected.testDescription)")
        try #require(authors.count == 41 && modes.count == count)
        var (mismatches, excess) = (Mismatches(), Figures())
        for row in authors.rows {
            let problem = TrainProblem(budgetWatts: try row.value("power_budget"))
            let answer = answers.answer(problem)
            mismatches.compare(row, "mode", answer?.mode, try row.modeText("powermode_random"))
            mismatches.compareMeasured(
                row, "time", answer?.minibatchMilliseconds, try row.number("observed_time_random"))
            mismatches.compareMeasured(row, "power", answer?.powerWatts, try row.number("observed_power_random"))
            guard let answer, let optimum = problem.optimum(over: table.rows) else { continue }
            excess.add((answer.minibatchMilliseconds / optimum.minibatchMilliseconds - 1) * 100)
        }
        mismatches.expectNone(least: 3 * 41)
        expect(expected, solved: excess.count, excess)
    }

    @Test(arguments: [
        Expected(testDescription: "resnet50", solved: 3844, median: 7.0, mean: 10.5),
        Expected(testDescription: "mobilenetv3", solved: 4209, median: 0.6, mean: 1.8),
        Expected(testDescription: "lstm", solved: 5290, median: 10.3, mean: 9.4),
    ]) func everyRowOfRandomInferencePointsIsEqual(expected: Expected) throws {
        let table = try MeasuredData.inferenceTable(expected.testDescription)
        let modes = try AuthorsTable.modes("random-modes-50")
        let survey = FixedPoints<InferProblem>(modes: modes, minibatches: table.minibatches)
        let answers = try answers(survey) { table[$0] }
        let pool = survey.points.compactMap { table[$0] }
        let anyProblem = InferProblem(budgetWatts: 0, latencySeconds: 0, ratePerSecond: 1)
        let ranked = table.rows.sorted(by: anyProblem.precedes)
        let authors = try AuthorsTable("rnd-nn250-infer-\(expected.testDescription)")
        try #require(authors.count == 5_863 && modes.count == 50)
        var (mismatches, excess) = (Mismatches(), Figures())
        for row in authors.rows {
            let problem = InferProblem(
                budgetWatts: try row.value("power_budget"), latencySeconds: try row.value("time_budget"),
                ratePerSecond: try row.value("arr_rate"))
            let answer = answers.answer(problem)
            mismatches.compare(row, "soln_random", answer == nil ? 0 : 1, try row.value("soln_random"))
            // Rows without an answer hold the fastest over the budget, or of all if none is over.
            let over = answer == nil ? pool.filter { $0.powerWatts > problem.budgetWatts } : []
            let shown = answer ?? (over.isEmpty ? pool : over).min(by: problem.precedes)
            mismatches.compare(row, "mode", shown?.mode, try row.modeText("powermode_random"))
            mismatches.compare(row, "bs", shown.map { Double($0.point.minibatch) }, try row.number("bs_random"))
            mismatches.compareMeasured(
                row, "time", shown?.minibatchMilliseconds, try row.number("optim_time_random"))
            mismatches.compareMeasured(row, "power", shown?.powerWatts, try row.number("optim_power_random"))
            mismatches.compare(
                row, "flag",
                try keepsLimitsOfNetworkColumns(row, problem, time: "optim_time_nn", power: "optim_power_nn"),
                try row.text("flag") == "True")
            guard let answer, let optimum = ranked.first(where: problem.isFeasible) else { continue }
            excess.add((answer.minibatchMilliseconds / optimum.minibatchMilliseconds - 1) * 100)
        }
        mismatches.expectNone(least: 6 * 5_863)
        expect(expected, solved: excess.count, excess)
    }

    @Test(arguments: [
        Expected(testDescription: "resnet18+mobilenetv3", solved: 5466, median: 12.5, mean: 15.0),
        Expected(testDescription: "mobilenetv3+mobilenetv3", solved: 5626, median: 0, mean: 12.8),
        Expected(testDescription: "mobilenetv3+lstm", solved: 5760, median: 0, mean: 11.1),
    ]) func everyRowOfRandomPairPointsIsEqual(expected: Expected) throws {
        let names = expected.testDescription.split(separator: "+").map(String.init)
        let table = try PairTable(
            inference: MeasuredData.inferenceTable(names[1]), background: MeasuredData.trainingTable(names[0]))
        let modes = try AuthorsTable.modes("random-modes-50")
        let answers = try answers(FixedPoints<PairProblem>(modes: modes, minibatches: table.minibatches)) { table[$0] }
        let authors = try AuthorsTable("rnd50-nn250-pair-\(expected.testDescription)")
        try #require(authors.count == 6_560 && modes.count == 50)
        var (mismatches, loss, solved) = (Mismatches(), Figures(), 0)
        var (rate, ranked) = (Double.nan, table.rows)
        for row in authors.rows {
            let problem = PairProblem(
                budgetWatts: try row.value("power_budget"), latencySeconds: try row.value("time_budget"),
                ratePerSecond: try row.value("arr_rate"))
            if rate != problem.ratePerSecond {
                rate = problem.ratePerSecond
                ranked = table.rows.sorted(by: problem.precedes)
            }
            let answer = answers.answer(problem)
            mismatches.compare(row, "mode", answer?.mode, try row.modeText("powermode_random"))
            mismatches.compare(row, "bs", answer.map { Double($0.point.minibatch) }, try row.number("bs_random"))
            mismatches.compareMeasured(
                row, "time", answer?.inferenceMilliseconds, try row.number("infer_time_random"))
            mismatches.compareMeasured(row, "power", answer?.powerWatts, try row.number("interleaved_power_random"))
            mismatches.compare(
                row, "tau", answer.flatMap { problem.backgroundMinibatches($0) }.map(Double.init),
                try row.number("num_train_batches_random"))
            mismatches.compare(
                row, "flag",
                try keepsLimitsOfNetworkColumns(
                    row, problem.inference, time: "infer_time_nn", power: "interleaved_power_nn"),
                try row.text("flag") == "True")
            guard let answer, let optimum = ranked.first(where: problem.isFeasible) else { continue }
            solved += 1
            let reached = try #require(problem.backgroundPerSecond(answer))
            let best = try #require(problem.backgroundPerSecond(optimum))
            if best > 0 { loss.add((1 - reached / best) * 100) }
        }
        mismatches.expectNone(least: 6 * 6_560)
        expect(expected, solved: solved, loss)
    }

    /// The authors' `flag` for the answer of their network: false where it misses a limit by more than their tolerances, 1 W and
    /// 10 ms; true where there is no answer.
    private func keepsLimitsOfNetworkColumns(
        _ row: AuthorsTable.Row, _ problem: InferProblem, time: String, power: String
    ) throws -> Bool {
        guard let milliseconds = try row.number(time), let watts = try row.number(power),
            let size = try row.number("bs_nn")
        else { return true }
        let tolerant = InferProblem(
            budgetWatts: problem.budgetWatts + 1, latencySeconds: problem.latencySeconds + 0.01,
            ratePerSecond: problem.ratePerSecond)
        let point = InferencePoint(
            mode: PowerMode(cores: 1, cpuKHz: 1, gpuHz: 1, emcHz: 1), minibatch: Int(size))
        return tolerant.isFeasible(
            InferenceObservation(point: point, minibatchMilliseconds: milliseconds, powerWatts: watts))
    }
}
