/// Finds the best plan with a power mode of its own for the slices of each of two workloads, the cost of the switches
/// counted.
///
/// A window of b/a has two switches of s. The inference's turn is s + t_in + s, so load and throughput are those of a
/// minibatch that takes t_in + 2 s; its requests are answered s + t_in after its turn begins. Both powers are within
/// the budget.
///
/// The optimum is exact, over all pairs of modes with the same core count. Let two modes differ in the knobs D. Among
/// the modes that agree in all other knobs s is at most the cost of D, whichever two are taken (`SwitchCost` never
/// charges more for fewer knobs). There the power of each slice bounds its own mode alone, and latency, rate, the goal
/// of an inference that is not urgent and theta are all no worse where t_in is shorter and where t_bg is shorter. So
/// the fastest inference within the budget and the fastest background within the budget are an optimum of that group,
/// found without trying the pairs; and the best of all groups of all D, and of the single modes, is that of all.
public struct SlicePlanner: Sendable {
    /// Modes that agree in all knobs that do not move.
    private struct Group: Sendable {
        /// By minibatch size.
        let inference: [Fastest<InferenceObservation>]
        let background: Fastest<TrainingObservation>
    }

    private let groups: [Group]
    private let singles: [PairObservation]
    /// By raw value of the moving knobs.
    private let costs: [SwitchCost.Switch?]

    /// Prepares plans from what is known of the two workloads at each mode; a row gives the inference's values at its
    /// point and the background's at its mode. Values that are not finite numbers above 0 play no part. O(n log n) for
    /// each of seven sets of knobs.
    public init(_ observations: some Sequence<PairObservation>, cost: SwitchCost) {
        let rows = observations.filter(Self.isKnown).sorted { $0.point < $1.point }
        costs = (0..<8).map { cost[MovingKnobs(rawValue: $0)] }
        singles = ParetoFront<PairProblem>(rows).observations
        groups = MovingKnobs.choices.flatMap { moving in
            cost[moving] == nil ? [] : Self.groups(rows, moving: moving)
        }
    }

    private static func isKnown(_ row: PairObservation) -> Bool {
        [row.inferenceMilliseconds, row.inferenceWatts, row.backgroundMilliseconds, row.backgroundWatts]
            .allSatisfy { $0 > 0 && $0.isFinite } && row.point.minibatch > 0
    }

    private static func groups(_ rows: [PairObservation], moving: MovingKnobs) -> [Group] {
        func key(_ mode: PowerMode) -> PowerMode {
            PowerMode(
                cores: mode.cores, cpuKHz: moving.contains(.cpu) ? 0 : mode.cpuKHz,
                gpuHz: moving.contains(.gpu) ? 0 : mode.gpuHz, emcHz: moving.contains(.emc) ? 0 : mode.emcHz)
        }
        var members: [PowerMode: [PairObservation]] = [:]
        for row in rows { members[key(row.mode), default: []].append(row) }
        return members.sorted { $0.key < $1.key }.map { _, rows in
            var sizes: [Int: [InferenceObservation]] = [:]
            for row in rows { sizes[row.point.minibatch, default: []].append(row.inference) }
            return Group(
                inference: sizes.sorted { $0.key < $1.key }.map { Fastest($0.value, \.minibatchMilliseconds) },
                background: Fastest(rows.map(\.background), \.minibatchMilliseconds))
        }
    }

    /// The best plan for `problem`; nil where none keeps its limits. Of plans that reach the same, one mode for both
    /// comes before two; then the shorter inference, the lower power, and the lower modes.
    ///
    /// O(groups log n + n), some microseconds for 441 modes of five sizes.
    public func plan(_ problem: PairProblem) -> SlicePlan? {
        var best = single(problem)
        for group in groups {
            guard let background = group.background.within(watts: problem.budgetWatts) else { continue }
            for size in group.inference {
                guard let inference = size.within(watts: problem.budgetWatts) else { continue }
                best = better(problem, best, inference, background)
            }
        }
        return best.map { plan(problem, $0) }
    }

