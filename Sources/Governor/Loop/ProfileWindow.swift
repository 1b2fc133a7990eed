import Policy

/// Collects what makes a profile of one mode while the workload runs in it: minibatch times and power, after the transient
/// of the mode change. Follows the papers' procedure (PowerTrain, arXiv 2407.13944: about 40 minibatches, the
/// first dropped, power settled) with a live rule for "settled": a fixed time first, then any sample at least
/// `transientRatio` times the mean of the window starts the window anew.
struct ProfileWindow {
    struct Settings: Equatable {
        var minibatches = 40
        var discardedMinibatches = 1
        var settleNanoseconds: UInt64 = 3_000_000_000
        var powerSamples = 4
        var slowNanoseconds: UInt64 = 20_000_000_000
        var timeoutNanoseconds: UInt64 = 180_000_000_000
        var transientRatio = 1.25
    }

    enum Verdict: Equatable {
        case collecting
        /// The profile, and how many minibatches it is the median of.
        case complete(TrainingObservation, minibatches: Int)
        /// Time ran out with too little to tell; says what was missing.
        case failed(String)
    }

    /// Fewest minibatches, after a timeout or in a mode that is left for its power, that still make a profile.
    static let fewestMinibatches = 3
    /// Minibatches that are enough in a slow mode, after `slowNanoseconds`.
    static let slowMinibatches = 8
    /// Power samples that show a mode to be over the budget.
    static let overBudgetSamples = 2

    let mode: PowerMode
    let begunAt: UInt64
    private let settings: Settings
    private var settledAt: UInt64
    private var restarts = 0
    private(set) var powerWatts: [Double] = []

    init(mode: PowerMode, at now: UInt64, settings: Settings) {
        self.mode = mode
        begunAt = now
        self.settings = settings
        settledAt = now + settings.settleNanoseconds
    }

    /// Minibatches that began before this stamp (CLOCK_MONOTONIC, ns) do not count.
    var countsFrom: UInt64 { settledAt }

    /// Adds a power sample that is the mean over the `averagingNanoseconds` before `now`.
    mutating func addPower(_ watts: Double, averagedOver averagingNanoseconds: UInt64, at now: UInt64) {
        guard now >= settledAt + averagingNanoseconds else { return }
        powerWatts.append(watts)
        let mean = powerWatts.reduce(0, +) / Double(powerWatts.count)
        // Bounded, so that a load which never settles is still profiled with what it shows.
        if powerWatts.count > 1, restarts < 3,
            let first = powerWatts.first, max(first, watts) >= settings.transientRatio * mean
        {
            restarts += 1
            settledAt = now
            powerWatts.removeAll(keepingCapacity: true)
        }
    }

    /// Judges with the durations, in milliseconds, of the minibatches that began at or after `countsFrom`, oldest first. A mode
    /// that draws more than `budgetWatts` is left as soon as its values are known roughly.
    func verdict(minibatchMilliseconds: [Double], budgetWatts: Double, at now: UInt64) -> Verdict {
        let usable = minibatchMilliseconds.dropFirst(settings.discardedMinibatches).prefix(settings.minibatches)
        let timedOut = now >= begunAt + settings.timeoutNanoseconds
        let isSlow = now >= settledAt + settings.slowNanoseconds
        let isOver = powerWatts.count >= Self.overBudgetSamples && powerWatts.allSatisfy { $0 > budgetWatts }
        let enough = isOver ? Self.fewestMinibatches : isSlow ? Self.slowMinibatches : settings.minibatches
        guard
            timedOut
                || (usable.count >= min(enough, settings.minibatches)
                    && powerWatts.count >= (isOver ? Self.overBudgetSamples : settings.powerSamples))
        else { return .collecting }
        guard let time = median(Array(usable)), usable.count >= Self.fewestMinibatches, let power = median(powerWatts)
        else {
            return .failed("\(usable.count) minibatches and \(powerWatts.count) power samples before the timeout")
        }
        return .complete(
            TrainingObservation(mode: mode, minibatchMilliseconds: time, powerWatts: power), minibatches: usable.count)
    }
}

/// The median; nil of nothing.
func median(_ values: [Double]) -> Double? {
    guard !values.isEmpty else { return nil }
    let sorted = values.sorted()
    let middle = sorted.count / 2
    return sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
}
