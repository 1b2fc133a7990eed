/// What can be compared by cost: less of each is never worse, for any budgets.
public protocol ParetoComparable: Observation {
    /// Observations are compared within one class only, as the limits of one problem can favour either of two classes: the
    /// minibatch size of an inference.
    var paretoClass: Int { get }
    /// The time that breaks ties in the problems: of a training or an inference minibatch, milliseconds.
    var leadingMilliseconds: Double { get }
    /// The time of what runs beside it, milliseconds; the same for all where nothing does.
    var accompanyingMilliseconds: Double { get }
    /// Power while the training or the inference ran, watts.
    var leadingWatts: Double { get }
    /// Power of what runs beside it, watts; the same as the other where nothing does.
    var accompanyingWatts: Double { get }
}

extension TrainingObservation: ParetoComparable {
    /// One class: the minibatch size of a training is fixed.
    public var paretoClass: Int { 0 }
    /// Time of one training minibatch, milliseconds.
    public var leadingMilliseconds: Double { minibatchMilliseconds }
    /// Nothing runs beside it.
    public var accompanyingMilliseconds: Double { 1 }
    /// Power of the module, watts.
    public var leadingWatts: Double { powerWatts }
    /// Nothing runs beside it.
    public var accompanyingWatts: Double { powerWatts }
}

extension InferenceObservation: ParetoComparable {
    /// The minibatch size: a larger one waits longer for its requests and keeps up with more of them.
    public var paretoClass: Int { point.minibatch }
    /// Time of one inference minibatch, milliseconds.
    public var leadingMilliseconds: Double { minibatchMilliseconds }
    /// Nothing runs beside it.
    public var accompanyingMilliseconds: Double { 1 }
    /// Power of the module, watts.
    public var leadingWatts: Double { powerWatts }
    /// Nothing runs beside it.
    public var accompanyingWatts: Double { powerWatts }
}

extension PairObservation: ParetoComparable {
    /// The minibatch size of the urgent inference.
    public var paretoClass: Int { point.minibatch }
    /// Time of one inference minibatch, milliseconds.
    public var leadingMilliseconds: Double { inferenceMilliseconds }
    /// Time of one background minibatch, milliseconds.
    public var accompanyingMilliseconds: Double { backgroundMilliseconds }
    /// Power while the inference ran, watts.
    public var leadingWatts: Double { inferenceWatts }
    /// Power while the background work ran, watts.
    public var accompanyingWatts: Double { backgroundWatts }
}

/// The observations that can be the answer to some problem: per minibatch size those that no other one matches or beats in
/// power and every time. Whatever the budgets, latencies and positive rates are, it gives the answer that all observations
/// would give, so it is what has to be kept of a workload's profiles to plan for it (Fulcrum, arXiv 2509.20205: the observed
/// Pareto front that ALS answers from).
public struct ParetoFront<Problem: PlanningProblem>: Answers where Problem.Observation: ParetoComparable {
    /// The observations on the front: by class, then by rising leading time.
    public let observations: [Problem.Observation]

    /// Finds the front. An observation with a value that is not a finite number is not on it: it meets no limit. O(n log n)
    /// comparisons.
    public init(_ observations: some Sequence<Problem.Observation>) {
        let ordered = observations.filter(Self.isComparable).sorted(by: Self.leads)
        var front: [Problem.Observation] = []
        var stairs = ParetoStairs()
        var currentClass: Int?
        for candidate in ordered {
            if candidate.paretoClass != currentClass {
                currentClass = candidate.paretoClass
                stairs = ParetoStairs()
            }
            // A time of nothing, or below, is a fault of the profile. The problems refuse it or not depending on their
            // rates, so it displaces nobody.
            guard candidate.accompanyingMilliseconds >= Self.leastMilliseconds else {
                front.append(candidate)
                continue
            }
            if stairs.insert(candidate.powerWatts, candidate.accompanyingMilliseconds) {
                front.append(candidate)
            }
        }
        self.observations = front
    }

    /// The exact optimum over all observations that the front was made from. O(front).
    public func answer(_ problem: Problem) -> Problem.Observation? { problem.optimum(over: observations) }

    /// A shorter background minibatch, one nanosecond, is no measurement.
    private static var leastMilliseconds: Double { 1e-6 }

    private static func isComparable(_ observation: Problem.Observation) -> Bool {
        observation.leadingWatts.isFinite && observation.accompanyingWatts.isFinite
            && observation.leadingMilliseconds.isFinite && observation.accompanyingMilliseconds.isFinite
    }

    /// The order in which the problems break ties, so that only an earlier observation can replace a later one.
    private static func leads(_ left: Problem.Observation, _ right: Problem.Observation) -> Bool {
        (left.paretoClass, left.leadingMilliseconds, left.powerWatts, left.point)
            < (right.paretoClass, right.leadingMilliseconds, right.powerWatts, right.point)
    }
}

/// The least time that is known up to each power: rising power, falling time.
struct ParetoStairs {
    private var powers: [Double] = []
    private var times: [Double] = []

    /// Adds a step; false where an earlier one has at most this power and at most this time. O(log n) comparisons.
    mutating func insert(_ power: Double, _ time: Double) -> Bool {
        // The number of steps with at most this power.
        var (low, high) = (0, powers.count)
        while low < high {
            let middle = (low + high) / 2
            if powers[middle] <= power { low = middle + 1 } else { high = middle }
        }
        if low > 0, times[low - 1] <= time { return false }
        // It replaces the step of equal power, if there is one, and those above it that are not faster.
        let start = low > 0 && powers[low - 1] == power ? low - 1 : low
        var end = low
        while end < powers.count, times[end] >= time { end += 1 }
        powers.replaceSubrange(start..<end, with: CollectionOfOne(power))
        times.replaceSubrange(start..<end, with: CollectionOfOne(time))
        return true
    }
}
