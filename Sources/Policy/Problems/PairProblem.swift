/// The Pair problem: an inference with a latency budget, and background work that fills what is left of the GPU's time,
/// interleaved by minibatch. Per window of b/a seconds runs one inference minibatch and tau = floor((b/a - t_in) /
/// t_bg) background minibatches; the limits are those of Infer, and the power of both within the budget. (Fulcrum,
/// arXiv 2509.20205: training and inference, and two inferences of which one is not urgent.) With the interleaving
/// `slack` the background minibatches of a window are a mean, not whole: see `SlackWindows`.
public struct PairProblem: PlanningProblem {
    /// What is maximised.
    public enum Objective: String, CaseIterable, Sendable {
        /// tau, the background minibatches per window (their mean), however long the window is: the authors' objective.
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
    /// How the two take turns.
    public var interleaving: Interleaving

    /// Poses the problem for one budget, latency and rate.
    public init(
        budgetWatts: Double, latencySeconds: Double, ratePerSecond: Double, objective: Objective = .window,
        background: Background = .training, interleaving: Interleaving = .floor
    ) {
        inference = InferProblem(
            budgetWatts: budgetWatts, latencySeconds: latencySeconds, ratePerSecond: ratePerSecond)
        self.objective = objective
        self.background = background
        self.interleaving = interleaving
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

    /// tau: whole background minibatches that fit into one window beside the inference minibatch, which is what the
    /// interleaving `floor` runs. Below 0 only where that alone does not fit; nil where a time is not a finite number
    /// or the background's is not above zero. Int.max stands for all counts beyond it, and Int.min for those below.
    public func backgroundMinibatches(_ observation: PairObservation) -> Int? { wholeMinibatches(.init(observation)) }

    /// theta, background minibatches per second in the long run: tau * a / b with the interleaving `floor`, more where
    /// there is slack with `slack`. Nil where tau is, too low where tau is Int.max.
    public func backgroundPerSecond(_ observation: PairObservation) -> Double? { perSecond(.init(observation)) }

    /// The background minibatches per window in the mean: tau with the interleaving `floor`; nil where tau is.
    public func backgroundPerWindow(_ observation: PairObservation) -> Double? { perWindow(.init(observation)) }

    /// (1 - t_in * a / b) / t_bg: the background minibatches per second if the GPU were never idle, which no order of
    /// minibatches can exceed at this point.
    public func fluidBackgroundPerSecond(_ observation: PairObservation) -> Double {
        fluidPerSecond(.init(observation))
    }

    /// Whether power, latency and rate are kept, of both inferences where there are two. False where a value is not a
    /// finite number.
    public func isFeasible(_ observation: PairObservation) -> Bool {
        observation.inferenceWatts <= budgetWatts && observation.inferenceWatts.isFinite
            && observation.backgroundWatts <= budgetWatts && observation.backgroundWatts.isFinite
            && isServed(.init(observation))
    }

    /// Whether the goal of an inference that is not urgent is met; true where there is none to meet.
    ///
    /// With the interleaving `slack` it is enough to meet it as the window rule does, which then is the rule to run:
    /// the one with slack gives the background the same number of places, but not in every window.
    public func meetsBackgroundGoal(_ observation: PairObservation) -> Bool { meetsGoal(.init(observation)) }

    /// The one that reaches more of the objective; ties go to the shorter inference minibatch, then to the lower power,
    /// then to the lower point.
    public func precedes(_ left: PairObservation, _ right: PairObservation) -> Bool {
        if interleaving == .slack {
            // Most comparisons are decided by what bounds the two, which costs less than their values.
            if let isBetter = precedesByBounds(left, right) { return isBetter }
        }
        let (leftReached, rightReached) = (reached(left), reached(right))
        guard leftReached == rightReached else { return leftReached > rightReached }
        return (left.inferenceMilliseconds, left.powerWatts, left.point)
            < (right.inferenceMilliseconds, right.powerWatts, right.point)
    }

    /// What `precedes` compares first: the mean background minibatches per window, or per second; -infinity where they
    /// are not known.
    public func reached(_ observation: PairObservation) -> Double { reached(.init(observation)) }

    /// A bound that `reached` is never above, O(1): the same of a GPU that is never idle.
    public func reachedAtMost(_ observation: PairObservation) -> Double { reachedWithin(.init(observation)).upperBound }
}

/// What an inference that is not urgent asks for, when it takes training's place beside an urgent one.
///
/// The paper gives it a latency budget of its own and no formula. Here: its minibatches of b_n requests are ready every
/// b_n / a_n seconds and start in the order in which they became ready, in the tau places of each window. With tau >=
/// (b/a) / (b_n/a_n) all that became ready in one window are served in the next at the latest, so a request waits at
/// most b_n/a_n for its minibatch to fill, then b/a + t_in + t_bg until that is done.
///
/// With w = b/a and p = b_n/a_n: the first minibatch that becomes ready in a window does so at most w before the next
/// one begins, and is done t_in + t_bg after that, as the places are assumed to follow the urgent minibatch directly.
/// The k-th is ready (k - 1) p later and done (k - 1) t_bg later. tau * t_bg <= w - t_in and tau * p >= w give t_bg <=
/// p, so none waits longer than the first.
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

    /// Whether a GPU that is never idle while a minibatch of either inference waits keeps up and answers each request
    /// in time, in whatever order it serves the two: a slack of at least one own minibatch makes it so, and is asked
    /// for.
    ///
    /// With w = b/a, p = b_n/a_n, u the urgent minibatch and d the own one: let the GPU be busy from z on when a
    /// minibatch becomes ready at r, and done with it at t. Until t it has served at most 1 + (r - z) / p own
    /// minibatches, and those urgent ones that were ready by t - d, at most 1 + (t - d - z) / w. So t - z <= d (1 + (r
    /// - z) / p) + u (1 + (t - d - z) / w), and with u / w + d / p <= 1 follows t - r <= d + u w / (w - u). A request
    /// waits at most p before for its minibatch to fill.
    public func isMet(windowSeconds: Double, urgentSeconds: Double, ownSeconds: Double, slackSeconds: Double) -> Bool {
        let periodSeconds = Double(minibatch) / ratePerSecond
        let remainder = windowSeconds - urgentSeconds
        return ownSeconds > 0 && ownSeconds <= slackSeconds && urgentSeconds >= 0 && remainder > 0
            && ownSeconds * windowSeconds <= remainder * periodSeconds
            && periodSeconds + ownSeconds + urgentSeconds * windowSeconds / remainder <= latencySeconds
    }
}
