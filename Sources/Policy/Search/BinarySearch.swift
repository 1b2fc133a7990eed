/// Binary search in a fixed order of dimensions, for the Train problem: one of the baselines of Fulcrum (arXiv 2509.20205). From the
/// midpoint it bisects cpu, gpu, cores, mem, cpu and gpu, upwards while within the budget, and answers with the fastest of
/// what it profiled: seven modes on the paper's grid.
///
/// Differs from the paper in: where nothing profiled is within the budget the authors answer with the lowest mode, if its power,
/// which they did not profile, is below. Here an answer is measured, so there is none. On other grids, a list that runs empty is
/// passed over without a profile.
public struct BinarySearch: Search {
    /// Train.
    public typealias Problem = TrainProblem

    /// The most modes that one search profiles.
    public static let profileLimit = 1 + order.count
    private static let order: [Dimension] = [.cpu, .gpu, .cores, .emc, .cpu, .gpu]

    /// The modes to choose from.
    public let grid: ModeGrid
    /// The problem to solve.
    public let problem: TrainProblem

    /// A search of `grid` for an answer to `problem`.
    public init(grid: ModeGrid, problem: TrainProblem) {
        self.grid = grid
        self.problem = problem
    }

    /// The next mode on the way, or the fastest of the visited ones within the budget. O(1).
    public func next(observed: ObservedModes) -> SearchStep<TrainingObservation> {
        guard var current = observed[grid.midpoint] else { return .profile(grid.midpoint) }
        var visited = [current]
        var lists = Dimension.allCases.map { Bisection(grid[$0]) }
        for dimension in Self.order {
            let direction: GMD.Direction = current.powerWatts <= problem.budgetWatts ? .up : .down
            var mode = current.mode
            guard let value = lists[dimension.rawValue].next(from: mode[dimension], direction) else { continue }
            mode[dimension] = value
            guard let reached = observed[mode] else { return .profile(mode) }
            visited.append(reached)
            current = reached
        }
        return .answer(problem.optimum(over: visited))
    }
}
