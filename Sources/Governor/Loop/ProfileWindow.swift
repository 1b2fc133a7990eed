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
        var timeoutNanoseconds: UInt64 = 180_000_000_000
        var transientRatio = 1.25
    }

    enum Verdict: Equatable {
        case collecting
        case complete(TrainingObservation)
        /// Time ran out with too little to tell; says what was missing.
        case failed(String)
    }

    /// Fewest minibatches, after a timeout, that still make a profile.
    static let fewestMinibatches = 3

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

    /// Judges with the durations, in milliseconds, of the minibatches that began at or after `countsFrom`, oldest first.
    func verdict(minibatchMilliseconds: [Double], at now: UInt64) -> Verdict {
        let usable = minibatchMilliseconds.dropFirst(settings.discardedMinibatches).prefix(settings.minibatches)
        let timedOut = now >= begunAt + settings.timeoutNanoseconds
        guard timedOut || (usable.count >= settings.minibatches && powerWatts.count >= settings.powerSamples) else {
            return .collecting
        }
        guard let time = median(Array(usable)), usable.count >= Self.fewestMinibatches, let power = median(powerWatts)
        else {
            return .failed("\(usable.count) minibatches and \(powerWatts.count) power samples before the timeout")
        }
        return .complete(TrainingObservation(mode: mode, minibatchMilliseconds: time, powerWatts: power))
    }
}

/// The median; nil of nothing.
func median(_ values: [Double]) -> Double? {
    guard !values.isEmpty else { return nil }
    let sorted = values.sorted()
    let middle = sorted.count / 2
    return sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
}
