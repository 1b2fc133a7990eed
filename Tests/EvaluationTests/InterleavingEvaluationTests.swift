import FoundationEssentials
import Policy
import Testing

@testable import Evaluation

@Suite struct InterleavingEvaluationTests {
    private func run(
        _ options: InterleavingOptions, _ strategy: Strategy<PairProblem> = Strategy(name: "optimum", .optimum),
        power: String, latency: String, rate: String, on table: PairTable, threads: Int = 1
    ) throws -> (summary: Summary, configurations: [Configuration]) {
        let limits = try SweptAxes.limits(
            power: SyntheticTables.axis(power), latencyMilliseconds: SyntheticTables.axis(latency),
            ratePerSecond: SyntheticTables.axis(rate))
        let evaluation = TableEvaluation(table: table, strategy: strategy, limits: limits, slices: options.slices) {
            options.problem($0, background: .training)
        }
        let configurations = try evaluation.run(threads: threads).configurations
        let subject = Subject(
            problem: "pair", strategy: strategy.name, train: "train.csv", infer: "infer.csv",
            objective: options.objective.rawValue, interleaving: options.interleaving.rawValue,
            sliceModes: options.modes.rawValue, switchMilliseconds: options.switchMilliseconds,
            modes: table.modeCount, points: table.rows.count, seed: 1)
        return (Summary(of: configurations, subject: subject, wallSeconds: 1), configurations)
    }

    /// An inference beside a training that likes other knobs.
    private func manyPoints() throws -> PairTable {
        let table = try SyntheticTables.manyPoints()
        let modes = table.rows.filter { $0.point.minibatch == 1 }.map(\.mode)
        let rows = modes.map { mode -> String in
            let speed = Double(mode.cores) / 12 + Double(3 * mode.cpuKHz) / 5 + Double(mode.gpuHz) / 15
            return "\(mode.cores),\(mode.cpuKHz),\(mode.gpuHz),\(mode.emcHz),\(80 / speed),"
                + "\(4 + 5 * speed + Double(2 * mode.gpuHz + mode.emcHz))\n"
        }
        return try PairTable(joining: table, SyntheticTables.training(rows.joined()))
    }

