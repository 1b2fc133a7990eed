/// How inference minibatches and background minibatches take turns on the GPU.
public enum Interleaving: String, CaseIterable, Sendable {
    /// The papers' rule: per window of b/a seconds one inference minibatch, then as many whole background minibatches
    /// as end within the window (Fulcrum, arXiv 2509.20205).
    case floor
    /// An inference minibatch may start late by the slack that its requests have, so that background minibatches may
    /// cross the edge of a window: see `SlackWindows`.
    case slack
}
