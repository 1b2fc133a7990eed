import Policy

/// A strategy of the report.
struct StrategyEntry: Sendable {
    let name: StrategyName
    var profiles: Int?
    var risk: ProfileRisk?
    /// Colour and shape in all charts.
    let style: Int

    /// In the order of the tables' rows.
    static let all = [
        StrategyEntry(name: .optimum, style: 0),
        anyRisk, boundedRisk, gmd, als,
        StrategyEntry(name: .binary, style: 2), StrategyEntry(name: .random, profiles: 10, style: 3),
        StrategyEntry(name: .random, profiles: 50, style: 4), StrategyEntry(name: .network, profiles: 50, style: 5),
        StrategyEntry(name: .maxn, style: 6),
    ]

    static let gmd = StrategyEntry(name: .gmd, style: 0)
    static let als = StrategyEntry(name: .als, style: 1)
    static let anyRisk = StrategyEntry(name: .fulcrum, risk: .off, style: 7)
    static let boundedRisk = StrategyEntry(name: .fulcrum, risk: .standard, style: 8)

    /// Strategies that draw are run with so many seeds, and reported in the mean.
    static let seedCount: UInt64 = 3

    /// Whether another seed gives another answer.
    var draws: Bool { [.als, .random, .network].contains(name) }

    /// What tables and legends call it.
    var label: String {
        if let risk {
            let bound = risk.share.map { "risk \(shortest($0 * 100)) %" } ?? "any risk"
            return "\(name.rawValue), \(bound)"
        }
        return profiles.map { "\(name.rawValue), \($0) modes" } ?? name.rawValue
    }

    /// A run per seed. Only fulcrum starts from `references`.
    func runs(seed: UInt64, references: [Reference]) throws(EvaluationError) -> [StrategyOptions] {
        var runs: [StrategyOptions] = []
        for offset in 0..<(draws ? Self.seedCount : 1) {
            runs.append(
                try StrategyOptions(
                    name, profiles: profiles, seed: seed &+ offset,
                    references: name == .fulcrum ? references : [], risk: risk))
        }
        return runs
    }
}
