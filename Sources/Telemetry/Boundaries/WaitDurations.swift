/// Tells from how long waits take that several of the same kind belong to one minibatch. For a host of which nothing
/// but waits is known.
///
/// Only the waits themselves are looked at, from call to return, and not the time between them: a data loader with four
/// workers delivers every fourth minibatch late, and that is no pattern of the minibatch. And only the first waits are:
/// a process that takes turns with others later has long waits at regular distances as well.
struct WaitDurations {
    private static let window = 64
    private static let largestPeriod = 8
    /// Waits of a process in which a period is looked for; later it can only be lost.
    private static let trial = 192
    /// Share of the variance that the places in the period have to explain.
    private static let explainedShare = 0.9
    /// The longest mean over the shortest, at least.
    private static let contrast = 2.0

    private var durations = [Double](repeating: 0, count: window)
    private var gaps = [Double](repeating: 0, count: window)
    private var count = 0
    /// Waits of a minibatch, where that is clear.
    private(set) var period: Int?
    /// The place of the last wait of a minibatch, as a number of waits modulo the period.
    private var lastPlace = 0

    mutating func add(_ nanoseconds: Double) {
        durations[count % Self.window] = nanoseconds
        gaps[count % Self.window] = 0
        count &+= 1
        if count >= Self.window / 2 && count % 16 == 0 { search() }
    }

    /// From the return of the latest wait to the next call.
    mutating func noteGap(_ nanoseconds: Double) {
        if count > 0 { gaps[(count - 1) % Self.window] = nanoseconds }
    }

    /// The minibatches that end with the latest `waits` waits.
    func minibatches(ofWaits waits: Int) -> Int {
        guard let period else { return waits }
        let place = (count - 1 - lastPlace) % period
        return waits > place ? (waits - place - 1) / period + 1 : 0
    }

    private mutating func search() {
        guard count <= Self.trial || period != nil else { return }
        let known = min(count, Self.window)
        var found: Int?
        for candidate in 2...Self.largestPeriod where found == nil && known >= 4 * candidate {
            if explains(candidate, known) { found = candidate }
        }
        guard found != period else { return }
        period = count <= Self.trial ? found : nil
        guard let found = period else { return }
        let means = means(of: gaps, found, known)
        let place = means.indices.max { means[$0] < means[$1] } ?? 0
        lastPlace = place
    }

    /// Means of the values at each place, a place being a number of waits modulo the period.
    private func means(of values: [Double], _ period: Int, _ known: Int) -> [Double] {
        var sums = [Double](repeating: 0, count: period)
        var counts = [Double](repeating: 0, count: period)
        for number in (count - known)..<count {
            sums[number % period] += values[number % Self.window]
            counts[number % period] += 1
        }
        return zip(sums, counts).map { $0 / max($1, 1) }
    }

    private func explains(_ period: Int, _ known: Int) -> Bool {
        let placeMeans = means(of: durations, period, known)
        let mean = means(of: durations, 1, known)[0]
        guard let least = placeMeans.min(), let most = placeMeans.max(), most > Self.contrast * least else {
            return false
        }
        var (total, within) = (0.0, 0.0)
        for number in (count - known)..<count {
            let value = durations[number % Self.window]
            total += (value - mean) * (value - mean)
            let error = value - placeMeans[number % period]
            within += error * error
        }
        return within <= (1 - Self.explainedShare) * total
    }
}
