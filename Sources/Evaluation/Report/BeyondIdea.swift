import Policy

/// A way to plan for a pair, beside the papers'.
struct BeyondIdea: Sendable {
    let label: String
    /// How points are found: by a search, or by the optimum, which knows the whole table.
    let entry: StrategyEntry
    /// How the two workloads take turns.
    let turns: InterleavingOptions
    /// Colour of its bars.
    let style: Int

    private init(_ label: String, _ entry: StrategyEntry, _ turns: InterleavingOptions, style: Int) {
        self.label = label
        self.entry = entry
        self.turns = turns
        self.style = style
    }

    /// Times of a switch that plans are made with, milliseconds. They are assumed: no table has them.
    static let switchMilliseconds = [1.0, 5, 20, 100]
    /// The one of them that searches are shown with.
    private static let searchedSwitchMilliseconds = 5.0

    /// What the others are compared with: the best that the papers' rules allow, by the quantity that counts here.
    static func papersOptimum() throws(EvaluationError) -> BeyondIdea {
        BeyondIdea(
            "papers' optimum, most per second", optimum, try InterleavingOptions(objective: .throughput), style: 6)
    }

    /// All, in the order of the table's rows.
    static func all() throws(EvaluationError) -> [BeyondIdea] {
        let papers = try InterleavingOptions(objective: .throughput)
        let slack = try InterleavingOptions(interleaving: .slack, objective: .throughput)
        var ideas = [
            try papersOptimum(),
            BeyondIdea("papers' optimum, most per window", optimum, try InterleavingOptions(), style: 6),
            BeyondIdea("gmd", .gmd, papers, style: 0), BeyondIdea("als", .als, papers, style: 1),
        ]
        for entry in [StrategyEntry.anyRisk, .boundedRisk] {
            ideas.append(BeyondIdea(entry.label, entry, papers, style: entry.style))
        }
        for entry in [StrategyEntry.anyRisk, .boundedRisk] {
            ideas.append(BeyondIdea("\(entry.label), slack", entry, slack, style: entry.style))
            ideas.append(
                BeyondIdea(
                    "\(entry.label), slack, mode per slice, \(shortest(searchedSwitchMilliseconds)) ms", entry,
                    try perSlice(.slack, searchedSwitchMilliseconds), style: entry.style))
        }
        ideas.append(BeyondIdea("optimum, slack", optimum, slack, style: 2))
        for interleaving in [Interleaving.floor, .slack] {
            for milliseconds in switchMilliseconds {
                ideas.append(
                    BeyondIdea(
                        "optimum, \(interleaving == .slack ? "slack, " : "")mode per slice, \(shortest(milliseconds)) ms",
                        optimum, try perSlice(interleaving, milliseconds), style: 2))
            }
        }
        return ideas
    }

    private static let optimum = StrategyEntry(name: .optimum, style: 2)

    private static func perSlice(
        _ interleaving: Interleaving, _ milliseconds: Double
    ) throws(EvaluationError) -> InterleavingOptions {
        try InterleavingOptions(
            interleaving: interleaving, objective: .throughput, modes: .perSlice, switchMilliseconds: milliseconds)
    }

    /// The configurations of a run per seed.
    func runs(
        on table: PairTable, _ limits: [Limits], _ references: [Reference], seed: UInt64
    ) throws(EvaluationError) -> [[Configuration]] {
        var runs: [[Configuration]] = []
        for options in try entry.runs(seed: seed, references: references) {
            let evaluation = TableEvaluation(
                table: table, strategy: try options.pair(on: table), limits: limits, slices: turns.slices
            ) { turns.problem($0, background: .training) }
            runs.append(try evaluation.run(threads: 1).configurations)
        }
        return runs
    }
}
