import Policy

/// Where a workload that nobody has profiled starts: from what other workloads did in the same modes.
struct ArrivalPrediction: Sendable, Equatable {
    /// A workload may draw this many times what the hungriest reference draws in the same mode. A guess that is meant to be
    /// safe: the first profile replaces it.
    static let marginFactor = 1.25

    let mode: PowerMode
    let expected: Expectation

    /// The mode that is the fastest for the references on the mean, of those in which `marginFactor` times the power of the
    /// hungriest one is within the budget; the lowest mode where there is none. Nil without references. O(modes * references).
    init?(references: [KnownReference], budgetWatts: Double, grid: ModeGrid) {
        guard !references.isEmpty else { return nil }
        let modes = grid.allModes
        var sums = Array(repeating: 0.0, count: modes.count)
        var fastest = Array(repeating: Double.infinity, count: modes.count)
        var slowest = Array(repeating: 0.0, count: modes.count)
        var least = Array(repeating: Double.infinity, count: modes.count)
        var most = Array(repeating: 0.0, count: modes.count)
        for reference in references {
            for (index, prediction) in reference.predictor.predict(modes).enumerated() where index < modes.count {
                sums[index] += prediction.minibatchMilliseconds
                fastest[index] = min(fastest[index], prediction.minibatchMilliseconds)
                slowest[index] = max(slowest[index], prediction.minibatchMilliseconds)
                least[index] = min(least[index], prediction.powerWatts)
                most[index] = max(most[index], prediction.powerWatts)
            }
        }
        let within = modes.indices.filter { most[$0] * Self.marginFactor <= budgetWatts }
        guard
            let chosen = within.min(by: { (sums[$0], most[$0], modes[$0]) < (sums[$1], most[$1], modes[$1]) })
                ?? modes.indices.first
        else { return nil }
        mode = modes[chosen]
        let factor = Self.marginFactor
        expected = Expectation(
            milliseconds: .init(
                value: sums[chosen] / Double(references.count), low: fastest[chosen] / factor,
                high: slowest[chosen] * factor),
            watts: .init(value: most[chosen], low: least[chosen] / factor, high: most[chosen] * factor))
    }
}