    @Test(arguments: PairProblem.Objective.allCases) func theOptimumWithSlackIsThatOfAllRows(
        objective: PairProblem.Objective
    ) throws {
        let table = try manyPoints()
        let options = try InterleavingOptions(interleaving: .slack, objective: objective)
        let (summary, configurations) = try run(
            options, power: "8..40/4", latency: "150..900/150", rate: "20..120/20", on: table)
        var (solved, beyond) = (0, 0)
        for configuration in configurations {
            let problem = options.problem(configuration.limits, background: .training)
            let expected = problem.optimum(over: table.rows)
            #expect(configuration.optimum == expected.map(problem.choice))
            #expect(
                configuration.bestThroughput
                    == table.rows.filter(problem.isFeasible).compactMap(problem.backgroundPerSecond).max())
            var papers = problem
            (papers.objective, papers.interleaving) = (.window, .floor)
            #expect(configuration.papersOptimum == papers.optimum(over: table.rows).map(papers.choice))
            if expected != nil { solved += 1 }
            if configuration.optimum?.tau != configuration.optimum?.tau?.rounded() { beyond += 1 }
        }
        #expect(solved > 100 && beyond > 50)
        #expect(summary.singleModeOptimum == nil)
        if objective == .throughput {
            let papers = try #require(summary.papersOptimum)
            #expect(papers.leastRatio ?? 0 >= 1 && papers.ratioOfSums ?? 0 > 1 && papers.compared == solved)
        }
    }

    @Test func theRobustOptimumWithSlackLeavesOutOddRows() throws {
        let rows = try manyPoints().rows
        let left = Set(rows.enumerated().filter { $0.offset % 3 == 0 }.map(\.element.point))
        let problem = PairProblem(
            budgetWatts: 30, latencySeconds: 0.4, ratePerSecond: 50, objective: .throughput, interleaving: .slack)
        let (all, robust) = Ranking(rows, unlimited: problem.unlimited, leftOut: left).best(problem)
        #expect(all.optimum == problem.optimum(over: rows))
        #expect(robust.optimum == problem.optimum(over: rows.filter { !left.contains($0.point) }))
        #expect(robust.optimum != all.optimum || all.optimum.map { !left.contains($0.point) } == true)
    }

    @Test func aModePerSliceIsNeverWorseAndNeverMoreThanTheBestPlan() throws {
        let table = try manyPoints()
        let cost = SwitchCost(.init(seconds: 0.002))
        let planner = SlicePlanner(table.rows, cost: cost)
        let options = try InterleavingOptions(interleaving: .slack, modes: .perSlice, switchMilliseconds: 2)
        #expect(options.objective == .throughput)
        let gmd = try StrategyOptions(.gmd).pair(on: table)
        let best = try run(options, power: "10..30/4", latency: "300..900/300", rate: "40..120/40", on: table)
        let searched = try run(
            options, gmd, power: "10..30/4", latency: "300..900/300", rate: "40..120/40", on: table, threads: 2)
        var moved = 0
        for (configuration, answered) in zip(best.configurations, searched.configurations) {
            let problem = options.problem(configuration.limits, background: .training)
            #expect(configuration.answer?.throughput == planner.plan(problem)?.backgroundPerSecond)
            #expect(configuration.answer == configuration.optimum && answered.optimum == configuration.optimum)
            #expect(configuration.singleModeOptimum == problem.optimum(over: table.rows).map(problem.choice))
            if let single = configuration.singleModeOptimum?.throughput {
                #expect(configuration.answer?.throughput ?? 0 >= single)
            }
            if let answer = answered.answer {
                #expect(answered.violations.isEmpty && answer.powerWatts <= configuration.limits.budgetWatts)
                #expect(answer.throughput ?? 0 <= (configuration.optimum?.throughput ?? 0) * (1 + 1e-12))
                #expect(answer.mode.cores == answer.backgroundMode?.cores)
            }
            if configuration.answer?.switchesPerSecond ?? 0 > 0 { moved += 1 }
        }
        #expect(moved > 5)
        let single = try #require(best.summary.singleModeOptimum)
        #expect(single.leastRatio ?? 0 >= 1 && single.ratioOfSums ?? 0 > 1)
        #expect(searched.configurations.contains { $0.answer != nil })
        // The summary says so for people and for scripts.
        #expect(best.summary.text.contains("modes per-slice, 2 ms a switch"))
        let json = try best.summary.json()
        #expect(json.contains("\"interleaving\" : \"slack\"") && json.contains("\"min_ratio\""))
    }

    @Test func theRowsNameBothModes() throws {
        let rows = [
            "4,1,1,1,10,390,12\n4,1,2,1,10,200,18\n", "4,1,1,1,100,19\n4,1,2,1,60,25\n",
        ]
        let table = try PairTable(
            joining: SyntheticTables.inference(rows[0]), SyntheticTables.training(rows[1]))
        let options = try InterleavingOptions(interleaving: .slack, modes: .perSlice, switchMilliseconds: 10)
        let (_, configurations) = try run(options, power: "20", latency: "2000", rate: "10", on: table)
        let fields = ConfigurationCSV.text(configurations).split(separator: "\n").map {
            $0.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        }
        let row = Dictionary(uniqueKeysWithValues: zip(fields[0], fields[1]))
        #expect(row["mode"] == "4_1_2_1" && row["background_mode"] == "4_1_1_1" && row["switches_per_second"] == "2")
        // 1 s of which 200 ms and two switches are the inference's: 7.8 minibatches of 100 ms; one mode has 6.1.
        #expect(Double(row["tau"] ?? "").map { abs($0 - 7.8) < 1e-9 } == true)
        #expect(row["papers_optimum_throughput"] == "6")
        #expect(Double(row["single_mode_optimum_throughput"] ?? "").map { abs($0 - 6.1) < 1e-9 } == true)
        let single = try run(
            InterleavingOptions(), power: "20", latency: "2000", rate: "10", on: table
        ).configurations
        #expect(ConfigurationCSV.text(single).contains(",,,6,\n"))
    }

    @Test func whatDoesNotGoTogetherIsRefused() throws {
        func refusal(_ make: () throws -> InterleavingOptions) -> String {
            do {
                _ = try make()
                return ""
            } catch {
                return "\(error)"
            }
        }
        #expect(refusal { try InterleavingOptions(modes: .perSlice) }.contains("needs --switch-ms"))
        #expect(refusal { try InterleavingOptions(switchMilliseconds: 5) }.contains("Add --modes per-slice"))
        #expect(refusal { try InterleavingOptions(knobs: .gpu) }.contains("Add --modes per-slice"))
        let window = refusal {
            try InterleavingOptions(objective: .window, modes: .perSlice, switchMilliseconds: 5)
        }
        #expect(window.contains("--objective throughput"))
        let odd = refusal { try InterleavingOptions(modes: .perSlice, switchMilliseconds: .nan) }
        #expect(odd.contains("finite"))
        #expect(throws: EvaluationError.self) { try MovingKnobs(parsing: "gpu,cores") }
        #expect(try MovingKnobs(parsing: "gpu,emc") == [.gpu, .emc])
        #expect(throws: EvaluationError.self) { try Interleaving(named: "greedy") }
        #expect(try SliceModeChoice(named: "per-slice") == .perSlice)
    }
}
