/// Counts the repetitions of what a sequence of symbols repeats, exactly from the third on.
///
/// While the sequence follows a known unit each symbol is compared with the expected one. Foreign symbols in between,
/// missing ones and changed ones are passed over, up to `slipLimit` in a row; after more the sequence is lost, until
/// one of the known units has gone by as a whole, or a new one has been found. Symbols from before that moment are
/// looked at again, so that the first unit after a change counts as well.
///
/// O(1) amortised per symbol, without allocation while a unit is followed. Keeps up to 16,384 symbols of 4 bytes, and
/// 64 where the period is short, and up to four units of at most a third of that.
struct PeriodicSequence {
    private static let slipLimit = 48
    /// Missing symbols that are passed over.
    private static let deletionLimit = 32
    /// Expected symbols in a row that show where the sequence goes on.
    private static let resumeRun = 8
    private static let unitLimit = 4
    /// Waits whose places are remembered.
    private static let waitLimit = 32
    /// Without waits a period is searched after so many symbols, and then at twice as many.
    private static let blindSearch = 1_024
    private static let windows = sequence(first: SymbolRing.smallest) { $0 < SymbolRing.largest ? $0 * 2 : nil }
        .map { $0 }
    /// Waits in a row at one place of the unit that show where it ends.
    private static let placeLimit = 8

    /// A pause that is longer than others by this factor, and by as many nanoseconds, is the one between minibatches.
    private static let clearGap = 1.5
    private static let clearGapNanoseconds: UInt64 = 200_000

    private struct Wait {
        /// Symbols before it.
        var place: Int
        /// From its return to the next call, nanoseconds; nil for the latest.
        var gap: UInt64?
    }

    private(set) var ring = SymbolRing()
    private var units = [RepeatingUnit]()
    /// The unit that is followed, as an index into `units`.
    private var followed: Int?
    /// The next expected symbol of that unit.
    private(set) var position = 0
    /// Symbols since the first unexpected one.
    private var slip = 0
    /// Symbols from here on belong to no minibatch that was taken, or known to others.
    private var unclaimed = 0
    /// The fewest symbols that a period is found in.
    private let leastExplained: Int
    /// When to search in the latest 64, 128, ... symbols again: after a quarter of as many.
    private var nextSearches = [Int](repeating: 0, count: Self.windows.count)
    private var nextBlindSearch = Self.blindSearch
    private var waits = [Wait]()
    /// Without a wait no end of the unit is better than another: symbols explained since the unit was found.
    private var unaligned: Int?
    private var waitPosition = 0
    private var waitStreak = 0
    /// Minibatches that lost symbols hold, counted once `proof` more symbols were as expected.
    private var lostUnits = 0
    private var proof = 0
    private var hasSymbolAfterLoss = true

    /// Minibatches that have ended since `take`.
    private(set) var completed = 0
    /// Symbols are missing since `take`, and what they held is not in `completed`, or was worked out.
    private(set) var hasGap = false
    /// The share of symbols that are as expected, over about 32 minibatches.
    private(set) var share = 0.0
    /// Minibatches in a row that were counted without losing the sequence.
    private(set) var confirmed = 0

    init(leastExplained: Int = 3) {
        self.leastExplained = leastExplained
        waits.reserveCapacity(Self.waitLimit + 1)
    }

    /// The unit that is followed.
    var unit: RepeatingUnit? { followed.map { units[$0] } }
    var isFollowing: Bool { followed != nil }
    /// Symbols of the followed unit.
    var period: Int? { followed.map { units[$0].count } }
    /// The number of the followed unit among those that were found.
    var pattern: Int { followed ?? 0 }
    /// Whether the latest symbol was the last of a unit; nil where none is followed.
    var isAtEnd: Bool? { followed == nil ? nil : position == 0 && slip == 0 }

    /// Symbols until the end of the unit; nil where none is followed.
    var remaining: Int? { period.map { position == 0 ? $0 : $0 - position } }

    // MARK: Input

    /// Takes the next symbol, and keeps up to `limit` of them while nothing is followed.
    mutating func append(_ symbol: UInt32, keeping limit: Int) {
        ring.append(symbol, keeping: followed == nil ? limit : 0)
        hasSymbolAfterLoss = true
        catchUp(from: ring.end - 1)
        if followed == nil && ring.end >= nextBlindSearch {
            nextBlindSearch = ring.end + min(ring.end - (waits.last?.place ?? 0), SymbolRing.largest)
            search(since: waits.last?.place ?? ring.begin)
        }
    }

