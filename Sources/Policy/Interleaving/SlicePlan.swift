/// How an inference and background work take turns, each in its own power mode.
public struct SlicePlan: Hashable, Sendable {
    /// Requests per inference minibatch.
    public let minibatch: Int
    /// The mode of the inference's slices, and its minibatch time (milliseconds) and power (watts) in it.
    public let inference: InferenceObservation
    /// The mode of the background's slices, and its minibatch time (milliseconds) and power (watts) in it.
    public let background: TrainingObservation
    /// The knobs in which the two modes differ; none where there is one mode for both.
    public let moving: MovingKnobs
    /// The cost of one switch; nothing where there is one mode.
    public let switchCost: SwitchCost.Switch
    /// Length of a window of one inference minibatch, seconds.
    public let windowSeconds: Double
    /// Background minibatches per window in the mean; whole with the interleaving `floor`.
    public let backgroundPerWindow: Double
    /// Background minibatches per second, theta.
    public let backgroundPerSecond: Double
    /// How late an inference slice may start after its minibatch is ready, seconds: L - b/a - s - t_in.
    public let slackSeconds: Double

    /// Switches per second: two per window, which is the most that there can be.
    public var switchesPerSecond: Double { moving.isEmpty ? 0 : 2 / windowSeconds }
    /// The share of the time that switches take.
    public var switchingSecondsPerSecond: Double { switchesPerSecond * switchCost.seconds }
    /// Energy that switches take per second, watts.
    public var switchingJoulesPerSecond: Double { switchesPerSecond * switchCost.joules }

    /// Energy of the slices and switches of one window in the mean, joules. *Modelled*: power of a slice is that of its
    /// workload alone in its mode; rails measure only means over many slices. Time in which the GPU is idle is left
    /// out, as no idle power is known.
    public var modelledJoulesPerWindow: Double {
        inference.powerWatts * inference.minibatchMilliseconds / 1000
            + background.powerWatts * background.minibatchMilliseconds / 1000 * backgroundPerWindow
            + (moving.isEmpty ? 0 : 2 * switchCost.joules)
    }

    /// The power of the hungrier of the two slices, watts.
    public var powerWatts: Double { max(inference.powerWatts, background.powerWatts) }
}
