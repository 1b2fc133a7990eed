/// Plans for requests whose rate nobody knows in advance: estimates it from what has arrived, holds a plan while the rate stays
/// within a band, and plans anew where it leaves it (Fulcrum, arXiv 2509.20205, adds dynamic arrivals; the paper's planner is
/// told the rate of each window).
///
/// A plan is a known point that keeps up with the upper end of the band and gains most over the rates that are to be expected
/// (`DispatchedProblem`); a lower rate than planned is served in time by smaller minibatches. The point in force is given up
/// only for one that earns the cost of a change of mode back within the time that a band is held. No point is profiled twice:
/// plans come from what was observed, and a search goes on only at a planned rate that was not searched yet, under the rules of
/// `DynamicArrivals`.
public struct RatePlanner<Problem: DispatchedProblem>: Sendable {
    /// The estimate of the rate.
    public private(set) var estimate: RateEstimate
    /// The rates that the plan in force is meant for.
    public private(set) var band: RateBand
    /// The plan in force; nil before the first.
    public private(set) var plan: WindowPlan<Problem.Observation>?
    /// How often the rate left its band, the first plan not counted.
    public private(set) var replans = 0
    /// How often a new plan had another power mode.
    public private(set) var modeChanges = 0
    /// How often a new plan had the same mode and another minibatch size.
    public private(set) var minibatchChanges = 0

    private let problem: Problem
    private let changeSeconds: Double
    private var arrivals: DynamicArrivals<Problem>
    private var isDue = false
    private var windowsPlanned = 0

    /// Equally spaced rates between the bounds of the estimate, over which a gain is averaged.
    private static var expectedRates: Int { 9 }

    /// Prepares to plan for `problem`, whose own rate plays no part, from what is `known`. `changeSeconds` is for how long nothing
    /// is gained while the mode changes. `search` and `reach` are those of `DynamicArrivals`. Nil where `reach` is below 1, or
    /// `changeSeconds` is negative or not finite.
    public init?(
        problem: Problem, estimate: RateEstimate, band: RateBand, changeSeconds: Double,
        known: Observed<Problem.Observation> = Observed(), reach: Double = .infinity,
        search: @escaping @Sendable (Problem) -> any Search<Problem>
    ) {
        guard changeSeconds >= 0, changeSeconds.isFinite,
            let arrivals = DynamicArrivals(
                ratesPerSecond: [], problem: problem, known: known, reach: reach, search: search)
        else { return nil }
        self.problem = problem
        self.estimate = estimate
        self.band = band
        self.changeSeconds = changeSeconds
        self.arrivals = arrivals
    }

    /// Takes in that `requests` arrived in the last `seconds`; false, without effect, where that cannot be. O(1), without
    /// allocation.
    @discardableResult
    public mutating func count(_ requests: Double, overSeconds seconds: Double) -> Bool {
        guard estimate.count(requests, overSeconds: seconds), let upper = estimate.upperPerSecond() else {
            return false
        }
        let isFirst = band.highPerSecond == nil
        if band.update(upperPerSecond: upper, seconds: seconds) {
            isDue = true
            if !isFirst { replans += 1 }
        }
        return true
    }

    /// The step that follows from what was counted, and from `observed`, all that was ever observed of the workload. Call it after
    /// each count, and after each profile that it asks for. O(1) while the rate stays in its band; else O(points observed), and
    /// where it searches the time of its search.
    public mutating func next(observed: Observed<Problem.Observation>) -> RateStep<Problem.Observation> {
        guard isDue, let rate = band.highPerSecond else { return .hold }
        // A rate that was planned before has been searched, or needed no search.
        if !arrivals.ratesPerSecond.contains(rate) { arrivals.append(ratePerSecond: rate) }
        switch arrivals.next(observed: observed) {
        case .profile(let point): return .profile(point)
        case .plans(let windows):
            isDue = false
            guard let window = windows.first(where: { $0.ratePerSecond == rate }) else { return .hold }
            let outcome = best(of: observed, ratePerSecond: rate).map { WindowPlan.Outcome.run($0) } ?? window.outcome
            // A rate that comes back has been searched before.
            let profiles = windows.count > windowsPlanned ? window.profiles : 0
            windowsPlanned = windows.count
            let chosen = WindowPlan(ratePerSecond: rate, profiles: profiles, outcome: outcome)
            countChange(from: plan?.observation, to: chosen.observation)
            plan = chosen
            return .plan(chosen)
        }
    }

    /// Of the points that keep up with `rate` the one of most gain; the one in force, where no other is worth the change.
    private func best(of observed: Observed<Problem.Observation>, ratePerSecond rate: Double) -> Problem.Observation? {
        var planned = problem
        planned.ratePerSecond = rate
        let expected = expectedProblems()
        var best: (observation: Problem.Observation, dispatched: Problem.Observation, gain: Double)?
        for observation in observed.all {
            guard let dispatched = planned.dispatched(observation) else { continue }
            let gain = Self.gainPerSecond(observation, expected)
            if let best {
                guard gain >= best.gain else { continue }
                // Two points of one mode can be dispatched alike: the lower one then.
                if gain == best.gain, !planned.precedes(dispatched, best.dispatched),
                    planned.precedes(best.dispatched, dispatched) || best.observation.point < observation.point
                {
                    continue
                }
            }
            best = (observation, dispatched, gain)
        }
        guard let best else { return nil }
        guard let point = plan?.observation?.point, point != best.observation.point, let current = observed[point],
            planned.dispatched(current) != nil
        else { return best.observation }
        let lost = current.mode == best.observation.mode ? 0 : best.gain * changeSeconds
        let gained = (best.gain - Self.gainPerSecond(current, expected)) * band.holdSeconds
        return gained > lost ? best.observation : current
    }

    /// The problem at rates between the bounds of the estimate.
    private func expectedProblems() -> [Problem] {
        guard let low = estimate.lowerPerSecond(), let high = estimate.upperPerSecond() else { return [] }
        return (0..<Self.expectedRates).map { index in
            var posed = problem
            posed.ratePerSecond = low + (high - low) * Double(index) / Double(Self.expectedRates - 1)
            return posed
        }
    }

    /// The mean over `problems`; where a point does not keep the limits it gains nothing.
    private static func gainPerSecond(_ observation: Problem.Observation, _ problems: [Problem]) -> Double {
        problems.reduce(0) { sum, problem in
            sum + (problem.dispatched(observation).map(problem.gainPerSecond) ?? 0)
        } / Double(max(1, problems.count))
    }

    private mutating func countChange(from old: Problem.Observation?, to new: Problem.Observation?) {
        guard let old, let new, old.point != new.point else { return }
        if old.mode == new.mode { minibatchChanges += 1 } else { modeChanges += 1 }
    }
}

/// The next thing that a `RatePlanner` wants.
public enum RateStep<Observation: Policy.Observation>: Hashable, Sendable {
    /// Keep the plan in force; without one there is nothing to plan for yet.
    case hold
    /// Measure this point, then ask again; the plan in force stays so meanwhile.
    case profile(Observation.Point)
    /// From now on this plan is in force. It may name the point that was.
    case plan(WindowPlan<Observation>)
}
