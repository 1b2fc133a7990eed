import MeasuredData
import Policy
import Testing

/// GMD and the optimum of all configurations against the result tables of the Fulcrum authors, row by row, and the figures of
/// the papers from them.
@Suite(.enabled(if: MeasuredData.folder != nil, Comment(rawValue: MeasuredData.absence)))
struct AuthorsGMDTests {
    struct Expected: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let solvable: Int
        let solved: Int
        let median: (value: Double, places: Int)
        let mean: Double
        /// Profiles by the authors' count, and the points really profiled.
        let tries: (mean: Double, max: Double)
        let profiled: (mean: Double, max: Double)
    }

    static let trainTables = [
        Expected(
            testDescription: "resnet18", solvable: 36, solved: 36, median: (8.85, 2), mean: 19.6, tries: (9.5, 11),
            profiled: (9.5, 11)),
        Expected(
            testDescription: "mobilenetv3", solvable: 36, solved: 36, median: (3.40, 2), mean: 20.4, tries: (9.1, 10),
            profiled: (9.1, 10)),
    ]

    @Test(arguments: trainTables) func everyTrainRowIsEqual(expected: Expected) throws {
        let table = try MeasuredData.trainingTable(expected.testDescription).restricted(to: .orinAGX441)
        let measured = Observed(table.rows)
        let authors = try AuthorsTable("gmd-train-\(expected.testDescription)")
        try #require(authors.count == 41)
        var (mismatches, excess, tries, profiled) = (Mismatches(), Figures(), Figures(), Figures())
        var solvable = 0
        for row in authors.rows {
            let problem = TrainProblem(budgetWatts: try row.value("power_budget"))
            let search = GMD.Train(grid: table.grid, problem: problem)
            let (trace, profiles) = try trace(0, search, measured) { search.trace(observed: $0) }
            let optimum = problem.optimum(over: table.rows)
            let answer = trace.answer
            // Rows without an answer are all zeros.
            mismatches.compare(row, "mode", answer?.mode, try row.mode("algo"))
            mismatches.compareMeasured(row, "time", answer?.minibatchMilliseconds ?? 0, try row.value("algo_time"))
            mismatches.compareMeasured(row, "power", answer?.powerWatts ?? 0, try row.value("algo_power"))
            mismatches.compare(
                row, "num_pwds", answer == nil ? 0 : Double(trace.walkedModes), try row.value("num_pwds"))
            mismatches.compare(
                row, "visited_dim", answer == nil ? 0 : Double(trace.visitedDimensions), try row.value("visited_dim"))
            mismatches.compare(row, "optimal mode", optimum?.mode, try row.mode("optimal"))
            mismatches.compareMeasured(
                row, "optimal time", optimum?.minibatchMilliseconds ?? 0, try row.value("optim_time"))
            mismatches.compareMeasured(row, "optimal power", optimum?.powerWatts ?? 0, try row.value("optim_power"))
            guard let optimum else { continue }
            solvable += 1
            guard let answer else { continue }
            excess.add((answer.minibatchMilliseconds / optimum.minibatchMilliseconds - 1) * 100)
            tries.add(Double(trace.walkedModes))
            profiled.add(Double(profiles))
        }
        mismatches.expectNone(least: 8 * 41)
        expect(expected, solvable, excess, solved: excess.count, tries, profiled)
    }

    static let inferTables = [
        Expected(
            testDescription: "resnet50", solvable: 4041, solved: 3570, median: (5.1, 1), mean: 10.5, tries: (9.7, 16),
            profiled: (11.4, 18)),
        Expected(
            testDescription: "mobilenetv3", solvable: 4297, solved: 3905, median: (7.4, 1), mean: 7.4, tries: (9.7, 16),
            profiled: (11.5, 18)),
        Expected(
            testDescription: "lstm", solvable: 5291, solved: 5289, median: (0, 1), mean: 21.6, tries: (10.2, 12),
            profiled: (10.2, 12)),
    ]

    @Test(arguments: inferTables) func everyInferRowIsEqual(expected: Expected) throws {
        let table = try MeasuredData.inferenceTable(expected.testDescription)
        let grid = try #require(InferenceGrid(modes: table.grid, minibatches: table.minibatches))
        // The best feasible row is the first feasible one of the rows from best to worst, an order that no limit changes.
        let anyProblem = InferProblem(budgetWatts: 0, latencySeconds: 0, ratePerSecond: 1)
        let ranked = table.rows.sorted(by: anyProblem.precedes)
        let measured = Observed(table.rows)
        let authors = try AuthorsTable("gmd-infer-\(expected.testDescription)")
        try #require(authors.count == 5_863)
        var (mismatches, excess, tries, profiled) = (Mismatches(), Figures(), Figures(), Figures())
        var solvable = 0
        for (index, row) in authors.rows.enumerated() {
            let problem = InferProblem(
                budgetWatts: try row.value("power_budget"), latencySeconds: try row.value("time_budget"),
                ratePerSecond: try row.value("arr_rate"))
            let search = GMD.Infer(grid: grid, problem: problem)
            let (trace, profiles) = try trace(index, search, measured) { search.trace(observed: $0) }
            let optimum = ranked.first(where: problem.isFeasible)
            if index % 97 == 0 { #expect(problem.optimum(over: table.rows) == optimum) }
            let shown = trace.answer ?? placeholder(trace.visits, problem)
            mismatches.compare(row, "soln_algo", trace.answer == nil ? 0 : 1, try row.value("soln_algo"))
            mismatches.compare(row, "mode", shown?.mode, try row.mode("algo"))
            mismatches.compare(row, "bs", Double(shown?.point.minibatch ?? 0), try row.value("bs_algo"))
            mismatches.compareMeasured(row, "time", shown?.minibatchMilliseconds, try row.value("algo_time"))
            mismatches.compareMeasured(row, "power", shown?.powerWatts, try row.value("algo_power"))
            mismatches.compare(row, "num_pwds", Double(trace.walkedModes), try row.value("num_pwds"))
            mismatches.compare(row, "visited_dim", Double(trace.visitedDimensions), try row.value("visited_dim"))
            mismatches.compare(row, "tries", Double(trace.authorsTries), try row.value("tries"))
            mismatches.compare(row, "soln_optimal", optimum == nil ? 0 : 1, try row.value("soln_optimal"))
            mismatches.compare(row, "optimal mode", optimum?.mode, try row.mode("optimal"))
            mismatches.compare(row, "optimal bs", Double(optimum?.point.minibatch ?? 0), try row.value("bs_optimal"))
            mismatches.compareMeasured(
                row, "optimal time", optimum?.minibatchMilliseconds ?? 0, try row.value("optim_time"))
            mismatches.compareMeasured(row, "optimal power", optimum?.powerWatts ?? 0, try row.value("optim_power"))
            tries.add(Double(trace.authorsTries))
            profiled.add(Double(profiles))
            guard let optimum else { continue }
            solvable += 1
            guard let answer = trace.answer else { continue }
            excess.add((answer.minibatchMilliseconds / optimum.minibatchMilliseconds - 1) * 100)
        }
        mismatches.expectNone(least: 13 * 5_863)
        expect(expected, solvable, excess, solved: excess.count, tries, profiled)
    }

    /// What the authors write where they have no answer: the fastest visited mode over the budget, else the fastest visited.
    private func placeholder(_ visits: [GMD.Visit<InferenceObservation>], _ problem: InferProblem)
        -> InferenceObservation?
    {
        let walked = visits.filter(\.reason.isOfWalk).compactMap(\.observation)
        let over = walked.filter { $0.powerWatts > problem.budgetWatts }
        return (over.isEmpty ? walked : over).min(by: problem.precedes)
    }

    static let pairTables = [
        Expected(
            testDescription: "resnet18+mobilenetv3", solvable: 5520, solved: 5425, median: (7.7, 1), mean: 15.0,
            tries: (13.7, 25), profiled: (13.8, 25)),
        Expected(
            testDescription: "mobilenetv3+mobilenetv3", solvable: 5626, solved: 5523, median: (0, 1), mean: 11.5,
            tries: (13.8, 25), profiled: (13.7, 25)),
        Expected(
            testDescription: "mobilenetv3+lstm", solvable: 5760, solved: 5760, median: (0, 1), mean: 15.0,
            tries: (12.3, 25), profiled: (12.3, 25)),
    ]

    /// Against the largest throughput of any feasible point, where the table above compares with the window's optimum, %.
    static let throughputLoss: [String: (median: Double, mean: Double)] = [
        "resnet18+mobilenetv3": (10.0, 15.7), "mobilenetv3+mobilenetv3": (0, 11.5), "mobilenetv3+lstm": (0, 15.0),
    ]

    @Test(arguments: pairTables) func everyPairRowIsEqual(expected: Expected) throws {
        let names = expected.testDescription.split(separator: "+").map(String.init)
        let table = try PairTable(
            inference: MeasuredData.inferenceTable(names[1]), background: MeasuredData.trainingTable(names[0]))
        let grid = try #require(InferenceGrid(modes: table.grid, minibatches: table.minibatches))
        try #require(grid.modes == .orinAGX441 && table.rows.count == grid.count)
        let measured = Observed(table.rows)
        let authors = try AuthorsTable("gmd-pair-\(expected.testDescription)")
        try #require(authors.count == 6_560)
        var (mismatches, loss, tries, profiled) = (Mismatches(), Figures(), Figures(), Figures())
        var lossOfThroughput = Figures()
        var (solvable, solved) = (0, 0)
        // The order from best to worst depends on rate and objective alone.
        var (rate, ranked, rankedByThroughput) = (Double.nan, table.rows, table.rows)
        for (index, row) in authors.rows.enumerated() {
            let problem = PairProblem(
                budgetWatts: try row.value("power_budget"), latencySeconds: try row.value("time_budget"),
                ratePerSecond: try row.value("arr_rate"))
            var throughput = problem
            throughput.objective = .throughput
            if rate != problem.ratePerSecond {
                rate = problem.ratePerSecond
                ranked = table.rows.sorted(by: problem.precedes)
                rankedByThroughput = table.rows.sorted(by: throughput.precedes)
            }
            let search = GMD.Pair(grid: grid, problem: problem)
            let (trace, profiles) = try trace(index, search, measured) { search.trace(observed: $0) }
            let optimum = ranked.first(where: problem.isFeasible)
            if index % 97 == 0 { #expect(problem.optimum(over: table.rows) == optimum) }
            for (suffix, ours) in [("algo", trace.answer), ("optim", optimum)] {
                mismatches.compare(row, "powermode_" + suffix, ours?.mode, try row.modeText("powermode_" + suffix))
                mismatches.compare(
                    row, "bs_" + suffix, ours.map { Double($0.point.minibatch) }, try row.number("bs_" + suffix))
                mismatches.compareMeasured(
                    row, "infer_time_" + suffix, ours?.inferenceMilliseconds, try row.number("infer_time_" + suffix))
                mismatches.compareMeasured(
                    row, "interleaved_power_" + suffix, ours?.powerWatts, try row.number("interleaved_power_" + suffix))
                mismatches.compare(
                    row, "num_train_batches_" + suffix,
                    ours.flatMap { problem.backgroundMinibatches($0) }.map(Double.init),
                    try row.number("num_train_batches_" + suffix))
            }
            mismatches.compare(row, "num_tries_algo", Double(trace.authorsTries), try row.value("num_tries_algo"))
            tries.add(Double(trace.authorsTries))
            profiled.add(Double(profiles))
            guard let optimum else { continue }
            solvable += 1
            guard let answer = trace.answer else { continue }
            solved += 1
            let reached = try #require(problem.backgroundPerSecond(answer))
            let best = try #require(problem.backgroundPerSecond(optimum))
            if best > 0 { loss.add((1 - reached / best) * 100) }
            let largest = try #require(
                rankedByThroughput.first(where: throughput.isFeasible).flatMap { throughput.backgroundPerSecond($0) })
            if largest > 0 { lossOfThroughput.add((1 - reached / largest) * 100) }
        }
        mismatches.expectNone(least: 11 * 6_560)
        let throughputLoss = try #require(Self.throughputLoss[expected.testDescription])
        #expect(Figures.rounded(lossOfThroughput.median, 1) == throughputLoss.median)
        #expect(Figures.rounded(lossOfThroughput.mean, 1) == throughputLoss.mean)
        expect(expected, solvable, loss, solved: solved, tries, profiled)
    }

    /// The whole way of a search, from all measurements at once: it does not matter which were there before, as the conformance
    /// tests show. Each tenth one is also played point by point.
    private func trace<Problem: PlanningProblem>(
        _ index: Int, _ search: any Search<Problem>, _ measured: Observed<Problem.Observation>,
        _ trace: (Observed<Problem.Observation>) -> GMD.Trace<Problem.Observation>
    ) throws -> (trace: GMD.Trace<Problem.Observation>, profiles: Int) {
        let all = trace(measured)
        let profiles = Set(all.visits.map(\.point)).count
        if index.isMultiple(of: 10) {
            let played = try #require(play(search) { measured[$0] })
            #expect(played.answer == all.answer && played.profiled.all.count == profiles)
            #expect(trace(played.profiled) == all)
        }
        return (all, profiles)
    }

    private func expect(
        _ expected: Expected, _ solvable: Int, _ excess: Figures, solved: Int, _ tries: Figures, _ profiled: Figures
    ) {
        #expect(solvable == expected.solvable && solved == expected.solved)
        #expect(Figures.rounded(excess.median, expected.median.places) == expected.median.value)
        #expect(Figures.rounded(excess.mean, 1) == expected.mean)
        #expect(Figures.rounded(tries.mean, 1) == expected.tries.mean && tries.max == expected.tries.max)
        #expect(
            Figures.rounded(profiled.mean, 1) == expected.profiled.mean && profiled.max == expected.profiled.max,
            "\(profiled.mean) \(profiled.max)")
    }
}
