public import Policy

extension InferProblem {
    /// The problem of one configuration. Without a latency budget or a rate nothing is feasible.
    public init(_ limits: Limits) {
        self.init(
            budgetWatts: limits.budgetWatts, latencySeconds: (limits.latencyMilliseconds ?? 0) / 1000,
            ratePerSecond: limits.ratePerSecond ?? 0)
    }
}

extension PairProblem {
    /// The problem of one configuration; as `InferProblem.init(_:)`.
    public init(
        _ limits: Limits, objective: Objective, background: Background, interleaving: Interleaving = .floor
    ) {
        let inference = InferProblem(limits)
        self.init(
            budgetWatts: inference.budgetWatts, latencySeconds: inference.latencySeconds,
            ratePerSecond: inference.ratePerSecond, objective: objective, background: background,
            interleaving: interleaving)
    }
}
