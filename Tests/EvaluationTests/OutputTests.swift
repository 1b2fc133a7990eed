import FoundationEssentials
import Glibc
import Policy
import Testing

@testable import Evaluation

/// What scripts read: the columns of the CSV and the keys of the JSON.
@Suite struct OutputTests {
    private func fields(_ configurations: [Configuration]) -> [[String]] {
        ConfigurationCSV.text(configurations).split(separator: "\n").map {
            $0.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        }
    }

    @Test func theFirstColumnsAreThoseOfTheContract() {
        #expect(
            fields([])[0].prefix(13) == [
                "power_w", "latency_ms", "rate", "mode", "minibatch", "time_ms", "power_measured_w", "tau",
                "throughput",
                "profiles", "optimum_time_ms", "optimum_throughput", "fluid_throughput",
            ])
        #expect(
            fields([])[0].dropFirst(13) == [
                "over_budget_profiles", "over_budget_watt_seconds", "background_time_ms", "best_throughput",
                "violations", "robust_optimum_time_ms", "robust_optimum_throughput", "background_mode",
                "switches_per_second", "papers_optimum_throughput", "single_mode_optimum_throughput",
            ])
    }

    @Test func rowsOfEachProblemReadBackExactly() throws {
        let train = fields(try SyntheticTables.train(StrategyOptions(.gmd), "5..15/5").configurations)
        #expect(
            train[1] == [
                "5", "", "", "", "", "", "", "", "", "1", "", "", "", "1", "200", "", "", "", "", "", "", "", "", "",
            ])
        #expect(
            train[2] == [
                "10", "", "", "4_1_1_1", "", "1000", "10", "", "1", "2", "1000", "1", "", "1", "200", "", "", "",
                "1000", "1", "", "", "", "",
            ])
        let infer = fields(
            try SyntheticTables.infer(StrategyOptions(.optimum), power: "8.5", latency: "90", rate: "20").configurations
        )
        #expect(
            infer[1] == [
                "8.5", "90", "20", "4_1_1_1", "1", "40", "8", "", "", "0", "40", "", "", "0", "0", "", "", "", "40", "",
                "",
                "", "", "",
            ])
        let maxn = try StrategyOptions(.maxn).pair(on: SyntheticTables.pair())
        let pair = fields(
            try SyntheticTables.pair(maxn, power: "18..19/1", latency: "450", rate: "10").configurations)
        #expect(
            pair[1] == [
                "18", "450", "10", "4_1_2_1", "4", "50", "18", "14", "35", "2", "50", "35", "35", "0", "0", "25", "35",
                "", "50", "35", "", "", "35", "",
            ])
        #expect((train + infer + pair).allSatisfy { $0.count == 24 })
    }

    private struct Decoded: Decodable {
        let problem, strategy: String
        let train, infer, non_urgent, objective: String?
        let modes, points, seed, configurations, solvable, solved, violated: Int
        let violations: [String: Int?]
        let excess_percent, throughput_loss_percent, throughput_loss_to_best_percent: [String: Double]?
        let throughput_loss_to_fluid_percent: [String: Double]?
        let optimum_idle: Int?
        let profiles: [String: Double?]
        let over_budget_profiling: [String: Double?]
        let wall_seconds: Double
    }

    private func decoded(_ summary: Summary) throws -> Decoded {
        try JSONDecoder().decode(Decoded.self, from: Data(summary.json().utf8))
    }

    @Test func jsonOfATrainingHasEveryKeyAlsoWithoutAnyAnswer() throws {
        let unsolved = try decoded(SyntheticTables.train(StrategyOptions(.gmd), "5").summary)
        #expect(unsolved.excess_percent == nil && unsolved.solved == 0 && unsolved.configurations == 1)
        #expect(unsolved.profiles == ["mean": nil, "max": nil, "mean_of_all": 1, "max_of_all": 1])
        let solved = try decoded(SyntheticTables.train(StrategyOptions(.gmd), "10..20/5").summary)
        #expect(solved.problem == "train" && solved.strategy == "gmd" && solved.train == "train.csv")
        #expect(solved.infer == nil && solved.objective == nil && solved.optimum_idle == nil)
        #expect(solved.modes == 2 && solved.points == 2 && solved.seed == 9 && solved.wall_seconds == 0.5)
        #expect(solved.violations == ["power": 0, "latency": nil, "rate": nil, "non_urgent": nil])
        #expect(solved.excess_percent == ["median": 0, "mean": 0, "p95": 0, "max": 0])
        #expect(
            solved.over_budget_profiling == [
                "count": 2, "watt_seconds": 300, "minibatches_per_profile": 40, "share_percent": 2.0 / 6 * 100,
                "configurations": 2,
            ])
    }

    @Test func jsonOfAnInferenceAndOfAPair() throws {
        let infer = try decoded(
            SyntheticTables.infer(StrategyOptions(.maxn), power: "8..15/7", latency: "90", rate: "20").summary)
        #expect(infer.problem == "infer" && infer.infer == "infer.csv" && infer.train == nil)
        #expect(infer.modes == 2 && infer.points == 4 && infer.solvable == 2 && infer.solved == 2)
        // MAXN stays in the highest mode at 8 W too.
        #expect(infer.violations == ["power": 1, "latency": 0, "rate": 0, "non_urgent": nil])
        #expect(infer.excess_percent?["max"] == 0 && infer.throughput_loss_percent == nil)
        let maxn = try StrategyOptions(.maxn).pair(on: SyntheticTables.pair())
        let pair = try decoded(SyntheticTables.pair(maxn, power: "8..18/10", latency: "450", rate: "10").summary)
        #expect(pair.problem == "pair" && pair.objective == "window" && pair.train == "train.csv")
        #expect(pair.optimum_idle == 0 && pair.throughput_loss_percent?["mean"] == 0 && pair.excess_percent == nil)
        #expect(pair.throughput_loss_to_best_percent?["p95"] == 0)
        #expect(pair.throughput_loss_to_fluid_percent?["max"] == 0)
    }

    @Test func textIsAlignedAndSaysWhatIsMissing() throws {
        let lines = try SyntheticTables.train(StrategyOptions(.gmd), "5").summary.text.split(separator: "\n")
        #expect(lines.contains("solvable               0"))
        #expect(lines.contains("excess over optimum    none solved"))
        #expect(
            lines.contains {
                $0.hasPrefix(
                    "over-budget profiling  1.0 profiles, 200.0 W s per configuration (40 minibatches a profile)"
                        + "; 100.00 % of the profiles, in 1 of 1 configurations")
            })
        let optimum = try StrategyOptions(.optimum).pair(on: SyntheticTables.pair())
        let pair = try SyntheticTables.pair(optimum, power: "8", latency: "100", rate: "20").summary.text
        #expect(pair.contains("loss to optimum        none solved; 1 left out, whose optimum runs none"))
        #expect(pair.contains("violations             power 0, latency 0, rate 0 (0 answers)"))
    }

    @Test func theBarStaysWithinItsLine() {
        #expect(ProgressBar.line(label: "x", done: 0, total: 3).hasSuffix("] 0 %"))
        #expect(ProgressBar.line(label: "x", done: 9, total: 3).hasSuffix("##] 100 %"))
        #expect(
            ProgressBar.line(label: "x", done: 1, total: 2) == "\rx [####################....................] 50 %")
    }

    @Test func nothingIsDrawnWhereNoTerminalIs() throws {
        var ends: [Int32] = [0, 0]
        try #require(pipe(&ends) == 0)
        let bar = ProgressBar(label: "x", total: 1, descriptor: ends[1])
        bar.advance()
        bar.finish()
        close(ends[1])
        var byte: UInt8 = 0
        #expect(read(ends[0], &byte, 1) == 0)
        close(ends[0])
    }
}
