/// Observations by point, kept in the order in which they were made.
public struct Observed<Observation: Policy.Observation>: Sendable {
    /// All observations, oldest first, one per point.
    public private(set) var all: [Observation] = []
    private var indexByPoint: [Observation.Point: Int] = [:]

    /// Makes an empty set.
    public init() {}

    /// Makes a set from `observations`; a later one of the same point replaces an earlier one.
    public init(_ observations: some Sequence<Observation>) {
        for observation in observations { record(observation) }
    }

    /// The observation of `point`, if it was profiled.
    public subscript(point: Observation.Point) -> Observation? {
        indexByPoint[point].map { all[$0] }
    }

    /// Adds an observation, or replaces that of the same point.
    public mutating func record(_ observation: Observation) {
        if let index = indexByPoint[observation.point] {
            all[index] = observation
        } else {
            indexByPoint[observation.point] = all.count
            all.append(observation)
        }
    }
}

/// Observations of a training workload by mode.
public typealias ObservedModes = Observed<TrainingObservation>

extension Observed<TrainingObservation> {
    /// The fastest observation with power at most `budgetWatts`; ties go to the lower power, then to the lower mode.
    public func fastest(withinWatts budgetWatts: Double) -> TrainingObservation? {
        TrainProblem(budgetWatts: budgetWatts).optimum(over: all)
    }
}
