/// A problem whose points can be run at other rates than they were planned for, by a dispatcher that does not wait for the
/// last request of a minibatch when the first one cannot wait any longer.
///
/// With a fixed minibatch size the first request of a minibatch waits b/a for the last one, so that a rate below the planned
/// one makes requests late. Here a minibatch is run as soon as it is full, or when its oldest request has waited L - t_in. At the
/// rate a it has min(b, floor(a (L - t_in))) requests, and one at least; it takes no longer than a full one, t_in, and draws
/// no more power than that. So a lower rate costs background work, and no request its deadline; a point that keeps up with
/// one rate serves every lower one in time.
public protocol DispatchedProblem: ArrivalProblem {
    /// The observation with the minibatches that it runs at the problem's rate; nil where it does not keep the limits with
    /// them, or the rate is not above 0.
    func dispatched(_ observation: Observation) -> Observation?

    /// What is gained per second with minibatches as dispatched; more is better, and 0 is nothing.
    func gainPerSecond(_ dispatched: Observation) -> Double
}

extension InferProblem: DispatchedProblem {
    /// Requests in a minibatch that is run when its oldest request has to be answered in `milliseconds`, or when it has all its
    /// `minibatch`; nil where so much time is more than the whole latency, or the rate is not above 0.
    public func dispatchedMinibatch(full minibatch: Int, milliseconds: Double) -> Int? {
        let requests = ratePerSecond * (latencySeconds - milliseconds / 1000)
        guard ratePerSecond > 0, milliseconds / 1000 <= latencySeconds, requests.isFinite, minibatch > 0 else {
            return nil
        }
        // An integer that the product misses by rounding is no request less.
        let whole = (requests * (1 + 1e-12)).rounded(.down)
        return max(1, min(minibatch, Int(exactly: whole) ?? minibatch))
    }

    /// The point with smaller minibatches where the rate is low.
    public func dispatched(_ observation: InferenceObservation) -> InferenceObservation? {
        guard observation.powerWatts <= budgetWatts, observation.powerWatts.isFinite,
            let size = dispatchedMinibatch(
                full: observation.point.minibatch, milliseconds: observation.minibatchMilliseconds),
            keepsUp(minibatch: size, milliseconds: observation.minibatchMilliseconds)
        else { return nil }
        var served = observation
        served.point.minibatch = size
        return served
    }

    /// Minibatches per second that it could run: the shorter they take, the better.
    public func gainPerSecond(_ dispatched: InferenceObservation) -> Double {
        dispatched.minibatchMilliseconds > 0 ? 1000 / dispatched.minibatchMilliseconds : 0
    }
}

extension PairProblem: DispatchedProblem {
    /// The point with smaller inference minibatches where the rate is low. With the interleaving `slack` they are run one
    /// background minibatch earlier where they keep up so: that much slack is what keeps the GPU busy. The goals of a second
    /// inference are kept with these minibatches.
    public func dispatched(_ observation: PairObservation) -> PairObservation? {
        if interleaving == .slack,
            let served = dispatched(observation, aheadMilliseconds: observation.backgroundMilliseconds)
        {
            return served
        }
        return dispatched(observation, aheadMilliseconds: 0)
    }

    private func dispatched(_ observation: PairObservation, aheadMilliseconds: Double) -> PairObservation? {
        let milliseconds = observation.inferenceMilliseconds
        guard
            let size = inference.dispatchedMinibatch(
                full: observation.point.minibatch, milliseconds: milliseconds + aheadMilliseconds)
        else { return nil }
        var served = observation
        served.point.minibatch = size
        // The deadline is kept by dispatching in time, whatever rounding says of size/a + t_in; and a single request waits for
        // no other.
        var posed = self
        posed.inference.latencySeconds = max(
            inference.latencySeconds, windowSeconds(minibatch: size) + milliseconds / 1000)
        return posed.isFeasible(served) ? served : nil
    }

    /// Background minibatches per second.
    public func gainPerSecond(_ dispatched: PairObservation) -> Double {
        max(0, backgroundPerSecond(dispatched) ?? 0)
    }
}
