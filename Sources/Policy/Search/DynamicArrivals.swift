/// Plans for a rate of requests that changes: one rate per window in, one plan per window out (Fulcrum, arXiv 2509.20205, dynamic
/// arrivals). Each window is the same problem with its own rate; it is answered from the points observed so far where these
/// cover it, and only where they do not does a search go on from them and profile.
///
/// From the paper: a plan per window, and that the observed front is used again instead of profiling.
///
/// Ours, as the paper leaves it open: the front covers a window if one of its points is feasible there and, where `reach` is
/// finite, a search was made at a rate no further off than this factor; without that bound, points that were chosen for a low
/// rate would serve a high one for ever as soon as one of them manages it, however far from the best. A window's plan uses only
/// what was observed before or for it, never what a later window profiled. Where nothing is feasible, the plan says what
/// comes closest.
public struct DynamicArrivals<Problem: ArrivalProblem>: Sendable {
    /// The rate of each window; 0 where no request arrives, which leaves nothing to plan.
    public let ratesPerSecond: [Double]
    /// The problem; its own rate plays no part.
    public let problem: Problem
    /// What was observed before the first window.
    public let known: Observed<Problem.Observation>
    /// The factor between a window's rate and one that was searched, within which the front may answer.
    public let reach: Double
    private let search: @Sendable (Problem) -> any Search<Problem>
    private var progress: Progress

    /// What the windows planned so far have led to.
    private struct Progress: Sendable {
        var known: Observed<Problem.Observation>
        var plans: [WindowPlan<Problem.Observation>] = []
        var searchedRates: [Double] = []
        /// Taken from the observations that the caller passes.
        var taken: [Problem.Observation] = []
    }

    /// Prepares plans for `ratesPerSecond`, the rates that each window must sustain. `search` makes the search of one window.
    ///
    /// With an infinite `reach` a feasible point always covers, as in the paper. Nil where a rate is negative or not finite, or
    /// `reach` is below 1.
    public init?(
        ratesPerSecond: [Double], problem: Problem, known: Observed<Problem.Observation> = Observed(),
        reach: Double = .infinity, search: @escaping @Sendable (Problem) -> any Search<Problem>
    ) {
        guard ratesPerSecond.allSatisfy({ $0 >= 0 && $0.isFinite }), reach >= 1 else { return nil }
        self.ratesPerSecond = ratesPerSecond
        self.problem = problem
        self.known = known
        self.reach = reach
        self.search = search
        progress = Progress(known: known)
    }

    /// The step that follows from `observed`, under the rule of `Search`: the same for the same observations, whichever were
    /// passed before. Each point is asked for once. O(points known) per window that is new since the last call.
    public mutating func next(observed: Observed<Problem.Observation>) -> ArrivalStep<Problem.Observation> {
        if progress.taken.contains(where: { observed[$0.point] != $0 }) { progress = Progress(known: known) }
        while progress.plans.count < ratesPerSecond.count {
            let rate = ratesPerSecond[progress.plans.count]
            guard rate > 0 else {
                progress.plans.append(WindowPlan(ratePerSecond: 0, profiles: 0, outcome: .idle))
                continue
            }
            var posed = problem
            posed.ratePerSecond = rate
            if isWithinReach(rate), let best = posed.optimum(over: progress.known.all) {
                progress.plans.append(WindowPlan(ratePerSecond: rate, profiles: 0, outcome: .run(best)))
            } else if let point = plan(posed, from: observed) {
                return .profile(point)
            }
        }
        return .plans(progress.plans)
    }

    private func isWithinReach(_ rate: Double) -> Bool {
        reach == .infinity || progress.searchedRates.contains { max($0, rate) <= reach * min($0, rate) }
    }

    /// Lets a search go on and plans the window from what is known then; the point that it waits for, if it does. Nothing is
    /// kept of a search that waits, so that a window under way is not taken for one that the front covers.
    private mutating func plan(_ posed: Problem, from observed: Observed<Problem.Observation>)
        -> Problem.Observation.Point?
    {
        var known = progress.known
        var taken: [Problem.Observation] = []
        var search = self.search(posed)
        // A point that is known and asked for again would be asked for ever: it ends the search.
        while case .profile(let point) = search.next(observed: known), known[point] == nil {
            guard let observation = observed[point] else { return point }
            known.record(observation)
            taken.append(observation)
        }
        let outcome: WindowPlan<Problem.Observation>.Outcome
        if let best = posed.optimum(over: known.all) {
            outcome = .run(best)
        } else if let closest = Self.closest(posed, known.all) {
            outcome = .unsolvable(closest: closest, posed.shortfall(closest))
        } else {
            outcome = .overBudget
        }
        progress.known = known
        progress.taken += taken
        progress.searchedRates.append(posed.ratePerSecond)
        progress.plans.append(
            WindowPlan(ratePerSecond: posed.ratePerSecond, profiles: taken.count, outcome: outcome))
        return nil
    }

    /// Of the points within the power budget the one of least shortfall; ties go to the better one of the problem.
    private static func closest(_ posed: Problem, _ observations: [Problem.Observation]) -> Problem.Observation? {
        var best: (observation: Problem.Observation, shortfall: Shortfall)?
        for observation in observations where observation.powerWatts <= posed.budgetWatts {
            let shortfall = posed.shortfall(observation)
            guard shortfall.load.isFinite, shortfall.latenessSeconds.isFinite else { continue }
            if let best, best.shortfall < shortfall { continue }
            if let best, !(shortfall < best.shortfall), !posed.precedes(observation, best.observation) { continue }
            best = (observation, shortfall)
        }
        return best?.observation
    }
}

/// The next thing that dynamic arrivals want.
public enum ArrivalStep<Observation: Policy.Observation>: Hashable, Sendable {
    /// Measure this point, then ask again.
    case profile(Observation.Point)
    /// A plan for each window.
    case plans([WindowPlan<Observation>])
}

/// What to do in one window of arrivals.
public struct WindowPlan<Observation: Policy.Observation>: Hashable, Sendable {
    /// How a window can be served.
    public enum Outcome: Hashable, Sendable {
        /// No request arrives.
        case idle
        /// Run at this point, which keeps all limits.
        case run(Observation)
        /// No known point keeps all limits; of those within the power budget this one is closest to serving the requests. It
        /// serves them where only the background's goal is missed.
        case unsolvable(closest: Observation, Shortfall)
        /// No known point keeps even the power budget.
        case overBudget
    }

    /// The rate planned for, requests per second.
    public let ratePerSecond: Double
    /// Points that were profiled for this window; 0 where the front that was there covers it.
    public let profiles: Int
    /// How it is served.
    public let outcome: Outcome
}
