/// What a point would take and draw, by a model.
public struct Prediction: Hashable, Sendable {
    /// Time of one minibatch, milliseconds.
    public var minibatchMilliseconds: Double
    /// Power of the module while it runs, watts.
    public var powerWatts: Double

    /// Makes a prediction.
    public init(minibatchMilliseconds: Double, powerWatts: Double) {
        self.minibatchMilliseconds = minibatchMilliseconds
        self.powerWatts = powerWatts
    }
}

/// A model of one workload on one board: time and power at any point (`PowerMode` for a training workload, `InferencePoint` for
/// an inference), from profiles of a few.
///
/// Predictions are finite and above zero at any point, also where nothing like it was profiled, and the same for the same
/// point whatever is asked with it.
public protocol Predictor<Point>: Sendable {
    /// What it predicts for.
    associatedtype Point: Hashable, Sendable

    /// What it was made from: workload, board, rows, method. For people.
    var provenance: String { get }

    /// One prediction per point, in the same order. Asking for many points at once is cheaper than for each alone.
    func predict(_ points: [Point]) -> [Prediction]
}

extension Predictor {
    /// The prediction for one point.
    public func predict(_ point: Point) -> Prediction? { predict([point]).first }
}

/// A point as a network sees it.
public protocol NetworkPoint: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// The number of inputs.
    static var featureCount: Int { get }
    /// Input number `index`, from 0; in the unit of the point's own property.
    func feature(_ index: Int) -> Double
}

extension PowerMode: NetworkPoint {
    /// Cores, CPU, GPU and memory frequency.
    public static var featureCount: Int { 4 }

    /// The inputs in PowerTrain's order (arXiv 2407.13944): cores, CPU (kHz), GPU (Hz), memory (Hz).
    public func feature(_ index: Int) -> Double {
        switch index {
        case 0: Double(cores)
        case 1: Double(cpuKHz)
        case 2: Double(gpuHz)
        default: Double(emcHz)
        }
    }
}

extension InferencePoint: NetworkPoint {
    /// Those of the mode, and the minibatch size.
    public static var featureCount: Int { 5 }

    /// The inputs of the mode, then the minibatch size.
    public func feature(_ index: Int) -> Double {
        index < PowerMode.featureCount ? mode.feature(index) : Double(minibatch)
    }
}

/// A profile of one workload from which a network can learn.
public protocol NetworkObservation: Observation where Point: NetworkPoint {
    /// Time of one minibatch, milliseconds.
    var minibatchMilliseconds: Double { get }
}

extension TrainingObservation: NetworkObservation {}
extension InferenceObservation: NetworkObservation {}
