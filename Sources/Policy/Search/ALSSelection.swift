#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// What the front of a survey has to be good at.
struct ALSGoals: Hashable, Sendable {
    /// The windows W of a pair, by the share of them that the fastest inference minibatch of a size takes; empty where nothing
    /// runs beside the training or the inference.
    let loads: [Double]
    /// How much the largest minibatch size counts beside the smallest. All sizes in between lie on a line.
    let largestSizeWeight: Double
    /// A goal without an observed point counts as if its time were this factor (as a logarithm) above the best of its size.
    let unmetLogarithm: Double

    /// Times range over a factor of 50, and a low budget should not go without an answer.
    static let training = ALSGoals(loads: [], largestSizeWeight: 1, unmetLogarithm: 4)
    /// The answer is the smallest size that keeps up with the requests.
    static let inference = ALSGoals(loads: [], largestSizeWeight: 0.25, unmetLogarithm: 2)
    /// The answer is most often the largest size that the latency allows: its window holds the most background minibatches.
    static let pair = ALSGoals(loads: [0.03, 0.1], largestSizeWeight: 4, unmetLogarithm: 2)
}

/// Chooses the points of one round of ALS: those that look Pareto-optimal and would improve the observed front the most.
///
/// The front is judged by the questions that it is there to answer: for each minibatch size the least time under each of `levels`
/// powers. With background work the time to be least is t_bg / (1 - t_in / W), that of a background minibatch while the
/// inference takes its share of a window W, for each of a few windows.
struct ALSSelection {
    /// Powers between the lowest and the highest observed one, at equal ratios: low budgets, where one watt matters more, get
    /// as many as high ones.
    static let levels = 48
    /// The optimism, as a logarithm, with which the predictions are read where nothing looks like an improvement: doubled from
    /// the first to the last.
    static let optimism = (first: 0.01, last: 0.64)

    /// What is known of a point, or predicted: logarithms of the leading time, the accompanying time and the power.
    struct Costs: Sendable {
        var leading: Double
        var accompanying: Double
        var power: Double
    }

    private let classes: Int
    private let goals: ALSGoals
    private let powers: [Double]
    /// Logarithm of the window per class and load; infinite where nothing runs beside it.
    private let windows: [[Double]]
    /// The least time per goal: class, load, level.
    private var least: [[[Double]]]
    private var candidates: [Candidate]

    private struct Candidate {
        let index: Int
        let power: Double
        let times: [Double]
    }

    /// `costs` has one entry per point of the grid, observed where `isObserved`; points that differ by the size alone lie next
    /// to each other. Nil where nothing was observed.
    init?(costs: [Costs], isObserved: [Bool], classes: Int, goals: ALSGoals) {
        self.classes = classes
        self.goals = goals
        let observed = costs.indices.filter { isObserved[$0] }
        guard let low = observed.map({ costs[$0].power }).min(), let high = observed.map({ costs[$0].power }).max()
        else { return nil }
        powers = (0..<Self.levels).map { low + (high - low) * Double($0) / Double(Self.levels - 1) }

        var fastest = Array(repeating: Double.infinity, count: classes)
        for index in costs.indices { fastest[index % classes] = min(fastest[index % classes], costs[index].leading) }
        windows = fastest.map { fastest in goals.loads.isEmpty ? [.infinity] : goals.loads.map { fastest - log($0) } }

        var best = windows.map { $0.map { _ in Double.infinity } }
        for index in costs.indices {
            let size = index % classes
            for load in windows[size].indices {
                best[size][load] = min(best[size][load], Self.time(costs[index], window: windows[size][load]))
            }
        }
        least = best.map { $0.map { Array(repeating: $0 + goals.unmetLogarithm, count: Self.levels) } }
        candidates = []
        for index in observed { meet(candidate(index, costs[index])) }
        let front = Self.front(costs: costs, of: costs.indices.filter { !isObserved[$0] }, classes: classes)
        candidates = front.map { candidate($0, costs[$0]) }
    }

    /// Takes the best candidate, as if its prediction were observed; nil where none improves on what is known.
    mutating func next() -> Int? {
        var bestGain = 0.0
        var best: Int?
        var optimism = 0.0
        while best == nil, optimism <= Self.optimism.last {
            for place in candidates.indices {
                let gain = gain(candidates[place], optimism: optimism)
                if gain > bestGain { (bestGain, best) = (gain, place) }
            }
            optimism = max(optimism * 2, Self.optimism.first)
        }
        guard let best else { return nil }
        let chosen = candidates.remove(at: best)
        meet(chosen)
        return chosen.index
    }

    /// The sum over all goals of the logarithm by which `candidate` would lower the least time.
    private func gain(_ candidate: Candidate, optimism: Double) -> Double {
        var gain = 0.0
        for (load, time) in candidate.times.enumerated() {
            let least = least[candidate.index % classes][load]
            let time = time - optimism
            // From the highest power down: under a level that it does not meet there is nothing to gain.
            var level = Self.levels - 1
            while level >= 0, powers[level] >= candidate.power - optimism {
                if least[level] > time { gain += least[level] - time }
                level -= 1
            }
        }
        let place = Double(candidate.index % classes) / Double(max(classes - 1, 1))
        return gain * (1 + (goals.largestSizeWeight - 1) * place)
    }

    private mutating func meet(_ candidate: Candidate) {
        let size = candidate.index % classes
        for (load, time) in candidate.times.enumerated() {
            for level in 0..<Self.levels where powers[level] >= candidate.power {
                least[size][load][level] = min(least[size][load][level], time)
            }
        }
    }

    private func candidate(_ index: Int, _ costs: Costs) -> Candidate {
        Candidate(
            index: index, power: costs.power,
            times: windows[index % classes].map { Self.time(costs, window: $0) })
    }

    /// The logarithm of the time that a goal wants to be least.
    private static func time(_ costs: Costs, window: Double) -> Double {
        guard window.isFinite else { return costs.leading }
        let share = exp(min(costs.leading - window, 700))
        // Where the inference leaves nothing, a steep slope still leads back to where it does.
        guard share < 0.98 else { return costs.accompanying + 4 + log(share) }
        return costs.accompanying - log(1 - share)
    }

    /// The points that no other one of the same size matches or beats in power and both times: all that can be chosen, as any
    /// other gains nothing once the one that beats it was.
    private static func front(costs: [Costs], of indices: [Int], classes: Int) -> [Int] {
        let ordered = indices.sorted {
            let (left, right) = (costs[$0], costs[$1])
            return ($0 % classes, left.leading, left.power, $0) < ($1 % classes, right.leading, right.power, $1)
        }
        var front: [Int] = []
        var stairs = ParetoStairs()
        var size = 0
        for index in ordered {
            if index % classes != size {
                size = index % classes
                stairs = ParetoStairs()
            }
            if stairs.insert(costs[index].power, costs[index].accompanying) { front.append(index) }
        }
        return front
    }
}
