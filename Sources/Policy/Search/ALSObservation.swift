/// What ALS learns from.
public protocol ALSObservation: ParetoComparable {
    /// Whether background work runs beside the inference, with a time and a power of its own.
    static var isAccompanied: Bool { get }
    /// The point of a mode and a minibatch size; a training, whose size is fixed, has no use for the size.
    static func point(mode: PowerMode, minibatch: Int) -> Point
}

extension TrainingObservation: ALSObservation {
    /// A training alone.
    public static var isAccompanied: Bool { false }
    /// The mode.
    public static func point(mode: PowerMode, minibatch: Int) -> PowerMode { mode }
}

extension InferenceObservation: ALSObservation {
    /// An inference alone.
    public static var isAccompanied: Bool { false }
    /// The mode and the size.
    public static func point(mode: PowerMode, minibatch: Int) -> InferencePoint {
        InferencePoint(mode: mode, minibatch: minibatch)
    }
}

extension PairObservation: ALSObservation {
    /// An inference and background work.
    public static var isAccompanied: Bool { true }
    /// The mode, and the size of the inference's minibatches.
    public static func point(mode: PowerMode, minibatch: Int) -> InferencePoint {
        InferencePoint(mode: mode, minibatch: minibatch)
    }
}
