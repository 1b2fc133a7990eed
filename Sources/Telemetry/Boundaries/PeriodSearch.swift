/// Finds the period with which a sequence ends.
///
/// A period explains a symbol that equals the one a period before. It is taken where it explains 95 % of the symbols
/// over at least three repetitions at the end of the sequence; what came before, a warm-up say, need not fit. Of
/// several the smallest is taken, with one exception: layers that repeat within a minibatch, followed by other work,
/// are explained well by the period of a layer and wholly by that of the minibatch.
enum PeriodSearch {
    struct Result: Equatable {
        /// Symbols of one repetition.
        var period: Int
        /// Symbols at the end of the sequence that it explains, with the first repetition.
        var explained: Int
        /// Of those that could be compared, the share that was equal.
        var share: Double
    }

    /// Sequences up to this length are tried with each period.
    private static let shortSequence = 96
    /// Candidates of each of two orders that are tried in a longer one.
    private static let candidateLimit = 8
    /// Foreign symbols at the very end that do not speak against a period.
    static let foreignLimit = 16
    /// Symbols that identify a place, where a candidate is the distance to the same place before.
    private static let contextLength = 4

    /// O(n), in time and memory, for n symbols.
    static func result(in symbols: [UInt32]) -> Result? {
        let periods =
            symbols.count <= shortSequence ? Array(1...max(symbols.count / 3, 1)) : candidates(in: symbols)
        let valid = periods.compactMap { explanation(of: symbols, by: $0) }
        guard let longest = valid.max(by: { ($0.explained, $1.period) < ($1.explained, $0.period) }) else { return nil }
        // One that explains three periods of the longest has taken its place, as after a warm-up.
        let eligible = valid.filter {
            $0.explained * 5 >= longest.explained * 4 || $0.explained >= 3 * longest.period
        }.sorted { $0.period < $1.period }
        guard var choice = eligible.first else { return nil }
        for larger in eligible.dropFirst() where leavesWork(choice, explainedBy: larger) { choice = larger }
        return choice
    }

    /// Whether what `small` leaves unexplained is more than some extra launches now and then, and `large` explains it.
    private static func leavesWork(_ small: Result, explainedBy large: Result) -> Bool {
        let (missing, left) = (1 - small.share, 1 - large.share)
        guard missing > 0.002, left * 4 < missing else { return false }
        // Foreign symbols miss, and so does the first repetition after them.
        let foreign = missing * Double(large.period) - Double(small.period)
        return foreign >= Double(small.period) / 2
    }

    /// Nil unless `period` explains the end of the sequence.
    private static func explanation(of symbols: [UInt32], by period: Int) -> Result? {
        let comparable = symbols.count - period
        guard comparable >= 2 * period else { return nil }
        let neededRun = min(period, 8)
        var (misses, run, reached, reachedMisses) = (0, 0, 0, 0)
        for offset in 1...comparable {
            let index = symbols.count - offset
            if symbols[index] == symbols[index - period] {
                run += 1
            } else {
                run = 0
                misses += 1
            }
            let isExplained = misses * 20 <= offset
            if isExplained && run >= neededRun { (reached, reachedMisses) = (offset, misses) }
            // Something else has begun.
            if misses == offset && misses > min(period / 2, foreignLimit) { return nil }
            // Too far gone for another repetition of a longer period to make up for it.
            if misses > offset / 20 + 2 * period + 32 { break }
        }
        guard reached >= 2 * period else { return nil }
        return Result(
            period: period, explained: reached + period, share: 1 - Double(reachedMisses) / Double(reached))
    }

    /// Distances to the latest same context, the most frequent and those that cover the most.
    private static func candidates(in symbols: [UInt32]) -> [Int] {
        var mask = 1
        while mask < symbols.count * 2 { mask *= 2 }
        mask -= 1
        var places = [Int32](repeating: -1, count: mask + 1)
        var votes = [Int32](repeating: 0, count: symbols.count)
        for index in (contextLength - 1)..<symbols.count {
            var hash: UInt64 = 0
            for offset in 0..<contextLength {
                hash = (hash ^ UInt64(symbols[index - offset])) &* 0x9E37_79B9_7F4A_7C15
                hash ^= hash >> 29
            }
            let place = Int(truncatingIfNeeded: hash) & mask
            if places[place] >= 0 { votes[index - Int(places[place])] += 1 }
            places[place] = Int32(index)
        }
        let distances = votes.indices.filter { votes[$0] > 0 && $0 * 3 <= symbols.count }
        let frequent = distances.sorted { (votes[$0], $1) > (votes[$1], $0) }.prefix(candidateLimit)
        let covering = distances.sorted { (Int(votes[$0]) * $0, $1) > (Int(votes[$1]) * $1, $0) }
            .prefix(candidateLimit)
        return Set(frequent).union(covering).sorted()
    }
}
