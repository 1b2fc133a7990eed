extension Summary {
    /// The summary as aligned lines for people, without a line end at the end.
    public var text: String {
        var lines: [(name: String, value: String)] = []
        if let train = subject.train { lines.append(("train", train)) }
        if let infer = subject.infer { lines.append(("infer", infer)) }
        if let nonUrgent = subject.nonUrgent { lines.append(("non-urgent", nonUrgent)) }
        lines += [
            (
                "choice",
                "\(subject.modes) modes"
                    + (subject.points == subject.modes ? "" : ", \(subject.points) points with minibatch sizes")
            ),
            ("strategy", subject.strategy + (subject.objective.map { ", objective \($0)" } ?? "")),
        ]
        if let interleaving = subject.interleaving {
            let switches = subject.switchMilliseconds.map { ", \(shortest($0)) ms a switch" } ?? ""
            lines.append(
                ("interleaving", interleaving + (subject.sliceModes.map { ", modes \($0)" } ?? "") + switches))
        }
        if !subject.references.isEmpty {
            lines.append(
                (
                    "reference",
                    subject.references.joined(separator: ", ") + (subject.referenceWorkload.map { ", \($0)" } ?? "")
                ))
        }
        lines += [
            ("configurations", "\(configurations)"),
            ("solvable", "\(solvable)"),
            ("solved", "\(solved)" + (violated > 0 ? ", \(solved - violated) of them within the limits" : "")),
            ("violations", violationsText),
        ]
        if hasBackground {
            lines += [
                (
                    "loss to optimum",
                    lossText(throughputLossPercent) + "; \(optimumIdle) left out, whose optimum runs none"
                )
            ]
            if let robust {
                lines.append(
                    (
                        "loss, robust",
                        lossText(robust.throughputLossPercent) + "; \(robust.optimumIdle ?? 0) left out; "
                            + robust.rowsText
                    ))
            }
            lines += [
                ("loss to best point", lossText(lossToBestPercent)),
                ("loss to fluid limit", lossText(lossToFluidPercent)),
            ]
            if let papersOptimum { lines.append(("to papers' optimum", papersOptimum.text)) }
            if let singleModeOptimum { lines.append(("to single mode", singleModeOptimum.text)) }
        } else {
            lines.append(("excess over optimum", percent(excessPercent, "minibatch time")))
            if let robust {
                lines.append(
                    ("excess, robust", percent(robust.excessPercent, "minibatch time") + "; " + robust.rowsText))
            }
        }
        lines += [
            ("profiles", profilesText),
            (
                "over-budget profiling",
                "\(perConfiguration(Double(overBudgetProfiles))) profiles, \(perConfiguration(overBudgetWattSeconds)) W s per "
                    + "configuration (\(Int(Configuration.minibatchesPerProfile)) minibatches a profile); "
                    + "\(fixed(overBudgetSharePercent ?? 0, 2)) % of the profiles, in \(overBudgetConfigurations) of "
                    + "\(configurations) configurations"
            ),
            ("wall time", "\(fixed(wallSeconds, 3)) s"),
        ]
        return AlignedText.of(lines)
    }

    private var violationsText: String {
        var parts = ["power \(powerViolations)"]
        if let latencyViolations { parts.append("latency \(latencyViolations)") }
        if let rateViolations { parts.append("rate \(rateViolations)") }
        if let nonUrgentViolations { parts.append("non-urgent \(nonUrgentViolations)") }
        return parts.joined(separator: ", ") + " (\(violated) answers)"
    }

    private func perConfiguration(_ sum: Double) -> String { fixed(sum / Double(max(1, configurations)), 1) }

    private func lossText(_ loss: Distribution?) -> String { percent(loss, "throughput") }

    private func percent(_ distribution: Distribution?, _ quantity: String) -> String {
        guard let distribution else { return "none solved" }
        return "median \(fixed(distribution.median, 2)) %, mean \(fixed(distribution.mean, 2)) %, "
            + "p95 \(fixed(distribution.p95, 2)) %, max \(fixed(distribution.max, 2)) % of \(quantity)"
    }

    private var profilesText: String {
        guard let profiles else { return "none solved" }
        return "mean \(fixed(profiles.mean, 2)), max \(fixed(profiles.max, 0)) per solved configuration"
    }
}
