/// The Infer problem: over modes and minibatch sizes b, minimise t_in(pm, b) subject to P_in <= P; b/a + t_in <= L, as the first
/// request of a minibatch waits b/a for the last one; and t_in * a <= b, or the queue grows without bound (Fulcrum,
/// arXiv 2509.20205, its inference-only problem).
public struct InferProblem: PlanningProblem {
    /// The power budget P, watts.
    public var budgetWatts: Double
    /// The latency budget L of a request, queueing included, seconds.
    public var latencySeconds: Double
    /// The arrival rate a, requests per second.
    public var ratePerSecond: Double

    /// Poses the problem for one budget, latency and rate.
    public init(budgetWatts: Double, latencySeconds: Double, ratePerSecond: Double) {
        self.budgetWatts = budgetWatts
        self.latencySeconds = latencySeconds
        self.ratePerSecond = ratePerSecond
    }

    /// Whether power, latency and rate are kept. False where a value is not a finite number.
    public func isFeasible(_ observation: InferenceObservation) -> Bool {
        observation.powerWatts <= budgetWatts && observation.powerWatts.isFinite
            && observation.minibatchMilliseconds.isFinite
            && meetsLatency(minibatch: observation.point.minibatch, milliseconds: observation.minibatchMilliseconds)
            && keepsUp(minibatch: observation.point.minibatch, milliseconds: observation.minibatchMilliseconds)
    }

    /// b/a + t_in <= L: whether the first request of a minibatch is answered in time.
    public func meetsLatency(minibatch: Int, milliseconds: Double) -> Bool {
        Double(minibatch) / ratePerSecond + milliseconds / 1000 <= latencySeconds
    }

    /// t_in * a <= b: whether minibatches are done as fast as their requests arrive.
    public func keepsUp(minibatch: Int, milliseconds: Double) -> Bool {
        milliseconds / 1000 * ratePerSecond <= Double(minibatch)
    }

    /// The one with the shorter minibatch; ties go to the lower power, then to the lower point.
    public func precedes(_ left: InferenceObservation, _ right: InferenceObservation) -> Bool {
        (left.minibatchMilliseconds, left.powerWatts, left.point)
            < (right.minibatchMilliseconds, right.powerWatts, right.point)
    }
}
