/// The Pair problem: an inference with a latency budget, and background work that fills what is left of the GPU's time,
/// interleaved by minibatch. Per window of b/a seconds runs one inference minibatch and tau = floor((b/a - t_in) / t_bg)
/// background minibatches; the limits are those of Infer, and the power of both within the budget. (Fulcrum,
/// arXiv 2509.20205: training and inference, and two inferences of which one is not urgent.)
public struct PairProblem: PlanningProblem {
    /// What is maximised.
    public enum Objective: String, CaseIterable, Sendable {
        /// tau, the background minibatches per window, however long the window is: the authors' objective.
        case window
        /// tau * a / b, the background minibatches per second.
        case throughput
    }

    /// What fills the time that the inference leaves.
    public enum Background: Hashable, Sendable {
        /// A training: as many minibatches as fit, zero included.
        case training
        /// An inference that is not urgent, with goals of its own.
        case inference(NonUrgentGoal)
    }

    /// The limits of power, latency and rate of the (urgent) inference.
    public var inference: InferProblem
    /// What is maximised.
    public var objective: Objective
    /// What fills the time that the inference leaves.
    public var background: Background

    /// Poses the problem for one budget, latency and rate.
    public init(
        budgetWatts: Double, latencySeconds: Double, ratePerSecond: Double, objective: Objective = .window,
        background: Background = .training
    ) {
        inference = InferProblem(
            budgetWatts: budgetWatts, latencySeconds: latencySeconds, ratePerSecond: ratePerSecond)
        self.objective = objective
        self.background = background
    }

    /// The power budget P, watts.
    public var budgetWatts: Double { inference.budgetWatts }

    /// The arrival rate a of the (urgent) inference, requests per second.
    public var ratePerSecond: Double {
        get { inference.ratePerSecond }
        set { inference.ratePerSecond = newValue }
    }

    /// Length of the window of one inference minibatch, b/a, seconds.
    public func windowSeconds(minibatch: Int) -> Double { Double(minibatch) / inference.ratePerSecond }

    /// tau: whole background minibatches that fit into one window beside the inference minibatch. Below 0 only where that alone
    /// does not fit; nil where a time is not a finite number or the background's is not above zero. Int.max stands for all
    /// counts beyond it, and Int.min for those below.
    public func backgroundMinibatches(_ observation: PairObservation) -> Int? {
        let (minibatch, milliseconds) = (observation.point.minibatch, observation.inferenceMilliseconds)
        guard milliseconds.isFinite, observation.backgroundMilliseconds.isFinite, observation.backgroundMilliseconds > 0
        else { return nil }
        let remainder = windowSeconds(minibatch: minibatch) - milliseconds / 1000
        let count = (remainder / (observation.backgroundMilliseconds / 1000)).rounded(.down)
        guard !count.isNaN else { return nil }
        let tau = Int(exactly: count) ?? (count > 0 ? .max : .min)
        // Where the two take equally long by t_in * a = b, rounding can leave a remainder just below zero.
        return inference.keepsUp(minibatch: minibatch, milliseconds: milliseconds) ? max(tau, 0) : tau
    }

    /// theta = tau * a / b, background minibatches per second; nil where tau is, too low where tau is Int.max.
    public func backgroundPerSecond(_ observation: PairObservation) -> Double? {
        backgroundMinibatches(observation).map {
            Double($0) * inference.ratePerSecond / Double(observation.point.minibatch)
        }
    }

    /// (1 - t_in * a / b) / t_bg: the background minibatches per second if the GPU were never idle, which no order of
    /// minibatches can exceed at this point.
    public func fluidBackgroundPerSecond(_ observation: PairObservation) -> Double {
        let share = 1 - observation.inferenceMilliseconds / 1000 / windowSeconds(minibatch: observation.point.minibatch)
        return share / (observation.backgroundMilliseconds / 1000)
    }

    /// Whether power, latency and rate are kept, of both inferences where there are two. False where a value is not a finite
    /// number.
    public func isFeasible(_ observation: PairObservation) -> Bool {
        guard
            observation.inferenceWatts <= budgetWatts, observation.inferenceWatts.isFinite,
            observation.backgroundWatts <= budgetWatts, observation.backgroundWatts.isFinite,
            observation.inferenceMilliseconds.isFinite, observation.backgroundMilliseconds.isFinite,
            inference.meetsLatency(
                minibatch: observation.point.minibatch, milliseconds: observation.inferenceMilliseconds),
            inference.keepsUp(
                minibatch: observation.point.minibatch, milliseconds: observation.inferenceMilliseconds),
            let tau = backgroundMinibatches(observation)
        else { return false }
        switch background {
        case .training: return true
        case .inference(let goal):
            return goal.isMet(
                minibatchesPerWindow: tau, windowSeconds: windowSeconds(minibatch: observation.point.minibatch),
                urgentSeconds: observation.inferenceMilliseconds / 1000,
                ownSeconds: observation.backgroundMilliseconds / 1000)
        }
    }

    /// The one that reaches more of the objective; ties go to the shorter inference minibatch, then to the lower power, then
    /// to the lower point.
    public func precedes(_ left: PairObservation, _ right: PairObservation) -> Bool {
        let (leftReached, rightReached) = (reached(left), reached(right))
        guard leftReached == rightReached else { return leftReached > rightReached }
        return (left.inferenceMilliseconds, left.powerWatts, left.point)
            < (right.inferenceMilliseconds, right.powerWatts, right.point)
    }

    private func reached(_ observation: PairObservation) -> Double {
        switch objective {
        case .window: backgroundMinibatches(observation).map(Double.init) ?? -.infinity
        case .throughput: backgroundPerSecond(observation) ?? -.infinity
        }
    }
}

/// What an inference that is not urgent asks for, when it takes training's place beside an urgent one.
///
/// The paper gives it a latency budget of its own and no formula. Here: its minibatches of b_n requests are ready every
/// b_n / a_n seconds and start in the order in which they became ready, in the tau places of each window. With
/// tau >= (b/a) / (b_n/a_n) all that became ready in one window are served in the next at the latest, so a request waits at
/// most b_n/a_n for its minibatch to fill, then b/a + t_in + t_bg until that is done.
///
/// With w = b/a and p = b_n/a_n: the first minibatch that becomes ready in a window does so at most w before the next one begins,
/// and is done t_in + t_bg after that, as the places are assumed to follow the urgent minibatch directly. The k-th is ready
/// (k - 1) p later and done (k - 1) t_bg later. tau * t_bg <= w - t_in and tau * p >= w give t_bg <= p, so none waits longer
/// than the first.
public struct NonUrgentGoal: Hashable, Sendable {
    /// Requests per minibatch, b_n, fixed as training's is.
    public var minibatch: Int
    /// Arrival rate of its requests, a_n, per second.
    public var ratePerSecond: Double
    /// Latency budget of a request, queueing included, seconds.
    public var latencySeconds: Double

    /// Makes a goal; nothing is checked.
    public init(minibatch: Int, ratePerSecond: Double, latencySeconds: Double) {
        self.minibatch = minibatch
        self.ratePerSecond = ratePerSecond
        self.latencySeconds = latencySeconds
    }

    /// Whether tau places per window keep up with the arrivals and answer each request in time.
    public func isMet(minibatchesPerWindow: Int, windowSeconds: Double, urgentSeconds: Double, ownSeconds: Double)
        -> Bool
    {
        let periodSeconds = Double(minibatch) / ratePerSecond
        return Double(minibatchesPerWindow) * periodSeconds >= windowSeconds
            && periodSeconds + windowSeconds + urgentSeconds + ownSeconds <= latencySeconds
    }
}
