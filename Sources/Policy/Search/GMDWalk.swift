/// GMD's walk through the modes of a grid at one minibatch size, as far as the observations lead.
struct GMDWalk<Observation: Policy.Observation> {
    /// Whose power decides which mode of a dimension's pair a new one replaces.
    enum Judged {
        /// The mode moved to.
        case reached
        /// The mode moved from, so that the test equals that of the direction.
        case left
    }

    let grid: ModeGrid
    let budgetWatts: Double
    /// Two powers closer than this say nothing about a slope.
    let leastPowerDifferenceWatts: Double
    let judged: Judged
    /// Different modes after which the walk ends.
    let modeLimit: Int
    /// The point of a mode.
    let point: (PowerMode) -> Observation.Point
    /// The time and power of an observation that make the scores while the walk stands at `current`.
    let reading: (_ observation: Observation, _ current: Observation) -> (milliseconds: Double, watts: Double)

    /// What is known of one dimension: the values it may still take, and the two modes that tell its slope.
    private struct Branch {
        let dimension: Dimension
        var values: Bisection
        var first: Observation
        var second: Observation
    }

    /// Adds the visits to `record`. The observations of the different modes visited, in order; nil where the walk waits for a
    /// profile.
    func run(_ record: inout GMDRecord<Observation>) -> [Observation]? {
        var met: [Observation] = []
        /// Nil where the walk ends: it waits for a profile, or may meet no further mode.
        func visit(_ mode: PowerMode, _ reason: GMD.Reason) -> Observation? {
            let isNew = !met.contains { $0.mode == mode }
            if isNew, met.count >= modeLimit { return nil }
            let observation = record.visit(point(mode), reason)
            if isNew, let observation { met.append(observation) }
            return observation
        }
        walk(visit)
        return record.isWaiting ? nil : met
    }

    private func walk(_ visit: (PowerMode, GMD.Reason) -> Observation?) {
        guard let midpoint = visit(grid.midpoint, .midpoint) else { return }
        let probing: GMD.Direction = midpoint.powerWatts > budgetWatts ? .down : .up
        var branches: [Branch] = []
        for dimension in Dimension.allCases {
            var mode = midpoint.mode
            mode[dimension] = probing == .down ? grid.lowest[dimension] : grid.highest[dimension]
            guard let probe = visit(mode, .probe(dimension, probing)) else { return }
            branches.append(
                Branch(dimension: dimension, values: Bisection(grid[dimension]), first: midpoint, second: probe))
        }

        var current = midpoint
        var moves = 0
        while moves < GMD.moveLimit, let (index, score) = steepest(branches, at: current) {
            let direction: GMD.Direction = current.powerWatts < budgetWatts ? .up : .down
            let dimension = branches[index].dimension
            guard let value = branches[index].values.next(from: current.mode[dimension], direction) else { continue }
            var mode = current.mode
            mode[dimension] = value
            moves += 1
            guard let reached = visit(mode, .move(dimension, direction, millisecondsPerWatt: score)) else { return }
            let isBelow = (judged == .reached ? reached : current).powerWatts < budgetWatts
            if isBelow { branches[index].second = reached } else { branches[index].first = reached }
            current = reached
        }
    }

    /// The branch of the largest score, the first of equal ones; nil where all are 0.
    private func steepest(_ branches: [Branch], at current: Observation) -> (index: Int, score: Double)? {
        var best: (index: Int, score: Double)?
        for (index, branch) in branches.enumerated() {
            let score = millisecondsPerWatt(branch, at: current)
            if score > best?.score ?? 0 { best = (index, score) }
        }
        return best
    }

    /// |dt| / |dP| between the two modes; 0 where the powers are too close or nothing remains to choose.
    private func millisecondsPerWatt(_ branch: Branch, at current: Observation) -> Double {
        guard !branch.values.isExhausted else { return 0 }
        let (first, second) = (reading(branch.first, current), reading(branch.second, current))
        let watts = abs(second.watts - first.watts)
        guard watts >= leastPowerDifferenceWatts else { return 0 }
        return abs(second.milliseconds - first.milliseconds) / watts
    }
}

/// Visits in the order in which they are made, looked up in what was observed.
struct GMDRecord<Observation: Policy.Observation> {
    private let observed: Observed<Observation>
    private(set) var visits: [GMD.Visit<Observation>] = []

    init(_ observed: Observed<Observation>) {
        self.observed = observed
        visits.reserveCapacity(16)
    }

    /// Whether the last visit lacks its profile.
    var isWaiting: Bool { visits.last.map { $0.observation == nil } ?? false }

    /// Visits a point; nil where it was not profiled yet, which must be the last visit.
    mutating func visit(_ point: Observation.Point, _ reason: GMD.Reason) -> Observation? {
        let observation = observed[point]
        visits.append(GMD.Visit(point: point, reason: reason, observation: observation))
        return observation
    }

    func trace(answer: Observation?) -> GMD.Trace<Observation> { GMD.Trace(visits: visits, answer: answer) }
}
