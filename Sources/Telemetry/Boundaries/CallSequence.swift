/// The calls of one host thread, or of all threads of a process in the order of their records, and the minibatches in
/// them.
///
/// Minibatches are told by the best of these that repeats: the launches; the launches between two waits, as a whole;
/// how many these are; and the kinds and streams of the waits alone.
struct CallSequence {
    enum Source {
        case launches
        case segments
        case counts
        case kinds
    }

    /// A bit of each symbol of a launch that tells graphs from kernels.
    static let graphBit: UInt32 = 0x8000_0000
    /// Waits that are kept while nothing repeats.
    private static let waitLimit = 256
    /// Waits without a period of launches, after which waits are looked at instead.
    private static let patience = 12
    /// Of the waits that have to be as expected.
    private static let leastShare = 0.8
    /// Fewer kernels than this are no minibatch by themselves, when there are several between two waits.
    private static let fewestKernels = 4
    /// Repetitions that come quicker than this between two waits are layers, not minibatches. Nanoseconds.
    private static let shortestMinibatch: UInt64 = 500_000
    private static let shortestGraph: UInt64 = 100_000
    /// More repetitions than this between two waits are minibatches also if the host does not pause between them.
    private static let certainRun = 16.0
    /// Minibatches after which a host that does not wait is not waited for.
    private static let leastUnwaited = 64

    private var launches = PeriodicSequence()
    private var segments = PeriodicSequence()
    private var counts = PeriodicSequence(leastExplained: 8)
    private var kinds = PeriodicSequence(leastExplained: 8)
    private var durations = WaitDurations()
    private var history = WaitTimes()
    private var evenness = Evenness()
    private var pauses = LaunchPauses()

    private var segmentHash: UInt64 = 0
    private var segmentLaunches = 0
    /// Launches of the segment before.
    private var latestSegmentLaunches = 0
    private var isSegmentTorn = false
    private(set) var hasLaunches = false
    private(set) var waitCount = 0
    private var launchCount = 0
    /// Waits since launches were last followed.
    private var waitsAstray = 0

    /// Whether the followed launches are a minibatch by themselves; nil before that was looked at.
    private var isWhole: Bool?
    private var waitsPerUnit = 1.0
    private var longestUnwaited = 0
    /// The host does not wait: minibatches are told as they are launched.
    private var isUnwaited = false

    private var firstCall: UInt64 = 0
    private var latestCall: UInt64 = 0
    private var latestReturn: UInt64 = 0
    private var isAfterReturn = false
    /// The end of the latest minibatch, 0 before the first.
    private var latestEnd: UInt64 = 0
    /// The first call since then, 0 if there was none.
    private var workBegin: UInt64 = 0

    // MARK: Input

    /// Takes a launch, and keeps up to `limit` of them while nothing repeats. Returns a boundary only for a host that
    /// does not wait.
    mutating func launch(_ symbol: UInt32, at begin: UInt64, keeping limit: Int) -> MinibatchBoundary? {
        noteCall(at: begin)
        hasLaunches = true
        launchCount &+= 1
        pauses.note(begin, isBetweenUnits: launches.isAtEnd)
        launches.append(symbol, keeping: limit)
        segmentHash = (segmentHash ^ UInt64(symbol)) &* 0x9E37_79B9_7F4A_7C15
        segmentHash ^= segmentHash >> 29
        segmentLaunches += 1
        guard launches.completed > 0 else { return nil }
        if !isUnwaited {
            guard launches.completed >= max(Self.leastUnwaited, 4 * longestUnwaited) else { return nil }
            judge(at: begin)
            guard isWhole == true else { return nil }
            isUnwaited = true
        }
        return source == .launches ? boundary(from: .launches, at: begin) : nil
    }

    /// Takes the return of a wait of the kind and stream that `symbol` stands for.
    mutating func wait(_ symbol: UInt32, begin: UInt64, end: UInt64, delivers: Bool) -> MinibatchBoundary? {
        noteCall(at: begin)
        waitCount &+= 1
        isUnwaited = false
        pauses.breakOff()
        launches.noteWait()
        if isSegmentTorn {
            segments.lose(1)
            counts.lose(1)
        } else if hasLaunches {
            let mixed = (segmentHash ^ UInt64(symbol)) &* 0x9E37_79B9_7F4A_7C15
            segments.append(UInt32(truncatingIfNeeded: mixed >> 32), keeping: Self.waitLimit)
            counts.append(
                symbol &+ UInt32(truncatingIfNeeded: segmentLaunches &* 0x9E37_79B9), keeping: Self.waitLimit)
            evenness.add(Double(segmentLaunches))
        }
        kinds.append(symbol, keeping: Self.waitLimit)
        segments.noteWait()
        counts.noteWait()
        kinds.noteWait()
        if !hasLaunches { durations.add(Double(end &- begin)) }
        latestSegmentLaunches = segmentLaunches
        (segmentHash, segmentLaunches, isSegmentTorn) = (0, 0, false)
        (latestReturn, isAfterReturn) = (end, true)
        waitsAstray = launches.isFollowing ? 0 : waitsAstray + 1
        judge(at: end)
        history.add(launches: launchCount, waits: waitCount, end: end)
        guard delivers, let source else { return nil }
        if source == .launches { longestUnwaited = max(longestUnwaited, launches.completed) }
        return boundary(from: source, at: end)
    }

