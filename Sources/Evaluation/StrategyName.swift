/// The strategies that can be run on a table: `--strategy`.
public enum StrategyName: String, NamedChoice {
    /// The exact optimum: reads the whole table, profiles nothing.
    case optimum
    /// The project's own: guided by a model that starts from known workloads (`FulcrumSearch`).
    case fulcrum
    /// GMD, gradient-guided bisection (Fulcrum, arXiv 2509.20205).
    case gmd
    /// ALS, active learning of the Pareto front, one survey for all configurations (the same paper).
    case als
    /// The papers' binary search in a fixed order of dimensions, for a training alone.
    case binary
    /// The best of modes drawn at random, or named by a file.
    case random
    /// The answer that networks predict, which were trained on modes drawn at random (or named by a file).
    case network
    /// The highest mode, whatever the power budget is.
    case maxn
    /// The best of the board's presets that keeps the limits.
    case presets

    /// `strategy`.
    public static var noun: String { "strategy" }

    /// Whether the papers define it for a training alone.
    var isForTrainingAlone: Bool { self == .binary }
}