    /// The best plan with one mode for both; nil where none keeps the limits. O(n).
    public func singleModePlan(_ problem: PairProblem) -> SlicePlan? { single(problem).map { plan(problem, $0) } }

    private struct Candidate {
        let inference: InferenceObservation
        let background: TrainingObservation
        let turns: PairTurns
        let reached: Double

        func precedes(_ other: Candidate) -> Bool {
            (inference.minibatchMilliseconds, powerWatts, inference.point, background.mode)
                < (
                    other.inference.minibatchMilliseconds, other.powerWatts, other.inference.point,
                    other.background.mode
                )
        }

        private var powerWatts: Double { max(inference.powerWatts, background.powerWatts) }
    }

    private func single(_ problem: PairProblem) -> Candidate? {
        problem.optimum(over: singles).map {
            Candidate(
                inference: $0.inference, background: $0.background, turns: PairTurns($0), reached: problem.reached($0))
        }
    }

    private func better(
        _ problem: PairProblem, _ best: Candidate?, _ inference: InferenceObservation, _ background: TrainingObservation
    ) -> Candidate? {
        guard inference.mode != background.mode,
            let moving = MovingKnobs(from: inference.mode, to: background.mode), let cost = costs[Int(moving.rawValue)]
        else { return best }
        let turns = PairTurns(
            minibatch: inference.point.minibatch, inferenceMilliseconds: inference.minibatchMilliseconds,
            backgroundMilliseconds: background.minibatchMilliseconds, switchMilliseconds: cost.seconds * 1000)
        guard problem.isServed(turns), problem.reachedWithin(turns).upperBound >= best?.reached ?? -.infinity else {
            return best
        }
        let candidate = Candidate(
            inference: inference, background: background, turns: turns, reached: problem.reached(turns))
        guard let best else { return candidate }
        guard candidate.reached == best.reached else { return candidate.reached > best.reached ? candidate : best }
        if best.inference.mode == best.background.mode { return best }
        return candidate.precedes(best) ? candidate : best
    }

    private func plan(_ problem: PairProblem, _ candidate: Candidate) -> SlicePlan {
        let moving = MovingKnobs(from: candidate.inference.mode, to: candidate.background.mode) ?? []
        let minibatch = candidate.inference.point.minibatch
        let window = problem.windowSeconds(minibatch: minibatch)
        return SlicePlan(
            minibatch: minibatch, inference: candidate.inference, background: candidate.background, moving: moving,
            switchCost: costs[Int(moving.rawValue)] ?? SwitchCost.Switch(seconds: 0), windowSeconds: window,
            backgroundPerWindow: problem.perWindow(candidate.turns) ?? 0,
            backgroundPerSecond: problem.perSecond(candidate.turns) ?? 0,
            slackSeconds: max(0, problem.slackWindows(candidate.turns).slackSeconds))
    }
}

/// The fastest observation within any power, by a search among those that are faster than all that draw less.
private struct Fastest<Value: Observation>: Sendable {
    /// Rising power, falling time.
    private var steps: [Value] = []

    init(_ observations: [Value], _ milliseconds: (Value) -> Double) {
        let ordered = observations.sorted {
            ($0.powerWatts, milliseconds($0), $0.point) < ($1.powerWatts, milliseconds($1), $1.point)
        }
        for observation in ordered {
            if let last = steps.last, milliseconds(last) <= milliseconds(observation) { continue }
            steps.append(observation)
        }
    }

    /// O(log n).
    func within(watts: Double) -> Value? {
        var (low, high) = (0, steps.count)
        while low < high {
            let middle = (low + high) / 2
            if steps[middle].powerWatts <= watts { low = middle + 1 } else { high = middle }
        }
        return low > 0 ? steps[low - 1] : nil
    }
}

extension PairObservation {
    /// The values of the inference alone.
    public var inference: InferenceObservation {
        InferenceObservation(point: point, minibatchMilliseconds: inferenceMilliseconds, powerWatts: inferenceWatts)
    }

    /// The values of the background work alone.
    public var background: TrainingObservation {
        TrainingObservation(mode: mode, minibatchMilliseconds: backgroundMilliseconds, powerWatts: backgroundWatts)
    }
}
