/// What a profile of one mode gave: medians over its minibatches.
public struct TrainingObservation: Hashable, Sendable {
    /// The mode that was profiled.
    public var mode: PowerMode
    /// Time of one training minibatch, milliseconds.
    public var minibatchMilliseconds: Double
    /// Power of the module while it ran, watts.
    public var powerWatts: Double

    /// Makes an observation.
    public init(mode: PowerMode, minibatchMilliseconds: Double, powerWatts: Double) {
        self.mode = mode
        self.minibatchMilliseconds = minibatchMilliseconds
        self.powerWatts = powerWatts
    }
}

/// The next thing a search wants.
public enum SearchStep: Hashable, Sendable {
    /// Measure this mode, then ask again.
    case profile(PowerMode)
    /// The search is over; nil where no profiled mode meets the budget.
    case answer(TrainingObservation?)
}

/// A strategy for the Train problem: minimise minibatch time subject to a power budget.
///
/// A strategy is a value without memory: `next` is a pure function of what was observed, so a search can be resumed after a
/// restart, and started for another budget, from the stored observations alone; a mode met again costs nothing.
public protocol TrainingSearch: Sendable {
    /// The name by which `--strategy` and the configuration choose it.
    static var name: String { get }

    /// The step that follows from `observed`. Observations of modes that this search would not have profiled are used only
    /// where the strategy says so.
    func next(observed: ObservedModes) -> SearchStep
}

/// Observations by mode, kept in the order in which they were made.
public struct ObservedModes: Sendable {
    /// All observations, oldest first, one per mode.
    public private(set) var all: [TrainingObservation] = []
    private var indexByMode: [PowerMode: Int] = [:]

    /// Makes a set from `observations`; a later one of the same mode replaces an earlier one.
    public init(_ observations: [TrainingObservation] = []) {
        for observation in observations { record(observation) }
    }

    /// The observation of `mode`, if it was profiled.
    public subscript(mode: PowerMode) -> TrainingObservation? {
        indexByMode[mode].map { all[$0] }
    }

    /// Adds an observation, or replaces that of the same mode.
    public mutating func record(_ observation: TrainingObservation) {
        if let index = indexByMode[observation.mode] {
            all[index] = observation
        } else {
            indexByMode[observation.mode] = all.count
            all.append(observation)
        }
    }

    /// The fastest observation with power at most `budgetWatts`; ties go to the lower power, then to the lower mode.
    public func fastest(withinWatts budgetWatts: Double) -> TrainingObservation? {
        TrainProblem(budgetWatts: budgetWatts).optimum(over: all)
    }
}
