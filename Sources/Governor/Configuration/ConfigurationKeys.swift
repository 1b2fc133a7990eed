/// One key of the configuration file: where it stands, what it may hold, what it means. The reader checks files against
/// this table and nothing else, so a key that is not here does not exist.
struct ConfigurationKey: Sendable {
    /// Table and key as written in the file: "budget.power_w".
    let path: String
    let kind: Kind

    enum Kind: Sendable {
        case number(ClosedRange<Double>, any WritableKeyPath<Configuration, Double> & Sendable)
        /// The words allowed, and how the word is taken over.
        case word([String], @Sendable (inout Configuration, String) -> Void)
        case flag(any WritableKeyPath<Configuration, Bool> & Sendable)
        case absolutePath(any WritableKeyPath<Configuration, String> & Sendable)
        case absolutePaths(any WritableKeyPath<Configuration, [String]> & Sendable)
    }

    /// What a good value is, for the end of the sentence "expected …".
    var expectation: String {
        switch kind {
        case .number(let range, _): "a number from \(range.lowerBound) to \(range.upperBound)"
        case .word(let words, _): "one of " + words.map { "\"\($0)\"" }.joined(separator: ", ")
        case .flag: "true or false"
        case .absolutePath: "an absolute path"
        case .absolutePaths: "a list of absolute paths"
        }
    }

    static let all: [ConfigurationKey] = [
        .init(path: "budget.power_w", kind: .number(1...200, \.budgetWatts)),
        .init(path: "budget.guard_w", kind: .number(0...20, \.guardBandWatts)),
        .init(path: "budget.return_s", kind: .number(0.1...3600, \.guardReturnSeconds)),
        .init(path: "rails.interval_ms", kind: .number(10...10_000, \.railIntervalMilliseconds)),
        .init(path: "rails.averaging_ms", kind: .number(0...10_000, \.railAveragingMilliseconds)),
        .init(path: "search.strategy", kind: choice(\.strategy)),
        .init(path: "search.predictor", kind: choice(\.predictor)),
        .init(path: "search.profiles", kind: .number(0...1000, \.searchProfiles)),
        .init(path: "search.risk", kind: .number(0.001...1, \.overBudgetRisk)),
        .init(path: "search.models", kind: .absolutePath(\.modelsPath)),
        .init(path: "search.fill_front", kind: .flag(\.fillsFront)),
        .init(path: "search.fill_interval_s", kind: .number(1...86_400, \.frontIntervalSeconds)),
        .init(path: "search.grid", kind: choice(\.grid)),
        .init(path: "search.cover_gain", kind: .number(0...1, \.coverGain)),
        .init(path: "profiling.minibatches", kind: .number(3...10_000, \.profileMinibatches)),
        .init(path: "profiling.discard", kind: .number(0...1000, \.profileDiscardedMinibatches)),
        .init(path: "profiling.settle_ms", kind: .number(0...120_000, \.profileSettleMilliseconds)),
        .init(path: "profiling.power_samples", kind: .number(1...1000, \.profilePowerSamples)),
        .init(path: "profiling.slow_s", kind: .number(0...86_400, \.profileSlowSeconds)),
        .init(path: "profiling.timeout_s", kind: .number(1...86_400, \.profileTimeoutSeconds)),
        .init(path: "profiling.transient_ratio", kind: .number(1.01...10, \.profileTransientRatio)),
        .init(path: "drift.ratio", kind: .number(0.01...10, \.driftRatio)),
        .init(path: "probes.level", kind: choice(\.probeLevel)),
        .init(path: "probes.ctxsw", kind: choice(\.contextSwitches)),
        .init(path: "probes.libcuda", kind: .absolutePaths(\.cudaLibraries)),
        .init(path: "restore.policy", kind: choice(\.restorePolicy)),
        .init(path: "defaults.class", kind: choice(\.unmatchedClass)),
    ]

    private static func choice<Value: CaseIterable & RawRepresentable & Sendable>(
        _ keyPath: any WritableKeyPath<Configuration, Value> & Sendable
    ) -> Kind where Value.RawValue == String {
        .word(Value.allCases.map(\.rawValue)) { configuration, word in
            if let value = Value(rawValue: word) { configuration[keyPath: keyPath] = value }
        }
    }
}
