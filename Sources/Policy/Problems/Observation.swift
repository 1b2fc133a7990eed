/// What a profile of one point gave: medians over its minibatches.
public protocol Observation: Hashable, Sendable {
    /// What can be profiled: a power mode, and where it is open the size of an inference minibatch.
    associatedtype Point: Hashable, Comparable, Sendable, CustomStringConvertible

    /// The point that was profiled.
    var point: Point { get }
    /// The power mode of the point.
    var mode: PowerMode { get }
    /// Power of the module while it ran, watts; with two workloads that of the hungrier one.
    var powerWatts: Double { get }

    /// Whether all values have the same bits: unlike `==`, so that a value that is not a number is the same as itself.
    func isIdentical(to other: Self) -> Bool
}

/// A profile of a training workload, whose minibatch size is fixed.
public struct TrainingObservation: Observation {
    /// The mode that was profiled.
    public var mode: PowerMode
    /// Time of one training minibatch, milliseconds.
    public var minibatchMilliseconds: Double
    /// Power of the module while it ran, watts.
    public var powerWatts: Double

    /// Makes an observation.
    public init(mode: PowerMode, minibatchMilliseconds: Double, powerWatts: Double) {
        self.mode = mode
        self.minibatchMilliseconds = minibatchMilliseconds
        self.powerWatts = powerWatts
    }

    /// The mode: training has nothing else to choose.
    public var point: PowerMode { mode }

    /// Whether mode, time and power have the same bits.
    public func isIdentical(to other: TrainingObservation) -> Bool {
        mode == other.mode && minibatchMilliseconds.bitPattern == other.minibatchMilliseconds.bitPattern
            && powerWatts.bitPattern == other.powerWatts.bitPattern
    }
}

/// A power mode and the number of requests that one inference minibatch takes.
public struct InferencePoint: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// The power mode.
    public var mode: PowerMode
    /// Requests per minibatch, the papers' b (`bs` in their tables).
    public var minibatch: Int

    /// Makes a point; nothing is checked.
    public init(mode: PowerMode, minibatch: Int) {
        self.mode = mode
        self.minibatch = minibatch
    }

    /// Orders by mode, then by minibatch size.
    public static func < (left: InferencePoint, right: InferencePoint) -> Bool {
        (left.mode, left.minibatch) < (right.mode, right.minibatch)
    }

    /// `cores_cpu_gpu_mem x minibatch`.
    public var description: String { "\(mode) x \(minibatch)" }
}

/// A profile of an inference workload at one minibatch size.
public struct InferenceObservation: Observation {
    /// The mode and the minibatch size that were profiled.
    public var point: InferencePoint
    /// Time of one inference minibatch, milliseconds.
    public var minibatchMilliseconds: Double
    /// Power of the module while it ran, watts.
    public var powerWatts: Double

    /// Makes an observation.
    public init(point: InferencePoint, minibatchMilliseconds: Double, powerWatts: Double) {
        self.point = point
        self.minibatchMilliseconds = minibatchMilliseconds
        self.powerWatts = powerWatts
    }

    /// The power mode of `point`.
    public var mode: PowerMode { point.mode }

    /// Whether point, time and power have the same bits.
    public func isIdentical(to other: InferenceObservation) -> Bool {
        point == other.point && minibatchMilliseconds.bitPattern == other.minibatchMilliseconds.bitPattern
            && powerWatts.bitPattern == other.powerWatts.bitPattern
    }
}

/// A profile of an inference and of the background work that shares the GPU with it: a training, or a second inference that is
/// not urgent. Interleaved minibatches take the times that they take alone (Fulcrum, arXiv 2509.20205, measured there).
public struct PairObservation: Observation {
    /// The mode, and the minibatch size of the (urgent) inference.
    public var point: InferencePoint
    /// Time of one inference minibatch, milliseconds.
    public var inferenceMilliseconds: Double
    /// Power while the inference ran, watts.
    public var inferenceWatts: Double
    /// Time of one background minibatch of its fixed size, milliseconds.
    public var backgroundMilliseconds: Double
    /// Power while the background work ran, watts.
    public var backgroundWatts: Double

    /// Makes an observation.
    public init(
        point: InferencePoint, inferenceMilliseconds: Double, inferenceWatts: Double, backgroundMilliseconds: Double,
        backgroundWatts: Double
    ) {
        self.point = point
        self.inferenceMilliseconds = inferenceMilliseconds
        self.inferenceWatts = inferenceWatts
        self.backgroundMilliseconds = backgroundMilliseconds
        self.backgroundWatts = backgroundWatts
    }

    /// Joins a profile of the inference with one of the training at the same mode.
    public init(inference: InferenceObservation, training: TrainingObservation) {
        self.init(
            point: inference.point, inferenceMilliseconds: inference.minibatchMilliseconds,
            inferenceWatts: inference.powerWatts, backgroundMilliseconds: training.minibatchMilliseconds,
            backgroundWatts: training.powerWatts)
    }

    /// The power mode of `point`.
    public var mode: PowerMode { point.mode }
    /// Interleaved, the module draws what the hungrier of the two draws, watts; not a number where one of the two is not.
    public var powerWatts: Double {
        inferenceWatts >= backgroundWatts || inferenceWatts.isNaN ? inferenceWatts : backgroundWatts
    }

    /// Whether point, times and powers have the same bits.
    public func isIdentical(to other: PairObservation) -> Bool {
        point == other.point && inferenceMilliseconds.bitPattern == other.inferenceMilliseconds.bitPattern
            && inferenceWatts.bitPattern == other.inferenceWatts.bitPattern
            && backgroundMilliseconds.bitPattern == other.backgroundMilliseconds.bitPattern
            && backgroundWatts.bitPattern == other.backgroundWatts.bitPattern
    }
}
