import Policy

/// What a series of rates is served with at best, by plans that know it.
struct DynamicReferences: Sendable {
    /// One plan for all seconds.
    struct Fixed: Sendable {
        let point: PairObservation
        /// Its background minibatches per second at each of the rates.
        let perSecond: [Double]
    }

    /// The different rates, ascending.
    let rates: [Double]
    /// Per rate the most background minibatches per second of any point that keeps up with it; nil where none does.
    let best: [Double?]
    /// Of the points that keep up with every rate the one with the most background minibatches in all; nil without one.
    let fixed: Fixed?
    /// The same for a dispatcher that waits until a minibatch is full, as in the papers, so that a low rate makes it late.
    let fixedFull: Fixed?

    private static let ratesPerPiece = 1024

    private struct Point: Sendable {
        let observation: PairObservation
        var sum = 0.0
        var isKept = true

        mutating func add(_ gain: Double?, _ weight: Double) {
            guard let gain else {
                isKept = false
                return
            }
            sum += gain * weight
        }
    }

    /// Finds them for the seconds of `series` among `rows`. O(different rates x rows).
    init(
        _ series: ArraySlice<Double>, problem: PairProblem, rows: [PairObservation], threads: Int
    ) throws(EvaluationError) {
        let rows = rows.filter { $0.powerWatts <= problem.budgetWatts }
        var rates: [Double] = []
        var counts: [Double] = []
        for rate in series.sorted() {
            if rates.last != rate {
                rates.append(rate)
                counts.append(0)
            }
            counts[counts.count - 1] += 1
        }
        // Pieces of a fixed size, so that sums do not depend on the number of threads.
        let pieces = stride(from: 0, to: rates.count, by: Self.ratesPerPiece).map {
            $0..<min($0 + Self.ratesPerPiece, rates.count)
        }
        let (known, weights) = (rates, counts)
        let parts = try ParallelMap.map(count: pieces.count, threads: threads) {
            Self.part(pieces[$0], known, weights, problem, rows)
        }
        self.rates = rates
        best = parts.flatMap(\.best)
        func fixed(
            _ points: (Part) -> [Point], _ gain: (PairObservation, Double) -> Double?
        ) -> Fixed? {
            var winner: Point?
            for index in rows.indices {
                var point = Point(observation: rows[index])
                for part in parts {
                    point.sum += points(part)[index].sum
                    point.isKept = point.isKept && points(part)[index].isKept
                }
                guard point.isKept, winner.map({ point.sum > $0.sum }) ?? true else { continue }
                winner = point
            }
            return winner.map { winner in
                Fixed(point: winner.observation, perSecond: rates.map { gain(winner.observation, $0) ?? 0 })
            }
        }
        self.fixed = fixed(\.dispatched) { DynamicQueue.gainPerSecond(problem, $0, atRate: $1) }
        fixedFull = fixed(\.full) { Self.fullGainPerSecond(problem, $0, atRate: $1) }
    }

    private struct Part: Sendable {
        var best: [Double?] = []
        var dispatched: [Point]
        var full: [Point]
    }

    private static func part(
        _ piece: Range<Int>, _ rates: [Double], _ weights: [Double], _ problem: PairProblem, _ rows: [PairObservation]
    ) -> Part {
        var part = Part(dispatched: rows.map { Point(observation: $0) }, full: rows.map { Point(observation: $0) })
        for rate in piece {
            var best: Double?
            for index in rows.indices {
                let gain = DynamicQueue.gainPerSecond(problem, rows[index], atRate: rates[rate])
                if let gain { best = max(best ?? 0, gain) }
                part.dispatched[index].add(gain, weights[rate])
                part.full[index].add(fullGainPerSecond(problem, rows[index], atRate: rates[rate]), weights[rate])
            }
            part.best.append(best)
        }
        return part
    }

    private static func fullGainPerSecond(
        _ problem: PairProblem, _ row: PairObservation, atRate rate: Double
    ) -> Double? {
        guard rate > 0 else { return DynamicQueue.gainPerSecond(problem, row, atRate: rate) }
        var posed = problem
        posed.ratePerSecond = rate
        return posed.isFeasible(row) ? posed.gainPerSecond(row) : nil
    }

    /// The place of a rate among `rates`; it has to be one of them. O(log rates).
    func index(of rate: Double) -> Int {
        var (low, high) = (0, rates.count - 1)
        while low < high {
            let middle = (low + high) / 2
            if rates[middle] < rate { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
