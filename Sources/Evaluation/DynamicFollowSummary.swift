/// What the windows of a `DynamicFollow` gave in all.
public struct DynamicFollowSummary: Sendable {
    private let run: DynamicFollow.Run
    private let subject: Subject
    private let settings: DynamicFollow.Settings
    private let windowSeconds: Int

    /// Sums up a run.
    public init(
        of run: DynamicFollow.Run, subject: Subject, settings: DynamicFollow.Settings, windowSeconds: Int
    ) {
        self.run = run
        self.subject = subject
        self.settings = settings
        self.windowSeconds = windowSeconds
    }

    private var hours: [DynamicHour] { run.hours }
    private var seconds: Int { hours.reduce(0) { $0 + $1.seconds } }
    private func sum(_ value: (DynamicHour) -> Double) -> Double { hours.reduce(0) { $0 + value($1) } }
    private func count(_ value: (DynamicHour) -> Int) -> Int { hours.reduce(0) { $0 + value($1) } }

    private var shares: [Double] { hours.compactMap(\.shareOfOracle) }

    /// Background minibatches over those of the oracle, in all; nil where that has none.
    public var shareOfOracle: Double? { ratio(sum(\.background), sum(\.oracleBackground)) }

    /// The same of the best single plan.
    public var fixedShareOfOracle: Double? {
        run.fixed == nil ? nil : ratio(sum { $0.fixedBackground ?? 0 }, sum(\.oracleBackground))
    }

    /// The same of the best single plan with full minibatches.
    public var fullFixedShareOfOracle: Double? {
        run.fullFixed == nil ? nil : ratio(sum { $0.fullFixedBackground ?? 0 }, sum(\.oracleBackground))
    }

    /// The same of the papers' planner, told the mean rate of each window.
    public var toldShareOfOracle: Double? { ratio(sum(\.toldBackground), sum(\.oracleBackground)) }

    private var worst: DynamicHour? {
        hours.filter { $0.shareOfOracle != nil }.min { ($0.shareOfOracle ?? 0) < ($1.shareOfOracle ?? 0) }
    }

    private var latePercent: Double? { ratio(sum(\.lateRequests), sum(\.requests)).map { $0 * 100 } }

    private func perHour(_ count: Int) -> Double { Double(count) * 3600 / Double(max(1, seconds)) }

    private func ratio(_ value: Double, _ reference: Double) -> Double? { reference > 0 ? value / reference : nil }

    /// The summary as aligned lines for people, without a line end at the end.
    public var text: String {
        let violated = count(\.violatedSeconds)
        var lines: [(name: String, value: String)] = [
            ("problem", "dynamic, followed"), ("infer", subject.infer ?? ""), ("train", subject.train ?? ""),
            ("strategy", "\(subject.strategy), interleaving \(subject.interleaving ?? "floor")"),
            ("windows", "\(hours.count) of \(windowSeconds) s, \(fixed(sum(\.requests), 0)) requests"),
            ("throughput", throughputText),
            ("best single plan", text(fixedShareOfOracle) + ", of one that knows the highest rate"),
            ("with full minibatches", text(fullFixedShareOfOracle) + ", of one that knows the highest and the lowest"),
        ]
        lines.append(
            (
                "told each mean rate",
                text(toldShareOfOracle) + ", of the papers' planner with full minibatches; "
                    + "\(fixed(Double(count(\.toldViolatedSeconds)) * 100 / Double(max(1, seconds)), 2)) % of the seconds violated"
            ))
        if let worst, let share = worst.shareOfOracle {
            lines.append(("worst window", "\(worst.window): \(fixed(share * 100, 2)) % of the oracle"))
        }
        lines += [
            (
                "violated",
                "\(violated) seconds, \(fixed(Double(violated) * 100 / Double(max(1, seconds)), 4)) %; "
                    + "\(count(\.unservableSeconds)) of them no point keeps up with"
            ),
            (
                "more than planned for",
                "\(count(\.unplannedSeconds)) seconds, "
                    + "\(fixed(Double(count(\.unplannedSeconds)) * 100 / Double(max(1, seconds)), 4)) %"
            ),
            ("late requests", "\(fixed(sum(\.lateRequests), 0)), \(latePercent.map { fixed($0, 5) } ?? "0") %"),
            (
                "plans",
                "\(count(\.replans)) new bands, \(count(\.modeChanges)) mode changes, \(count(\.minibatchChanges)) of the "
                    + "minibatch alone; \(fixed(perHour(count(\.replans)), 2)), \(fixed(perHour(count(\.modeChanges)), 2)) and "
                    + "\(fixed(perHour(count(\.minibatchChanges)), 2)) per hour"
            ),
            ("profiles", "\(count(\.profiles)), \(count(\.overBudgetProfiles)) over the budget"),
            ("wall time", "\(fixed(run.wallSeconds, 3)) s"),
        ]
        return AlignedText.of(lines)
    }