    /// Events are missing before the next one.
    mutating func lose(launches lostLaunches: Int, waits lostWaits: Int) {
        if lostLaunches > 0 { launches.lose(lostLaunches) }
        if lostWaits > 0 {
            segments.lose(lostWaits)
            counts.lose(lostWaits)
            kinds.lose(lostWaits)
            durations = WaitDurations()
        }
        isSegmentTorn = hasLaunches
        isAfterReturn = false
        pauses.breakOff()
    }

    /// Events are missing before the next one, and nobody knows how many of them are of this thread.
    mutating func cut() {
        launches.cut()
        segments.cut()
        counts.cut()
        kinds.cut()
        durations = WaitDurations()
        isSegmentTorn = hasLaunches
        isAfterReturn = false
        pauses.breakOff()
    }

    /// Whatever has gone by was counted elsewhere.
    mutating func discard(at end: UInt64) {
        launches.discard()
        segments.discard()
        counts.discard()
        kinds.discard()
        latestEnd = end
        workBegin = 0
    }

    /// The process has ended: what is still owed.
    mutating func finish() -> MinibatchBoundary? {
        launches.settle()
        segments.settle()
        counts.settle()
        kinds.settle()
        if let source { return boundary(from: source, at: max(latestCall, latestReturn)) }
        // Too short for a pattern. A wait is the best guess.
        guard latestEnd == 0, waitCount > 0, waitCount < Self.patience else { return nil }
        return MinibatchBoundary(
            beginNanoseconds: firstCall, workBeginNanoseconds: firstCall, endNanoseconds: latestReturn,
            count: waitCount, confidence: 0.2)
    }

    // MARK: Answers

    /// What minibatches are told by now.
    var source: Source? {
        if launches.isFollowing && isWhole != false { return isWhole == nil ? nil : .launches }
        guard hasLaunches else { return kinds.isFollowing ? .kinds : nil }
        // Launches get the first chance: what the waits alone show may be several minibatches.
        if !launches.isFollowing && waitsAstray < Self.patience { return nil }
        if segments.isFollowing && segments.share >= Self.leastShare { return .segments }
        if counts.isFollowing && counts.share >= Self.leastShare { return .counts }
        return kinds.isFollowing && evenness.isEven ? .kinds : nil
    }

    var state: BoundaryState {
        switch source {
        case nil: return .unknown
        case .launches:
            let period = launches.period ?? 1
            if launches.unit?.symbols.allSatisfy({ $0 & Self.graphBit != 0 }) == true { return .graph(period: period) }
            if waitsPerUnit < 0.75 { return .launchPattern(period: period) }
            return waitsPerUnit < 1.5 ? .waits : .waitPattern(period: Int(waitsPerUnit.rounded()))
        case .segments, .counts, .kinds:
            let period = waitPeriod ?? 1
            return period == 1 ? .waits : .waitPattern(period: period)
        }
    }

    var confidence: Double {
        guard let source else { return 0 }
        let sequence = sequence(of: source)
        let certainty = sequence.share * (1 - 1 / Double(1 + sequence.confirmed))
        switch source {
        case .launches: return certainty
        case .segments: return 0.9 * certainty
        case .counts: return 0.7 * certainty
        case .kinds:
            if durations.period != nil { return 0.4 * certainty }
            return (hasLaunches ? 0.4 : sequence.period == 1 ? 0.5 : 0.6) * certainty
        }
    }

    /// Nil where they are not known.
    var launchesPerMinibatch: Int? {
        switch source {
        case .launches: launches.period
        case .segments, .counts: waitPeriod == 1 ? latestSegmentLaunches : nil
        case .kinds, nil: nil
        }
    }

    /// Nil where nothing is known. Below 1 for a host that runs ahead.
    var waitsPerMinibatch: Double? {
        switch source {
        case .launches: waitsPerUnit
        case .segments, .counts, .kinds: waitPeriod.map(Double.init)
        case nil: nil
        }
    }

