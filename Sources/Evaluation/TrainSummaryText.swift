extension TrainSummary {
    /// The summary as aligned lines for people, without a line end at the end.
    public var text: String {
        let lines: [(String, String)] = [
            ("train", "\(file), \(modes) modes"),
            ("strategy", strategy),
            ("configurations", "\(configurations)"),
            ("solvable", "\(solvable)"),
            ("solved", "\(solved)"),
            ("violations", "power \(powerViolations)"),
            ("excess over optimum", excessText),
            ("profiles", profilesText),
            (
                "over-budget profiling",
                "\(overBudgetProfiles) profiles, \(fixed(overBudgetWattSeconds, 1)) W s "
                    + "(\(Int(TrainConfiguration.minibatchesPerProfile)) minibatches a profile, all configurations)"
            ),
            ("wall time", "\(fixed(wallSeconds, 3)) s"),
        ]
        let width = (lines.map(\.0.count).max() ?? 0) + 2
        return lines.map { name, value in
            name + String(repeating: " ", count: width - name.count) + value
        }.joined(separator: "\n")
    }

    private var excessText: String {
        guard let excess = excessPercent else { return "none solved" }
        return "median \(fixed(excess.median, 2)) %, mean \(fixed(excess.mean, 2)) %, p95 \(fixed(excess.p95, 2)) %, "
            + "max \(fixed(excess.max, 2)) % of minibatch time"
    }

    private var profilesText: String {
        guard let profiles else { return "none solved" }
        return "mean \(fixed(profiles.mean, 2)), max \(fixed(profiles.max, 0)) per solved configuration"
    }
}
