/// What the windows of a `DynamicEvaluation` gave.
public struct DynamicSummary: Sendable {
    private let summary: Summary
    private let idle: Int
    private let answeredWithoutProfiling: Int
    private let profiles: Int
    private let windowSeconds: Int

    /// Sums up a run.
    public init<Problem, Table>(
        of run: DynamicEvaluation<Problem, Table>.Run, subject: Subject, windowSeconds: Int
    ) {
        summary = Summary(of: run.configurations, subject: subject, wallSeconds: run.wallSeconds)
        idle = run.idle
        answeredWithoutProfiling = run.answeredWithoutProfiling
        profiles = run.profiles
        self.windowSeconds = windowSeconds
    }

    /// The summary as aligned lines for people, without a line end at the end.
    public var text: String {
        AlignedText.of([
            ("windows", "\(summary.configurations + idle) of \(windowSeconds) s, \(idle) without requests"),
            ("without profiling", "\(answeredWithoutProfiling) windows answered"),
            ("profiles in all", "\(profiles)"),
        ]) + "\n" + summary.text
    }

    /// The summary as a JSON object with sorted keys.
    public func json() throws(EvaluationError) -> String { try JSONText.of(self) }
}

extension DynamicSummary: Encodable {
    private enum Key: String, CodingKey {
        case windows
        case windowSeconds = "window_seconds"
        case idleWindows = "idle_windows"
        case windowsWithoutProfiling = "windows_without_profiling"
        case profilesInAll = "profiles_in_all"
    }

    /// The keys of a summary, whose configurations are the windows with requests, and those of the series.
    public func encode(to encoder: any Encoder) throws {
        try summary.encode(to: encoder)
        var object = encoder.container(keyedBy: Key.self)
        try object.encode(summary.configurations + idle, forKey: .windows)
        try object.encode(windowSeconds, forKey: .windowSeconds)
        try object.encode(idle, forKey: .idleWindows)
        try object.encode(answeredWithoutProfiling, forKey: .windowsWithoutProfiling)
        try object.encode(profiles, forKey: .profilesInAll)
    }
}
