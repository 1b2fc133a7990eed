import Policy

/// What the configuration says of searches.
struct SearchSettings: Sendable, Equatable {
    var strategy = SearchStrategy.fulcrum
    var predictor = WorkloadPredictor.gp
    /// Profiles that a search may make; nil: the strategy's own number.
    var profiles: Int?
    /// The chance that a profile may be over the budget; nil: any.
    var overBudgetRisk: Double?
    /// Where the reference models lie.
    var modelsPath = ""
}

/// How modes are searched for.
public enum SearchStrategy: String, Sendable, CaseIterable {
    /// Fulcrum's own: model-guided, transfers from other workloads, safe by a stated risk.
    case fulcrum
    /// GMD of arXiv 2509.20205.
    case gmd
    /// ALS of arXiv 2509.20205: a survey that serves all budgets.
    case als
    /// Binary search in a fixed order of knobs.
    case binary
    /// Random modes.
    case random
    /// PowerTrain of arXiv 2407.13944: random modes, transfer, the predicted best.
    case powertrain
}

/// What predicts a workload that nobody has profiled.
public enum WorkloadPredictor: String, Sendable, CaseIterable {
    /// Gaussian processes over the reference models and all other workloads of the profile store.
    case gp
    /// The reference networks alone.
    case powertrain
    /// Nothing is predicted: a new workload starts in the mode that it finds.
    case none
}
