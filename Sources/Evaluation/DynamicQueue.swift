import Policy

/// The requests of a series of seconds at one plan after another, as a fluid: in each second they arrive evenly, and what is
/// not served waits for the next.
///
/// A minibatch is dispatched as `DispatchedProblem` says. Where requests wait, full minibatches run back to back, b / t_in requests
/// per second, and background work gets the time that is left. A request is late where those before it take longer than
/// L - t_in, as its own minibatch can start no earlier than they are served.
struct DynamicQueue {
    /// What became of one second.
    struct Second {
        /// Background minibatches.
        var background = 0.0
        /// Requests that are answered too late.
        var lateRequests = 0.0
        /// Whether the plan keeps up with the requests of this second.
        var isKept = false
    }

    private let problem: PairProblem
    /// Requests that wait.
    private(set) var backlog = 0.0

    init(_ problem: PairProblem) { self.problem = problem }

    /// Background minibatches per second at a rate; nil where the point does not keep up with it. Without requests the
    /// background has the GPU to itself.
    static func gainPerSecond(_ problem: PairProblem, _ observation: PairObservation, atRate rate: Double) -> Double? {
        guard rate > 0 else {
            return observation.powerWatts <= problem.budgetWatts && observation.backgroundMilliseconds > 0
                ? 1000 / observation.backgroundMilliseconds : nil
        }
        var posed = problem
        posed.ratePerSecond = rate
        return posed.dispatched(observation).map(posed.gainPerSecond)
    }

    /// Serves the next second, in which `requests` arrive. Nothing runs for `changeSeconds` of it, right after a minibatch of the
    /// inference was done; and all of it without a point.
    mutating func serve(_ requests: Double, at point: PairObservation?, changeSeconds: Double) -> Second {
        guard let point, point.inferenceMilliseconds > 0, point.backgroundMilliseconds > 0 else {
            backlog += requests
            return Second(lateRequests: requests, isKept: requests == 0)
        }
        let available = max(0, 1 - changeSeconds)
        let perSecond = Double(point.point.minibatch) * 1000 / point.inferenceMilliseconds
        let gain = Self.gainPerSecond(problem, point, atRate: requests)
        var second = Second(isKept: gain != nil)
        if backlog == 0, let gain, changeSeconds == 0 {
            second.background = gain
            return second
        }
        let waited = backlog
        let slope = requests - perSecond * available
        backlog = max(0, waited + slope)
        let busy = (waited + requests - backlog) / perSecond
        second.background = min((gain ?? 0) * available, max(0, available - busy) * 1000 / point.backgroundMilliseconds)
        let tolerated = perSecond * (problem.inference.latencySeconds - point.inferenceMilliseconds / 1000)
        second.lateRequests = requests * Self.share(above: tolerated, from: waited, slope: slope)
        return second
    }

    /// The share of a second in which a line that starts at `start` is above `limit`.
    static func share(above limit: Double, from start: Double, slope: Double) -> Double {
        guard limit >= 0 else { return 1 }
        if slope == 0 { return start > limit ? 1 : 0 }
        let crossing = min(max((limit - start) / slope, 0), 1)
        return slope > 0 ? 1 - crossing : crossing
    }
}
