import FoundationEssentials
import Policy
import SystemCalls
import Testing

@testable import Evaluation

/// docs/abi/evaluate.md against what evaluate writes, both ways.
@Suite struct EvaluateABITests {
    private let root: String = {
        var root = #filePath
        // Down to the repository: file, EvaluationTests, Tests.
        for _ in 0..<3 { root = root.lastIndex(of: "/").map { String(root[..<$0]) } ?? "" }
        return root
    }()

    /// The names in the first column of the table below `heading`.
    private func documented(_ heading: String) throws -> [String] {
        let text = try SmallFile.text(root + "/docs/abi/evaluate.md")
        let section = try #require(text.split(separator: "\n## ").first { $0.hasPrefix(heading) })
        var names: [String] = []
        for line in section.split(separator: "\n") where line.hasPrefix("| `") {
            let cell = line.split(separator: "|")[0]
            let quoted = cell.split(separator: "`", omittingEmptySubsequences: false).enumerated()
                .filter { $0.offset % 2 == 1 }.map { String($0.element) }
            var parent = ""
            for name in quoted {
                if let dot = name.firstIndex(of: "."), dot != name.startIndex { parent = String(name[..<dot]) }
                names.append(name.hasPrefix(".") ? parent + name : name)
            }
        }
        return names
    }

    /// The keys of a JSON object, those of objects inside as `outer.inner`; of lists the keys of their first object.
    private func keys(_ json: String) throws -> Set<String> {
        let value = try JSONDecoder().decode([String: Value].self, from: Data(json.utf8))
        return Set(
            value.flatMap { name, value -> [String] in
                guard case .object(let inner) = value, !["excess_percent", "throughput_loss_percent"].contains(name),
                    !name.hasPrefix("throughput_loss_to")
                else { return [name] }
                return inner.keys.map { "\(name).\($0)" }
            })
    }

    private enum Value: Decodable {
        case object([String: Value])
        case other

        init(from decoder: any Decoder) throws {
            if let object = try? decoder.singleValueContainer().decode([String: Value].self) {
                self = .object(object)
            } else {
                self = .other
            }
        }
    }

    @Test func theColumnsOfTheRows() throws {
        let columns = ConfigurationCSV.header.split(separator: ",").map(String.init)
        #expect(try documented("Rows") == columns)
    }

    @Test func theKeysOfTheSummaries() throws {
        let train = try SyntheticTables.train(StrategyOptions(.gmd), "5..20/5").summary
        let dynamicOnly: Set = [
            "windows", "window_seconds", "idle_windows", "windows_without_profiling", "profiles_in_all",
        ]
        let names = Set(try documented("Summary"))
        let written = try keys(train.json())
        #expect(written.symmetricDifference(names.subtracting(dynamicOnly)).sorted() == [])
        #expect(names.isSuperset(of: dynamicOnly))
    }

    @Test func theKeysOfOddRows() throws {
        let table = try SyntheticTables.manyPoints()
        let listing = RobustRowsListing(RobustRows(table.rows), rows: table.rows.count, file: table.file)
        #expect(try keys(listing.json()).symmetricDifference(documented("`evaluate rows`")).sorted() == [])
    }

    @Test func theNamesOfPredictions() throws {
        let table = try SyntheticTables.manyPoints().background(minibatch: 4)
        let evaluation = try PredictEvaluation(
            table: table, method: .scratch, references: [], modeCounts: [5], runs: 1, seed: 1,
            schedule: TrainingSchedule(.paper, steps: 2))
        let summary = PredictSummary(
            of: evaluation, references: [], runs: try evaluation.run(threads: 1).runs, wallSeconds: 1)
        let documented = try documented("`evaluate predict`")
        #expect(try keys(summary.json()).symmetricDifference(documented).sorted() == [])
        let columns = summary.csv.split(separator: "\n")[0]
        #expect(try SmallFile.text(root + "/docs/abi/evaluate.md").contains("`--csv`: `\(columns)`"))
    }

    @Test func theColumnsOfTables() throws {
        let names = try documented("Tables")
        let header = names.filter {
            !["cpu_khz", "gpu_hz", "emc_hz", "mb_ms_median", "power_mw_median_steady"].contains($0)
        }
        let row = "cores,cpu,gpu,mem,bs,observed_time,observed_power"
        #expect(header == row.split(separator: ",").map(String.init))
        let inference = try InferenceTable(parsing: [UInt8]("\(row)\n4,1,2,3,8,5,6\n".utf8), file: "infer.csv")
        #expect(inference.rows.first?.point.minibatch == 8 && inference.rows.first?.powerWatts == 6)
        let other = "cores,cpu_khz,gpu_hz,emc_hz,mb_ms_median,power_mw_median_steady\n4,1,2,3,5,6000\n"
        let table = try TrainingTable(parsing: [UInt8](other.utf8), file: "other.csv")
        #expect(table.rows.first?.powerWatts == 6 && table.rows.first?.minibatchMilliseconds == 5)
    }
}
