#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// One profile as ALS sees it, compared by bits, so that a value that is not a number equals itself.
struct ALSMeasurement: Hashable, Sendable {
    private let bits: SIMD4<UInt64>

    init(_ observation: some ALSObservation) {
        bits = SIMD4(
            observation.leadingMilliseconds.bitPattern, observation.accompanyingMilliseconds.bitPattern,
            observation.leadingWatts.bitPattern, observation.accompanyingWatts.bitPattern)
    }

    /// The logarithms of leading and accompanying time, leading and accompanying power; nil where a value is no measurement.
    var logarithms: [Double]? {
        let values = (0..<4).map { Double(bitPattern: bits[$0]) }
        guard values.allSatisfy({ $0.isFinite && $0 > 0 }) else { return nil }
        return values.map { log($0) }
    }
}

/// Surrogates of all times and powers that ALS needs. Those of background work, whose minibatch size is fixed, leave out the
/// axis of sizes, so that each profile tells about all of them.
struct ALSModel {
    private let grid: ALSGrid
    private let isAccompanied: Bool
    private let observed: [(index: Int, logarithms: [Double])]
    private let surrogates: [ALSSurrogate]
    /// The index of the first observation of each row of the background's surrogates.
    private let modeRows: [Int]

    /// Learns from the measurements at `indices`, those with values that are no measurements left out. Nil where none is left, or
    /// nothing can be learned from them.
    init?(grid: ALSGrid, indices: [Int], measurements: [ALSMeasurement], isAccompanied: Bool) {
        self.grid = grid
        self.isAccompanied = isAccompanied
        observed = zip(indices, measurements).compactMap { index, measurement in
            measurement.logarithms.map { (index, $0) }
        }.sorted { $0.index < $1.index }
        // The same mode was perhaps measured with several sizes: sorted by index, those follow each other.
        let sizes = grid.minibatches.count
        var byMode: [(index: Int, sums: [Double], count: Double)] = []
        for (index, logarithms) in observed {
            if let last = byMode.last, last.index / sizes == index / sizes {
                byMode[byMode.count - 1].sums = zip(last.sums, logarithms).map { $0 + $1 }
                byMode[byMode.count - 1].count += 1
            } else {
                byMode.append((index, logarithms, 1))
            }
        }
        modeRows = byMode.map(\.index)

        let rows = observed.map { grid.places($0.index) }
        let modes = modeRows.map { Array(grid.places($0).dropLast()) }
        var surrogates: [ALSSurrogate] = []
        for quantity in isAccompanied ? [0, 2, 1, 3] : [0, 2] {
            let isLeading = quantity == 0 || quantity == 2
            let surrogate = ALSSurrogate(
                coordinates: isLeading ? grid.coordinates : Array(grid.coordinates.dropLast()),
                rows: isLeading ? rows : modes,
                logarithms: isLeading
                    ? observed.map { $0.logarithms[quantity] } : byMode.map { $0.sums[quantity] / $0.count })
            guard let surrogate else { return nil }
            surrogates.append(surrogate)
        }
        self.surrogates = surrogates
    }

    /// What is observed of each point of the grid, else predicted.
    var costs: [ALSSelection.Costs] {
        let sizes = grid.minibatches.count
        let predictions = surrogates.map { $0.predictions() }
        var costs = (0..<grid.count).map { index in
            guard isAccompanied else {
                return ALSSelection.Costs(leading: predictions[0][index], accompanying: 0, power: predictions[1][index])
            }
            return ALSSelection.Costs(
                leading: predictions[0][index], accompanying: predictions[2][index / sizes],
                power: max(predictions[1][index], predictions[3][index / sizes]))
        }
        for (index, logarithms) in observed {
            costs[index] = ALSSelection.Costs(
                leading: logarithms[0], accompanying: logarithms[1], power: max(logarithms[2], logarithms[3]))
        }
        return costs
    }

    /// The points of which a surrogate does not trust a value that is more than a quarter off.
    var doubtful: Set<Int> {
        var found: Set<Int> = []
        for (place, surrogate) in surrogates.enumerated() {
            let indices = place < 2 ? observed.map(\.index) : modeRows
            for (row, index) in indices.enumerated()
            where surrogate.doubtful[row] && abs(surrogate.residuals[row].logarithm) > log(1.25) {
                found.insert(index)
            }
        }
        return found
    }
}
