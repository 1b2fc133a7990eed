import FoundationEssentials
import Glibc
import Policy
import SystemCalls
import Testing

@testable import Evaluation

@Suite struct TrainEvaluationTests {
    private static let header = "cores,cpu,gpu,mem,observed_time,observed_power\n"

    /// Two GPU clocks: 1000 ms at 10 W, 500 ms at 20 W. GMD profiles the slow one and then probes the fast one.
    private func table() throws -> TrainingTable {
        try TrainingTable(
            parsing: [UInt8]((Self.header + "4,1,1,1,1000,10\n4,1,2,1,500,20\n").utf8), file: "two.csv")
    }

    private func run(_ strategy: TrainStrategy, _ power: String) throws -> (TrainSummary, [TrainConfiguration]) {
        let evaluation = TrainEvaluation(
            table: try table(), strategy: strategy, power: try Axis(parsing: power, name: "power"))
        let (configurations, wallSeconds) = try evaluation.run()
        #expect(wallSeconds >= 0)
        return (TrainSummary(of: configurations, evaluation: evaluation, seed: 9, wallSeconds: 0.5), configurations)
    }

    @Test func countsWhatProfilingDrawsOverTheBudget() throws {
        let (summary, configurations) = try run(.gmd, "5..20/5")
        #expect(configurations.map(\.answer?.minibatchMilliseconds) == [nil, 1000, 1000, 500])
        #expect(configurations.map(\.profiles) == [1, 2, 2, 2])
        #expect(configurations.map(\.overBudgetProfiles) == [1, 1, 1, 0])
        // 40 minibatches: 5 W x 40 s; 10 W x 20 s; 5 W x 20 s.
        #expect(configurations.map(\.overBudgetWattSeconds) == [200, 200, 100, 0])
        #expect(summary.overBudgetProfiles == 3 && summary.overBudgetWattSeconds == 500)
        #expect(summary.solvable == 3 && summary.solved == 3)
        #expect(summary.profiles?.mean == 2)
    }

    @Test func anAnswerOverTheBudgetIsAViolationAndHasNoExcess() {
        let mode = PowerMode(cores: 1, cpuKHz: 1, gpuHz: 1, emcHz: 1)
        let slow = TrainingObservation(mode: mode, minibatchMilliseconds: 200, powerWatts: 10)
        let over = TrainingObservation(mode: mode, minibatchMilliseconds: 50, powerWatts: 10.5)
        func configuration(_ answer: TrainingObservation?, _ optimum: TrainingObservation) -> TrainConfiguration {
            TrainConfiguration(
                budgetWatts: 10, answer: answer, optimum: optimum, profiles: 0, overBudgetProfiles: 0,
                overBudgetWattSeconds: 0)
        }
        #expect(configuration(over, slow).violatesPower && configuration(over, slow).excessPercent == nil)
        #expect(!configuration(slow, slow).violatesPower && configuration(slow, slow).excessPercent == 0)
        #expect(!configuration(nil, slow).violatesPower && configuration(nil, slow).excessPercent == nil)
    }

    @Test func aModeThatTheTableLacksIsAnErrorThatNamesIt() throws {
        let rows = "4,1,2,1,9,8\n4,2,1,1,9,8\n"
        let table = try TrainingTable(parsing: [UInt8]((Self.header + rows).utf8), file: "sparse.csv")
        let evaluation = TrainEvaluation(table: table, strategy: .gmd, power: try Axis(parsing: "20", name: "power"))
        let error = #expect(throws: EvaluationError.self) { try evaluation.run() }
        #expect(error?.description.contains("no row for the mode 4_1_1_1") == true)
    }

    @Test func unknownNamesListTheKnownOnes() {
        let strategy = #expect(throws: EvaluationError.self) { try TrainStrategy(named: "als") }
        #expect(strategy?.description == "There is no strategy \"als\" for train. Choose one of: optimum, gmd.")
        let grid = #expect(throws: EvaluationError.self) { try EvaluationGrid(named: "442") }
        #expect(grid?.description == "There is no grid \"442\". Choose one of: 441, all.")
    }

