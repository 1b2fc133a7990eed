/// A problem with requests that arrive, which can be posed again for another rate of theirs.
public protocol ArrivalProblem: PlanningProblem {
    /// The arrival rate a, requests per second.
    var ratePerSecond: Double { get set }

    /// How far the requests are from being served at the point of `observation`.
    func shortfall(_ observation: Observation) -> Shortfall
}

/// How far requests are from being served in time.
public struct Shortfall: Hashable, Sendable {
    /// t_in * a / b: requests that arrive over requests that can be served. Up to 1 the minibatches keep up.
    public let load: Double
    /// b/a + t_in - L, seconds: how late the first request of a minibatch is answered while they keep up; 0 where it is in time.
    public let latenessSeconds: Double

    /// Whether this is the smaller overload, as a queue that grows makes any latency; or the same overload and the smaller
    /// lateness. Loads up to 1 are no overload, so two of them that are equally late are equally close.
    public func isCloser(than other: Shortfall) -> Bool {
        (max(load, 1), latenessSeconds) < (max(other.load, 1), other.latenessSeconds)
    }
}

extension InferProblem: ArrivalProblem {
    /// Load and lateness at the point of `observation`.
    public func shortfall(_ observation: InferenceObservation) -> Shortfall {
        shortfall(minibatch: observation.point.minibatch, milliseconds: observation.minibatchMilliseconds)
    }

    func shortfall(minibatch: Int, milliseconds: Double) -> Shortfall {
        let seconds = milliseconds / 1000
        return Shortfall(
            load: seconds * ratePerSecond / Double(minibatch),
            latenessSeconds: max(0, Double(minibatch) / ratePerSecond + seconds - latencySeconds))
    }
}

extension PairProblem: ArrivalProblem {
    /// Load and lateness of the (urgent) inference at the point of `observation`.
    public func shortfall(_ observation: PairObservation) -> Shortfall {
        inference.shortfall(minibatch: observation.point.minibatch, milliseconds: observation.inferenceMilliseconds)
    }
}