    /// Launches until the minibatch is complete, 0 where the latest launch completed it; nil where nobody knows.
    var launchesUntilBoundary: Int? {
        switch source {
        case .launches: launches.isAtEnd == true ? 0 : launches.remaining
        case .segments, .counts:
            waitPeriod == 1 && segmentLaunches <= latestSegmentLaunches ? latestSegmentLaunches - segmentLaunches : nil
        case .kinds, nil: nil
        }
    }

    private var waitPeriod: Int? {
        switch source {
        case .segments: segments.period
        case .counts: counts.period
        case .kinds: durations.period ?? kinds.period
        case .launches, nil: nil
        }
    }

    private func sequence(of source: Source) -> PeriodicSequence {
        switch source {
        case .launches: launches
        case .segments: segments
        case .counts: counts
        case .kinds: kinds
        }
    }

    // MARK: Inside

    private mutating func noteCall(at begin: UInt64) {
        if firstCall == 0 { firstCall = begin }
        if workBegin == 0 { workBegin = begin }
        latestCall = begin
        guard isAfterReturn else { return }
        isAfterReturn = false
        let gap = begin > latestReturn ? begin - latestReturn : 0
        launches.noteGap(gap)
        segments.noteGap(gap)
        counts.noteGap(gap)
        kinds.noteGap(gap)
        durations.noteGap(Double(gap))
    }

    /// Looks whether the launches that repeat are minibatches, or layers of one.
    private mutating func judge(at end: UInt64) {
        guard launches.isFollowing, let unit = launches.unit else {
            isWhole = nil
            pauses = LaunchPauses()
            return
        }
        let units = launches.completed
        guard units > 0 else { return }
        let first = launchCount - launches.position - units * unit.count
        let seen = history.waits(afterLaunch: first, current: waitCount)
        let span = Double(launchCount - launches.position - seen.from)
        if span > 0 { waitsPerUnit = Double(seen.waits) * Double(unit.count) / span }
        guard isWhole == nil || launches.confirmed <= 8 else { return }
        if waitsPerUnit >= 0.75 {
            isWhole = true
            return
        }
        let begin = history.end(beforeLaunch: first) ?? firstCall
        let mean = (end > begin ? end - begin : 0) / UInt64(units)
        if unit.symbols.contains(where: { $0 & Self.graphBit != 0 }) {
            isWhole = mean >= Self.shortestGraph
            return
        }
        guard unit.count >= Self.fewestKernels, unit.distinctSymbols > 1, mean >= Self.shortestMinibatch else {
            isWhole = false
            return
        }
        // A few equal parts between two waits may be layers as well: between minibatches a host does something else.
        isWhole = waitsPerUnit * Self.certainRun < 1 ? true : pauses.areBetweenUnits
    }

    private mutating func boundary(from source: Source, at end: UInt64) -> MinibatchBoundary? {
        let certainty = confidence
        var taken: (count: Int, hasGap: Bool)
        let began: UInt64?
        let pattern: Int
        switch source {
        case .launches:
            let position = launches.position
            pattern = launches.pattern
            taken = launches.take()
            began = history.end(beforeLaunch: launchCount - position - taken.count * (launches.period ?? 1))
        case .segments:
            pattern = segments.pattern
            taken = segments.take()
            began = history.end(beforeWait: waitCount - taken.count * (segments.period ?? 1))
        case .counts:
            pattern = counts.pattern
            taken = counts.take()
            began = history.end(beforeWait: waitCount - taken.count * (counts.period ?? 1))
        case .kinds:
            pattern = kinds.pattern
            taken = kinds.take()
            taken.count = durations.minibatches(ofWaits: taken.count)
            began = history.end(beforeWait: waitCount - taken.count * (durations.period ?? kinds.period ?? 1))
        }
        guard taken.count > 0 || taken.hasGap else { return nil }
        let begin = max(latestEnd, began ?? (latestEnd == 0 ? firstCall : 0))
        let boundary = MinibatchBoundary(
            beginNanoseconds: begin, workBeginNanoseconds: min(max(begin, workBegin), end), endNanoseconds: end,
            count: taken.count, confidence: certainty, isGap: taken.hasGap, pattern: pattern)
        if taken.count > 0 {
            if source != .launches { launches.discard() }
            if source != .segments { segments.discard() }
            if source != .counts { counts.discard() }
            if source != .kinds { kinds.discard() }
            latestEnd = end
            workBegin = 0
        }
        return boundary
    }
}