    /// The host returned from a wait, which the minibatch may end with.
    mutating func noteWait() {
        nextBlindSearch = ring.end + Self.blindSearch
        // Of several at one place the host goes on with the last.
        if waits.last?.place == ring.end { waits.removeLast() }
        if waits.count == Self.waitLimit { waits.removeFirst() }
        waits.append(Wait(place: ring.end, gap: nil))
        guard let followed else {
            search(since: waits.dropLast().last?.place ?? ring.begin)
            return
        }
        if let explained = unaligned {
            unaligned = nil
            completed = max(completed, explained / units[followed].count)
            moveEnd(of: followed)
            return
        }
        guard slip == 0 else { return }
        waitStreak = position == waitPosition ? waitStreak + 1 : 1
        waitPosition = position
        if waitStreak >= Self.placeLimit && position != 0 {
            // The unit under way is counted with this wait, and not again where it used to end.
            completed += 1
            moveEnd(of: followed)
        }
    }

    /// How long after the latest wait's return the host called again.
    mutating func noteGap(_ nanoseconds: UInt64) {
        if let last = waits.indices.last { waits[last].gap = nanoseconds }
    }

    /// Symbols are missing, and nobody knows how many.
    mutating func cut() {
        hasGap = true
        ring.cut()
        waits.removeAll(keepingCapacity: true)
        release()
    }

    /// `count` symbols are missing.
    mutating func lose(_ count: Int) {
        hasGap = true
        ring.cut()
        waits.removeAll(keepingCapacity: true)
        for index in units.indices { units[index].forgetWindow() }
        let isFirst = proof == 0 || !hasSymbolAfterLoss
        let reached = position.addingReportingOverflow(count)
        // More than any ring can have lost is a damaged count, and such counts must not add up.
        let isPlausible = count < 1 << 32 && !reached.overflow
        guard let followed, slip == 0, isFirst, unaligned == nil, isPlausible else {
            release()
            return
        }
        lostUnits += reached.partialValue / units[followed].count
        position = reached.partialValue % units[followed].count
        proof = min(8, units[followed].count)
        hasSymbolAfterLoss = false
    }

    // MARK: Output

    /// The minibatches that have ended since the last time.
    mutating func take() -> (count: Int, hasGap: Bool) {
        defer {
            completed = 0
            // The minibatches of a gap come when it has been proved.
            if proof == 0 { hasGap = false }
        }
        if completed > 0 {
            unclaimed = ring.end - position
            unaligned = nil
        }
        return (completed, hasGap)
    }

    /// What has gone by was counted elsewhere.
    mutating func discard() {
        completed = 0
        hasGap = false
        unclaimed = ring.end
        unaligned = nil
    }

    /// Nothing will come that could prove what lost symbols held: their count is taken if it ends where a minibatch
    /// does.
    mutating func settle() {
        guard proof > 0, position == 0, slip == 0 else { return }
        completed += lostUnits
        lostUnits = 0
        proof = 0
    }

    // MARK: Following

    /// Goes through the symbols from `start` to the latest.
    private mutating func catchUp(from start: Int) {
        var number = start
        while number < ring.end {
            if let followed {
                number = follow(number, followed)
            } else {
                seek(number)
                number += 1
            }
        }
    }

    /// Compares a symbol with the expected one. Returns the number of the symbol to look at next.
    private mutating func follow(_ number: Int, _ index: Int) -> Int {
        if slip == 0 && units[index].symbols[position] == ring[number] {
            advance(1, index)
            return number + 1
        }
        slip += 1
        if proof == 0 {
            if resume(at: number, index) { return number + 1 }
            if slip < Self.slipLimit { return number + 1 }
        }
        let restart = max(number + 1 - slip, ring.begin)
        release()
        return restart
    }

    private mutating func advance(_ count: Int, _ index: Int) {
        let length = units[index].count
        position += count
        if unaligned != nil { unaligned = (unaligned ?? 0) + count }
        if proof > 0 {
            proof -= 1
            if proof == 0 {
                completed += lostUnits
                lostUnits = 0
            }
        }
        while position >= length {
            position -= length
            completed += 1
            confirmed += 1
            share += (1 - share) / 32
            units[index].lastUse = ring.end
        }
    }

    /// Looks whether the latest symbols fit elsewhere: after foreign symbols, in place of others, or after missing
    /// ones.
    private mutating func resume(at number: Int, _ index: Int) -> Bool {
        let length = units[index].count
        let run = min(Self.resumeRun, length)
        guard slip >= run else { return false }
        let fewestInserted = -min(Self.deletionLimit, length - 1)
        var inserted = slip - run
        while inserted >= fewestInserted {
            let reached = position + slip - inserted
            var fits = true
            for back in 0..<run where fits {
                fits = units[index].symbols[(reached - 1 - back + length) % length] == ring[number - back]
            }
            if fits {
                share = max(0, share - Double(slip - run) / Double(length) / 32)
                slip = 0
                advance(reached - position, index)
                return true
            }
            inserted -= 1
        }
        return false
    }

    /// Looks whether one of the known units ends with the symbol.
    private mutating func seek(_ number: Int) {
        for index in units.indices where units[index].recognises(number, in: ring) {
            begin(index, position: 0)
            completed += 1
            return
        }
    }

