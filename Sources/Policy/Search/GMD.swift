/// GMD, gradient-guided multi-dimensional bisection, for the Train problem (Fulcrum, arXiv 2509.20205, strategy GMD): measure
/// the middle of the grid and one end of each dimension, then bisect again and again the dimension in which time changes most
/// per watt, upwards while below the budget and downwards otherwise.
///
/// It answers with the fastest of all modes it visited within the budget, and asks for at most `profileLimit` of them.
///
/// Differs from the paper in: the published description leaves lists of other lengths than 3 and 7 open. Here the middle of
/// a list is its element floor((n - 1) / 2), and a dimension whose list runs empty, or whose next value is the current one, is
/// exhausted without a profile and without counting as a move. On the paper's grid neither can occur, and the answers and
/// profile counts equal the authors' result tables.
public struct GMD: TrainingSearch {
    /// `gmd`.
    public static var name: String { "gmd" }

    /// The most moves after the probes; the authors' limit.
    public static let moveLimit = 14
    /// The most modes that one search profiles: the midpoint, one probe per dimension, and the moves.
    public static let profileLimit = 1 + Dimension.allCases.count + moveLimit
    /// Two powers closer than this, in watts, say nothing about a slope.
    static let leastPowerDifferenceWatts = 1.0

    /// The modes to choose from.
    public let grid: ModeGrid
    /// The budget to meet.
    public let problem: TrainProblem

    /// A search of `grid` for the fastest mode within `budgetWatts`.
    public init(grid: ModeGrid, budgetWatts: Double) {
        self.grid = grid
        problem = TrainProblem(budgetWatts: budgetWatts)
    }

    /// The mode that the trace waits for, or the fastest of the visited modes within the budget. O(moves).
    public func next(observed: ObservedModes) -> SearchStep {
        let visits = trace(observed: observed)
        if let last = visits.last, last.observation == nil { return .profile(last.mode) }
        return .answer(problem.optimum(over: visits.lazy.compactMap(\.observation)))
    }

    /// The visits that follow from `observed`, in order, with the reason of each. A mode can be visited again, which costs
    /// nothing. The last one has no observation if the search waits for its profile; observations of modes that this search
    /// does not visit play no part. O(moves).
    public func trace(observed: ObservedModes) -> [GMDVisit] {
        var visits: [GMDVisit] = []
        func visit(_ mode: PowerMode, _ reason: GMDVisit.Reason) -> TrainingObservation? {
            let observation = observed[mode]
            visits.append(GMDVisit(mode: mode, reason: reason, observation: observation))
            return observation
        }

        guard let midpoint = visit(grid.midpoint, .midpoint) else { return visits }
        let probing: GMDVisit.Direction = midpoint.powerWatts > problem.budgetWatts ? .down : .up
        var branches: [Branch] = []
        for dimension in Dimension.allCases {
            let values = grid[dimension]
            var mode = midpoint.mode
            mode[dimension] = probing == .down ? values[0] : values[values.count - 1]
            guard let probe = visit(mode, .probe(dimension, probing)) else { return visits }
            branches.append(Branch(dimension: dimension, remaining: values[...], first: midpoint, second: probe))
        }

        var current = midpoint
        var moves = 0
        while moves < Self.moveLimit, let index = steepest(branches) {
            let direction: GMDVisit.Direction = current.powerWatts < problem.budgetWatts ? .up : .down
            let score = branches[index].millisecondsPerWatt
            guard let value = branches[index].bisect(from: current.mode, direction) else { continue }
            var mode = current.mode
            mode[branches[index].dimension] = value
            moves += 1
            guard let reached = visit(mode, .move(branches[index].dimension, direction, millisecondsPerWatt: score))
            else { return visits }
            if reached.powerWatts < problem.budgetWatts {
                branches[index].second = reached
            } else {
                branches[index].first = reached
            }
            current = reached
        }
        return visits
    }

    /// The branch of the largest score, the first of equal ones; nil where all are 0.
    private func steepest(_ branches: [Branch]) -> Int? {
        var best: Int?
        var bestScore = 0.0
        for (index, branch) in branches.enumerated() where branch.millisecondsPerWatt > bestScore {
            (best, bestScore) = (index, branch.millisecondsPerWatt)
        }
        return best
    }
}

/// What GMD knows of one dimension: the values it may still take, and the two modes that tell its slope.
private struct Branch {
    let dimension: Dimension
    var remaining: ArraySlice<Int>
    var first: TrainingObservation
    var second: TrainingObservation

    /// |dt| / |dP| between the two modes; 0 where the powers are too close or nothing remains to choose.
    var millisecondsPerWatt: Double {
        let watts = abs(second.powerWatts - first.powerWatts)
        guard remaining.count > 1, watts >= GMD.leastPowerDifferenceWatts else { return 0 }
        return abs(second.minibatchMilliseconds - first.minibatchMilliseconds) / watts
    }

    /// Halves the list on one side of `mode` and returns its middle value; nil where that side is empty, which exhausts the
    /// dimension.
    mutating func bisect(from mode: PowerMode, _ direction: GMDVisit.Direction) -> Int? {
        guard let current = remaining.firstIndex(of: mode[dimension]) else {
            remaining = []
            return nil
        }
        // With i the index of the current value and n the length: ceil((i + n - 1) / 2) upwards, floor(i / 2) downwards.
        let index = current - remaining.startIndex
        let offset = direction == .up ? (index + remaining.count) / 2 : index / 2
        let value = remaining[remaining.startIndex + offset]
        remaining = direction == .up ? remaining[(current + 1)...] : remaining[..<current]
        return remaining.isEmpty ? nil : value
    }
}
