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
    public private(set) var ratesPerSecond: [Double]
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
        /// Where a window with this rate was planned: its outcome, and how many points were known then. More points can change
        /// the outcome, but not what a search at that rate profiles.
        var outcomes: [Double: (known: Int, outcome: Outcome)] = [:]
        /// Ascending, without repeats.
        var searchedRates: [Double] = []
        /// Taken from the observations that the caller passes.
        var taken: [Problem.Observation] = []
        /// The search of the next window, where it waits for a profile.
        var waiting: WaitingSearch?
    }

    private typealias Outcome = WindowPlan<Problem.Observation>.Outcome

    /// A search under way. What it found is kept apart until it ends, so that its window is not taken for one that the front
    /// covers.
    private struct WaitingSearch: Sendable {
        var search: any Search<Problem>
        var known: Observed<Problem.Observation>
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

    /// Adds a window after those that there are; false, without effect, where the rate is negative or not finite.
    @discardableResult
    public mutating func append(ratePerSecond: Double) -> Bool {
        guard ratePerSecond >= 0, ratePerSecond.isFinite else { return false }
        ratesPerSecond.append(ratePerSecond)
        return true
    }

    /// The step that follows from `observed`, under the rule of `Search`: the same for the same observations, whichever were
    /// passed before. Each point is asked for once, and no rate is searched twice.
    ///
    /// O(points taken) per call. A window that is new since the last call takes O(points known), one whose rate was planned
    /// before O(1) where nothing was profiled since; one that has to be searched the time of its search and O(rates searched)
    /// besides. A `reach` of 1 searches each different rate, and so does an infinite one where no known point serves it.
    public mutating func next(observed: Observed<Problem.Observation>) -> ArrivalStep<Problem.Observation> {
        func isChanged(_ taken: Problem.Observation) -> Bool {
            observed[taken.point].map { !$0.isIdentical(to: taken) } ?? true
        }
        if progress.taken.contains(where: isChanged) || progress.waiting?.taken.contains(where: isChanged) == true {
            progress = Progress(known: known)
        }
        while progress.plans.count < ratesPerSecond.count {
            let rate = ratesPerSecond[progress.plans.count]
            guard rate > 0 else {
                progress.plans.append(WindowPlan(ratePerSecond: 0, profiles: 0, outcome: .idle))
                continue
            }
            var posed = problem
            posed.ratePerSecond = rate
            if let planned = progress.outcomes[rate] {
                let isCurrent = planned.known == progress.known.all.count
                add(posed, profiles: 0, isCurrent ? planned.outcome : outcome(posed))
            } else if progress.waiting == nil, isWithinReach(rate), let best = posed.optimum(over: progress.known.all) {
                add(posed, profiles: 0, .run(best))
            } else if let point = plan(posed, from: observed) {
                return .profile(point)
            }
        }
        return .plans(progress.plans)
    }

    /// Whether a searched rate is near enough: of those below and above the nearest. O(log rates searched).
    private func isWithinReach(_ rate: Double) -> Bool {
        guard reach < .infinity else { return true }
        let place = place(of: rate)
        let rates = progress.searchedRates
        return (place > 0 && rate <= reach * rates[place - 1]) || (place < rates.count && rates[place] <= reach * rate)
    }

    /// The number of searched rates below `rate`.
    private func place(of rate: Double) -> Int {
        var (low, high) = (0, progress.searchedRates.count)
        while low < high {
            let middle = (low + high) / 2
            if progress.searchedRates[middle] < rate { low = middle + 1 } else { high = middle }
        }
        return low
    }

    /// Lets a search go on and plans the window from what is known then; the point that it waits for, if it does.
    private mutating func plan(_ posed: Problem, from observed: Observed<Problem.Observation>)
        -> Problem.Observation.Point?
    {
        var waiting = progress.waiting ?? WaitingSearch(search: search(posed), known: progress.known)
        progress.waiting = nil
        // A point that is known and asked for again would be asked for ever: it ends the search.
        while case .profile(let point) = waiting.search.next(observed: waiting.known), waiting.known[point] == nil {
            guard let observation = observed[point] else {
                progress.waiting = waiting
                return point
            }
            waiting.known.record(observation)
            waiting.taken.append(observation)
        }
        progress.known = waiting.known
        progress.taken += waiting.taken
        progress.searchedRates.insert(posed.ratePerSecond, at: place(of: posed.ratePerSecond))
        add(posed, profiles: waiting.taken.count, outcome(posed))
        return nil
    }

    /// The best that can be done with what is known.
    private func outcome(_ posed: Problem) -> Outcome {
        let known = progress.known.all
        if let best = posed.optimum(over: known) { return .run(best) }
        guard let closest = Self.closest(posed, known) else { return .overBudget }
        return .unsolvable(closest: closest, posed.shortfall(closest))
    }

    private mutating func add(_ posed: Problem, profiles: Int, _ outcome: Outcome) {
        let rate = posed.ratePerSecond
        progress.outcomes[rate] = (progress.known.all.count, outcome)
        progress.plans.append(WindowPlan(ratePerSecond: rate, profiles: profiles, outcome: outcome))
    }

    /// Of the points within the power budget the one of least shortfall; ties go to the better one of the problem.
    private static func closest(_ posed: Problem, _ observations: [Problem.Observation]) -> Problem.Observation? {
        var best: (observation: Problem.Observation, shortfall: Shortfall)?
        for observation in observations where observation.powerWatts <= posed.budgetWatts {
            let shortfall = posed.shortfall(observation)
            guard shortfall.load.isFinite, shortfall.latenessSeconds.isFinite else { continue }
            if let best, best.shortfall.isCloser(than: shortfall) { continue }
            if let best, !shortfall.isCloser(than: best.shortfall), !posed.precedes(observation, best.observation) {
                continue
            }
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
    /// The point to run at, whether it keeps all limits or is closest to it; nil where there is none.
    public var observation: Observation? {
        switch outcome {
        case .run(let observation), .unsolvable(closest: let observation, _): observation
        case .idle, .overBudget: nil
        }
    }
}
