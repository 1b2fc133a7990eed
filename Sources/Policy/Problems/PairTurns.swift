/// The times of one turn of the inference and one minibatch of the background, from which the pair's limits and its
/// throughput follow. In a mode for both the turn is the inference minibatch; with a mode per slice it has a switch of
/// modes at each end.
struct PairTurns {
    /// Requests per inference minibatch.
    var minibatch: Int
    /// From the start of the inference's turn until its requests are answered, milliseconds.
    var answerMilliseconds: Double
    /// From the start of the inference's turn until background work can run, milliseconds.
    var turnMilliseconds: Double
    /// Time of one background minibatch, milliseconds.
    var backgroundMilliseconds: Double

    /// Both at the same mode.
    init(_ observation: PairObservation) {
        self.init(
            minibatch: observation.point.minibatch, inferenceMilliseconds: observation.inferenceMilliseconds,
            backgroundMilliseconds: observation.backgroundMilliseconds, switchMilliseconds: 0)
    }

    /// Each in its own mode, with a switch of `switchMilliseconds` before and after the inference.
    init(
        minibatch: Int, inferenceMilliseconds: Double, backgroundMilliseconds: Double, switchMilliseconds: Double
    ) {
        self.minibatch = minibatch
        answerMilliseconds = switchMilliseconds + inferenceMilliseconds
        turnMilliseconds = 2 * switchMilliseconds + inferenceMilliseconds
        self.backgroundMilliseconds = backgroundMilliseconds
    }
}

extension PairProblem {
    /// Whole background minibatches per window; see `backgroundMinibatches`.
    func wholeMinibatches(_ turns: PairTurns) -> Int? {
        guard turns.turnMilliseconds.isFinite, turns.backgroundMilliseconds.isFinite, turns.backgroundMilliseconds > 0
        else { return nil }
        let remainder = windowSeconds(minibatch: turns.minibatch) - turns.turnMilliseconds / 1000
        let count = (remainder / (turns.backgroundMilliseconds / 1000)).rounded(.down)
        guard !count.isNaN else { return nil }
        let tau = Int(exactly: count) ?? (count > 0 ? .max : .min)
        // Where the two take equally long by t_in * a = b, rounding can leave a remainder just below zero.
        return inference.keepsUp(minibatch: turns.minibatch, milliseconds: turns.turnMilliseconds) ? max(tau, 0) : tau
    }

    /// (1 - t a / b) / t_bg, with the inference's turn t.
    func fluidPerSecond(_ turns: PairTurns) -> Double {
        let share = 1 - turns.turnMilliseconds / 1000 / windowSeconds(minibatch: turns.minibatch)
        return share / (turns.backgroundMilliseconds / 1000)
    }

    /// Background minibatches per second in the long run; nil where the times are not numbers of that kind.
    func perSecond(_ turns: PairTurns) -> Double? {
        guard let tau = wholeMinibatches(turns) else { return nil }
        let whole = wholePerSecond(tau, turns)
        guard usesSlack(turns) else { return whole }
        let fluid = fluidPerSecond(turns)
        let windows = slackWindows(turns)
        guard fluid.isFinite, fluid > whole else { return whole }
        if windows.isNeverIdle { return fluid }
        let mean = windows.backgroundPerWindow * ratePerSecond / Double(turns.minibatch)
        return max(whole, min(mean, fluid))
    }

    /// Background minibatches per window in the mean.
    func perWindow(_ turns: PairTurns) -> Double? {
        interleaving == .floor
            ? wholeMinibatches(turns).map(Double.init)
            : perSecond(turns).map { $0 * windowSeconds(minibatch: turns.minibatch) }
    }

    /// What the objective counts; -infinity where it is not known.
    func reached(_ turns: PairTurns) -> Double {
        switch objective {
        case .window: perWindow(turns) ?? -.infinity
        case .throughput: perSecond(turns) ?? -.infinity
        }
    }

    /// Bounds of what the objective counts, which take no walk over windows; -infinity where it is not known.
    func reachedWithin(_ turns: PairTurns) -> ClosedRange<Double> {
        guard let tau = wholeMinibatches(turns) else { return -.infinity ... -.infinity }
        let window = objective == .window ? windowSeconds(minibatch: turns.minibatch) : 1
        if interleaving == .floor {
            let reached = objective == .window ? Double(tau) : wholePerSecond(tau, turns)
            return reached...reached
        }
        let whole = wholePerSecond(tau, turns)
        let fluid = fluidPerSecond(turns)
        guard !(whole * window).isNaN else { return -.infinity ... .infinity }
        return (whole * window)...(fluid.isFinite ? max(whole, fluid) * window : whole * window)
    }

    /// What follows from bounds alone for `precedes`; nil where they decide nothing.
    func precedesByBounds(_ left: PairObservation, _ right: PairObservation) -> Bool? {
        let (left, right) = (reachedWithin(.init(left)), reachedWithin(.init(right)))
        if left.upperBound < right.lowerBound { return false }
        if right.upperBound < left.lowerBound { return true }
        return nil
    }

    /// Whether latency, rate and the goal of an inference that is not urgent are kept. False where a time is not a
    /// finite number.
    func isServed(_ turns: PairTurns) -> Bool {
        turns.turnMilliseconds.isFinite && turns.backgroundMilliseconds.isFinite
            && inference.meetsLatency(minibatch: turns.minibatch, milliseconds: turns.answerMilliseconds)
            && inference.keepsUp(minibatch: turns.minibatch, milliseconds: turns.turnMilliseconds)
            && wholeMinibatches(turns) != nil && meetsGoal(turns)
    }

    /// Whether the goal of an inference that is not urgent is met.
    func meetsGoal(_ turns: PairTurns) -> Bool {
        guard case .inference(let goal) = background else { return true }
        return meetsWithSlack(goal, turns)
            || wholeMinibatches(turns).map {
                goal.isMet(
                    minibatchesPerWindow: $0, windowSeconds: windowSeconds(minibatch: turns.minibatch),
                    urgentSeconds: turns.turnMilliseconds / 1000, ownSeconds: turns.backgroundMilliseconds / 1000)
            } ?? false
    }

    /// Whether the rule with slack is what runs: an inference that is not urgent and that it would make late keeps to
    /// the windows.
    private func usesSlack(_ turns: PairTurns) -> Bool {
        guard interleaving == .slack else { return false }
        switch background {
        case .training: return true
        case .inference(let goal): return meetsWithSlack(goal, turns)
        }
    }

    private func meetsWithSlack(_ goal: NonUrgentGoal, _ turns: PairTurns) -> Bool {
        guard interleaving == .slack else { return false }
        let windows = slackWindows(turns)
        return goal.isMet(
            windowSeconds: windows.windowSeconds, urgentSeconds: windows.inferenceSeconds,
            ownSeconds: windows.backgroundSeconds, slackSeconds: windows.slackSeconds)
    }

    func slackWindows(_ turns: PairTurns) -> SlackWindows {
        let window = windowSeconds(minibatch: turns.minibatch)
        return SlackWindows(
            windowSeconds: window, inferenceSeconds: turns.turnMilliseconds / 1000,
            backgroundSeconds: turns.backgroundMilliseconds / 1000,
            slackSeconds: inference.latencySeconds - window - turns.answerMilliseconds / 1000)
    }

    private func wholePerSecond(_ tau: Int, _ turns: PairTurns) -> Double {
        Double(tau) * inference.ratePerSecond / Double(turns.minibatch)
    }
}