    @Test func aTableWithoutThe441ModesSaysHowToGoOn() throws {
        let table = try table()
        let error = #expect(throws: EvaluationError.self) { try EvaluationGrid.orinAGX441.applied(to: table) }
        #expect(error?.description.contains("--grid all") == true)
        #expect(try EvaluationGrid.all.applied(to: table).rows == table.rows)
    }

    @Test func rowsHaveTheContractsColumnsAndReadBackExactly() throws {
        let lines = TrainConfigurationCSV.text(try run(.gmd, "5..15/5").1).split(separator: "\n").map {
            $0.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        }
        #expect(
            lines[0].prefix(13) == [
                "power_w", "latency_ms", "rate", "mode", "minibatch", "time_ms", "power_measured_w", "tau",
                "throughput",
                "profiles", "optimum_time_ms", "optimum_throughput", "fluid_throughput",
            ])
        #expect(lines[1] == ["5", "", "", "", "", "", "", "", "", "1", "", "", "", "1", "200"])
        #expect(lines[2] == ["10", "", "", "4_1_1_1", "", "1000", "10", "", "1", "2", "1000", "1", "", "1", "200"])
        #expect(lines.allSatisfy { $0.count == lines[0].count })
    }

    @Test func jsonHasEveryKeyAlsoWithoutAnyAnswer() throws {
        struct Summary: Decodable {
            let problem, strategy, train: String
            let modes, seed, configurations, solvable, solved: Int
            let violations: [String: Int?]
            let excess_percent: [String: Double]?
            let profiles: [String: Double?]
            let over_budget_profiling: [String: Double]
            let wall_seconds: Double
        }
        let unsolved = try JSONDecoder().decode(Summary.self, from: Data(try run(.gmd, "5").0.json().utf8))
        #expect(unsolved.excess_percent == nil && unsolved.solved == 0 && unsolved.configurations == 1)
        #expect(unsolved.profiles == ["mean": nil, "max": nil])
        let solved = try JSONDecoder().decode(Summary.self, from: Data(try run(.gmd, "10..20/5").0.json().utf8))
        #expect(solved.problem == "train" && solved.strategy == "gmd" && solved.train == "two.csv")
        #expect(solved.modes == 2 && solved.seed == 9 && solved.wall_seconds == 0.5)
        #expect(solved.violations == ["power": 0, "latency": nil, "rate": nil])
        #expect(solved.excess_percent == ["median": 0, "mean": 0, "p95": 0, "max": 0])
        #expect(solved.over_budget_profiling == ["count": 2, "watt_seconds": 300, "minibatches_per_profile": 40])
    }

    @Test func textIsAlignedAndSaysWhatIsMissing() throws {
        let lines = try run(.gmd, "5").0.text.split(separator: "\n").map(String.init)
        #expect(lines.contains("solvable               0"))
        #expect(lines.contains("excess over optimum    none solved"))
        #expect(
            lines.contains { $0.hasPrefix("over-budget profiling  1 profiles, 200.0 W s (40 minibatches a profile") })
    }

    @Test func filesAreReadAndWrittenOrTheErrorNamesThem() throws {
        let path = "/tmp/fulcrum-evaluation-\(getpid())-\(UInt32.random(in: 0 ... .max)).csv"
        defer { unlink(path) }
        try OutputFile.write(Self.header + String(repeating: "x", count: 1_000), to: path)
        try OutputFile.write(Self.header + "4,1,1,1,5,6\n", to: path)
        #expect(try TrainingTable(contentsOf: path).rows.map(\.powerWatts) == [6])
        // A device stays a device.
        try OutputFile.write("rows", to: "/dev/null")
        #expect(throws: EvaluationError.self) { try OutputFile.write("rows", to: "/dev/full") }

        let missing = #expect(throws: EvaluationError.self) { try TrainingTable(contentsOf: "/nonexistent/t.csv") }
        #expect(missing?.description.contains("/nonexistent/t.csv") == true)
        try OutputFile.write(Self.header + "4,1,1,1,5,oops\n", to: path)
        let damaged = #expect(throws: EvaluationError.self) { try TrainingTable(contentsOf: path) }
        #expect(damaged?.description.hasPrefix("\(path), line 2: ") == true)
    }
}
