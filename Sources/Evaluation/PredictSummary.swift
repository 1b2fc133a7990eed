import Policy

/// What the draws of a `PredictEvaluation` gave.
public struct PredictSummary: Sendable {
    private let evaluation: PredictEvaluation
    private let references: [String]
    private let runs: [PredictEvaluation.Run]
    private let wallSeconds: Double

    /// Sums up; `references` are the files' names.
    public init(
        of evaluation: PredictEvaluation, references: [String], runs: [PredictEvaluation.Run], wallSeconds: Double
    ) {
        self.evaluation = evaluation
        self.references = references
        self.runs = runs
        self.wallSeconds = wallSeconds
    }

    private struct ByModes {
        let modes: Int
        let time: Distribution?
        let power: Distribution?
        let timeCoverage: Distribution?
        let powerCoverage: Distribution?
    }

    private var origin: String? { evaluation.references.first?.origin }

    private var byModes: [ByModes] {
        evaluation.modeCounts.map { count in
            let members = runs.filter { $0.modes == count }
            return ByModes(
                modes: count, time: Distribution(members.map(\.timePercent)),
                power: Distribution(members.map(\.powerPercent)),
                timeCoverage: Distribution(members.compactMap { $0.coveragePercent?.time }),
                powerCoverage: Distribution(members.compactMap { $0.coveragePercent?.power }))
        }
    }

    /// The rows of `--csv`: one per draw.
    public var csv: String {
        runs.reduce(
            into: "modes,run,seed,time_mape_percent,power_mape_percent,time_coverage_percent,power_coverage_percent\n"
        ) { text, run in
            text += "\(run.modes),\(run.run),\(run.seed),\(shortest(run.timePercent)),\(shortest(run.powerPercent)),"
            text += "\(run.coveragePercent.map { shortest($0.time) } ?? ""),"
            text += "\(run.coveragePercent.map { shortest($0.power) } ?? "")\n"
        }
    }

    /// The summary as aligned lines for people, without a line end at the end.
    public var text: String {
        var lines: [(name: String, value: String)] = [
            ("train", "\(evaluation.table.file), \(evaluation.table.rows.count) modes"),
            (
                "method",
                evaluation.method.rawValue
                    + (references.isEmpty ? "" : " from " + references.joined(separator: ", "))
                    + (origin.map { ", \($0)" } ?? "")
            ),
            ("runs", "\(evaluation.runs), seed \(evaluation.seed)"),
        ]
        for row in byModes {
            lines.append(
                ("\(row.modes) modes", "MAPE of time \(percent(row.time)), of power \(percent(row.power))"))
            if let time = row.timeCoverage, let power = row.powerCoverage {
                lines.append(
                    (
                        "  inside 90 %",
                        "times: median \(fixed(time.median, 1)) %, powers: median \(fixed(power.median, 1)) %"
                    ))
            }
        }
        lines.append(("wall time", "\(fixed(wallSeconds, 3)) s"))
        return AlignedText.of(lines)
    }

    private func percent(_ distribution: Distribution?) -> String {
        distribution.map { "median \(fixed($0.median, 2)) %, max \(fixed($0.max, 2)) %" } ?? "unknown"
    }

    /// The summary as a JSON object with sorted keys.
    public func json() throws(EvaluationError) -> String { try JSONText.of(self) }
}

extension PredictSummary: Encodable {
    private enum Key: String, CodingKey {
        case problem, method, train, reference, modes, runs, run, seed
        case referenceWorkload = "reference_workload"
        case timeMedian = "time_mape_percent_median"
        case powerMedian = "power_mape_percent_median"
        case timePercent = "time_mape_percent"
        case powerPercent = "power_mape_percent"
        case byModes = "by_modes"
        case intervalCoverage = "interval_coverage_percent"
        case timeCoverage = "time_coverage_percent"
        case powerCoverage = "power_coverage_percent"
        case references, time, power
        case wallSeconds = "wall_seconds"
    }

    /// Writes every key. With one number of modes its medians stand at the top too; with several these are null. Coverage is
    /// null for methods that state no intervals.
    public func encode(to encoder: any Encoder) throws {
        let byModes = byModes
        let single = byModes.count == 1 ? byModes.first : nil
        var object = encoder.container(keyedBy: Key.self)
        try object.encode("predict", forKey: .problem)
        try object.encode(evaluation.method.rawValue, forKey: .method)
        try object.encode(evaluation.table.file, forKey: .train)
        try object.encode(references.first, forKey: .reference)
        try object.encode(references, forKey: .references)
        try object.encode(origin, forKey: .referenceWorkload)
        try object.encode(evaluation.seed, forKey: .seed)
        try object.encode(single?.time?.median, forKey: .timeMedian)
        try object.encode(single?.power?.median, forKey: .powerMedian)
        if let time = single?.timeCoverage, let power = single?.powerCoverage {
            var coverage = object.nestedContainer(keyedBy: Key.self, forKey: .intervalCoverage)
            try coverage.encode(time.median, forKey: .time)
            try coverage.encode(power.median, forKey: .power)
        } else {
            try object.encodeNil(forKey: .intervalCoverage)
        }
        var medians = object.nestedUnkeyedContainer(forKey: .byModes)
        for row in byModes {
            var entry = medians.nestedContainer(keyedBy: Key.self)
            try entry.encode(row.modes, forKey: .modes)
            try entry.encode(row.time?.median, forKey: .timeMedian)
            try entry.encode(row.power?.median, forKey: .powerMedian)
            try entry.encode(row.timeCoverage?.median, forKey: .timeCoverage)
            try entry.encode(row.powerCoverage?.median, forKey: .powerCoverage)
        }
        var draws = object.nestedUnkeyedContainer(forKey: .runs)
        for run in runs {
            var entry = draws.nestedContainer(keyedBy: Key.self)
            try entry.encode(run.modes, forKey: .modes)
            try entry.encode(run.run, forKey: .run)
            try entry.encode(run.seed, forKey: .seed)
            try entry.encode(run.timePercent, forKey: .timePercent)
            try entry.encode(run.powerPercent, forKey: .powerPercent)
            try entry.encode(run.coveragePercent?.time, forKey: .timeCoverage)
            try entry.encode(run.coveragePercent?.power, forKey: .powerCoverage)
        }
        try object.encode(wallSeconds, forKey: .wallSeconds)
    }
}