    private var throughputText: String {
        let throughput = sum(\.background) / Double(max(1, seconds))
        return "\(fixed(throughput, 3)) background minibatches per second, \(text(shareOfOracle)); windows: mean "
            + text(ratio(shares.reduce(0, +), Double(shares.count)))
    }

    private func text(_ share: Double?) -> String { share.map { "\(fixed($0 * 100, 2)) % of the oracle" } ?? "none" }

    /// The summary as a JSON object with sorted keys.
    public func json() throws(EvaluationError) -> String { try JSONText.of(self) }
}

extension DynamicFollowSummary: Encodable {
    private enum Key: String, CodingKey {
        case problem, strategy, train, infer, objective, interleaving, modes, points, seed, windows, seconds, requests
        case windowSeconds = "window_seconds"
        case throughput
        case shareOfOracle = "share_of_oracle"
        case meanShareOfOracle = "window_share_of_oracle_mean"
        case worstShareOfOracle = "window_share_of_oracle_min"
        case worstWindow = "worst_window"
        case fixedShareOfOracle = "fixed_share_of_oracle"
        case fullFixedShareOfOracle = "full_fixed_share_of_oracle"
        case toldShareOfOracle = "told_share_of_oracle"
        case toldViolatedSeconds = "told_violated_seconds"
        case violatedSeconds = "violated_seconds"
        case unservableSeconds = "unservable_seconds"
        case unplannedSeconds = "unplanned_seconds"
        case lateRequests = "late_requests"
        case latePercent = "late_percent"
        case replans
        case modeChanges = "mode_changes"
        case minibatchChanges = "minibatch_changes"
        case modeChangesPerHour = "mode_changes_per_hour"
        case profiles
        case overBudgetProfiles = "over_budget_profiles"
        case missShare = "miss_share"
        case memorySeconds = "memory_seconds"
        case holdSeconds = "hold_seconds"
        case changeSeconds = "change_seconds"
        case wallSeconds = "wall_seconds"
    }

    /// Writes every key, with null where a value does not exist.
    public func encode(to encoder: any Encoder) throws {
        var object = encoder.container(keyedBy: Key.self)
        try object.encode(subject.problem, forKey: .problem)
        try object.encode(subject.strategy, forKey: .strategy)
        try object.encode(subject.train, forKey: .train)
        try object.encode(subject.infer, forKey: .infer)
        try object.encode(subject.objective, forKey: .objective)
        try object.encode(subject.interleaving, forKey: .interleaving)
        try object.encode(subject.modes, forKey: .modes)
        try object.encode(subject.points, forKey: .points)
        try object.encode(subject.seed, forKey: .seed)
        try object.encode(hours.count, forKey: .windows)
        try object.encode(windowSeconds, forKey: .windowSeconds)
        try object.encode(seconds, forKey: .seconds)
        try object.encode(sum(\.requests), forKey: .requests)
        try object.encode(sum(\.background) / Double(max(1, seconds)), forKey: .throughput)
        try object.encode(shareOfOracle, forKey: .shareOfOracle)
        try object.encode(ratio(shares.reduce(0, +), Double(shares.count)), forKey: .meanShareOfOracle)
        try object.encode(worst?.shareOfOracle, forKey: .worstShareOfOracle)
        try object.encode(worst?.window, forKey: .worstWindow)
        try object.encode(fixedShareOfOracle, forKey: .fixedShareOfOracle)
        try object.encode(fullFixedShareOfOracle, forKey: .fullFixedShareOfOracle)
        try object.encode(toldShareOfOracle, forKey: .toldShareOfOracle)
        try object.encode(count(\.toldViolatedSeconds), forKey: .toldViolatedSeconds)
        try object.encode(count(\.violatedSeconds), forKey: .violatedSeconds)
        try object.encode(count(\.unservableSeconds), forKey: .unservableSeconds)
        try object.encode(count(\.unplannedSeconds), forKey: .unplannedSeconds)
        try object.encode(sum(\.lateRequests), forKey: .lateRequests)
        try object.encode(latePercent, forKey: .latePercent)
        try object.encode(count(\.replans), forKey: .replans)
        try object.encode(count(\.modeChanges), forKey: .modeChanges)
        try object.encode(count(\.minibatchChanges), forKey: .minibatchChanges)
        try object.encode(perHour(count(\.modeChanges)), forKey: .modeChangesPerHour)
        try object.encode(count(\.profiles), forKey: .profiles)
        try object.encode(count(\.overBudgetProfiles), forKey: .overBudgetProfiles)
        try object.encode(settings.missShare, forKey: .missShare)
        try object.encode(settings.memorySeconds, forKey: .memorySeconds)
        try object.encode(settings.holdSeconds, forKey: .holdSeconds)
        try object.encode(settings.changeSeconds, forKey: .changeSeconds)
        try object.encode(run.wallSeconds, forKey: .wallSeconds)
    }
}