    private mutating func begin(_ index: Int, position start: Int) {
        followed = index
        position = start
        slip = 0
        share = max(share, 0.9)
        confirmed = 1
        waitStreak = 0
        units[index].lastUse = ring.end
    }

    /// Follows nothing any more.
    private mutating func release() {
        followed = nil
        slip = 0
        position = 0
        proof = 0
        lostUnits = 0
        unaligned = nil
        confirmed = 0
        nextSearches[0] = ring.end
        nextBlindSearch = ring.end + Self.blindSearch
        for index in units.indices { units[index].forgetWindow() }
    }

    /// Where the host is now is where the unit ends.
    private mutating func moveEnd(of index: Int) {
        units[index].rotate(by: position)
        position = 0
        waitStreak = 0
    }

    // MARK: Searching

    /// Searches in each window that is due, the longest first. What has gone by since the wait before the latest has to
    /// be explained for the most part: equal launches at the end of a minibatch are no minibatches.
    private mutating func search(since place: Int) {
        let segment = ring.end - max(place, unclaimed)
        for (level, window) in Self.windows.enumerated().reversed() where ring.end >= nextSearches[level] {
            if level > 0 && ring.count * 2 <= window { continue }
            let length = min(window, ring.count)
            nextSearches[level] = ring.end + max(length / 4, 1)
            guard let found = PeriodSearch.result(in: ring.latest(length)), found.explained >= leastExplained,
                found.explained * 5 >= min(segment, ring.count) * 4
            else { continue }
            adopt(found)
            return
        }
    }

    private mutating func adopt(_ found: PeriodSearch.Result) {
        let period = found.period
        let explained = max(ring.end - found.explained, ring.begin)
        let start = max(explained, unclaimed)
        let place = endPlace(period: period, from: explained, start: start)
        // The latest end of a unit, before any launches that only came with this wait.
        var last = ring.end - (ring.end - (place ?? start)) % period
        var foreign = 0
        while foreign < PeriodSearch.foreignLimit, foreign < period / 2, last - 1 - period >= ring.begin,
            ring[last - 1] != ring[last - 1 - period]
        {
            last -= 1
            foreign += 1
        }
        let repetitions = (last - start) / period
        guard last - period >= ring.begin else { return }
        let index = remember(typicalRepetition(of: period, before: last, among: repetitions))
        for index in units.indices { units[index].forgetWindow() }
        completed = 0
        unaligned = nil
        begin(index, position: 0)
        share = found.share
        confirmed = 0
        catchUp(from: last - repetitions * period)
        unaligned = place == nil ? ring.end - start : nil
    }

    /// The latest of the repetitions that is most like the one before it: the last may hold foreign symbols.
    private func typicalRepetition(of period: Int, before last: Int, among repetitions: Int) -> [UInt32] {
        var best = (end: last, matches: -1)
        for back in 0..<min(max(repetitions - 1, 0), 8) {
            let end = last - back * period
            var matches = 0
            for number in (end - period)..<end where ring[number] == ring[number - period] { matches += 1 }
            if matches > best.matches { best = (end, matches) }
        }
        return (best.end - period..<best.end).map { ring[$0] }
    }

    /// Among the places of waits, modulo the period, the one that the host is longest away after. Where none stands
    /// out, the one that the repetitions begin with is a minibatch's end, too. Nil without a wait.
    private func endPlace(period: Int, from explained: Int, start: Int) -> Int? {
        var places = [(place: Int, gap: UInt64)]()
        for wait in waits.reversed() where wait.place >= explained {
            guard !places.contains(where: { (wait.place - $0.place) % period == 0 }) else { continue }
            let gaps = waits.filter { $0.place >= explained && (wait.place - $0.place) % period == 0 }.compactMap(\.gap)
            // The shortest: any of them may have been delayed by something else.
            places.append((wait.place, gaps.min() ?? 0))
        }
        guard let longest = places.map(\.gap).max() else { return nil }
        let near = places.filter {
            Double($0.gap) * Self.clearGap >= Double(longest) || longest - $0.gap < Self.clearGapNanoseconds
        }
        return (near.first { ($0.place - start) % period == 0 } ?? near.first)?.place
    }

    /// The place among the known units of the one with these symbols, which may begin elsewhere.
    private mutating func remember(_ symbols: [UInt32]) -> Int {
        let unit = RepeatingUnit(symbols)
        if let known = units.firstIndex(where: { $0.signature == unit.signature }) {
            units[known] = unit
            return known
        }
        if units.count < Self.unitLimit {
            units.append(unit)
            return units.count - 1
        }
        let oldest = units.indices.min { units[$0].lastUse < units[$1].lastUse } ?? 0
        units[oldest] = unit
        return oldest
    }
}
