/// Maps the GPU's timer to CLOCK_MONOTONIC without being able to read both at once.
///
/// An entry was made before it was read: the time of the read less its timestamp is at least the offset of the clocks, and the
/// least such difference comes closest (the lower envelope, as in NTP's clock filter, RFC 5905 section 10). An entry that an
/// earlier flush did not find was made after that flush began: that bounds the offset from below. Both bounds loosen with age,
/// as the clocks may drift. The offset in use moves towards a new estimate slowly and without a step, so that lengths of slices
/// stay right within 0.1 %.
package struct GPUClock {
    /// A bound of the offset, and when it was learnt.
    private struct Bound {
        var offset: Int64
        var at: UInt64

        /// How much it has loosened by `now`: 100 parts in a million of its age beyond the first second.
        func age(at now: UInt64) -> Int64 {
            let fresh: UInt64 = 1_000_000_000
            return now > at && now - at > fresh ? Int64(truncatingIfNeeded: (now - at - fresh) / 10_000) : 0
        }
    }

    /// Above this the offset in use jumps.
    private static let stepNanoseconds: Int64 = 2_000_000
    /// Bounds that contradict each other by more tell of a drift that is faster than their age allows.
    private static let contradictionNanoseconds: Int64 = 5_000_000
    /// A single one may as well tell of an entry that was written late.
    private static let contradictionsInRow = 40

    /// All offsets are kept relative to the first one, so that no epoch overflows.
    private var base: UInt64?
    private var upper = Bound(offset: 0, at: 0)
    private var lower: Bound?
    private var observedAt: UInt64 = 0
    private var contradictions = 0
    /// The offset in use is that of the anchor, and moves from there to the target with the timestamps.
    private var anchorStamp: UInt64 = 0
    private var anchorOffset: Int64 = 0
    private var target: Int64 = 0
    private var lastStamp: UInt64 = 0
    private var lastMapped: UInt64 = 0

    package init() {}

    /// Whether a timestamp can be mapped.
    package var isSet: Bool { base != nil }

    /// How far the mapped times may be from the truth, nanoseconds; nil before there are both bounds.
    package var uncertaintyNanoseconds: UInt64? {
        guard base != nil, let lower else { return nil }
        let width =
            upper.offset &+ upper.age(at: observedAt) &- lower.offset &+ lower.age(at: observedAt)
            &+ (anchorOffset &- target)
        // The timestamps have steps of 32 ns.
        return max(width.magnitude, 32)
    }

    /// Forgets the epoch; times that were mapped stay a floor.
    package mutating func restart() {
        base = nil
        lower = nil
    }

    /// Learns from entries that were read together.
    ///
    /// - Parameters:
    ///   - readAt: CLOCK_MONOTONIC after the read.
    ///   - oldest: the least timestamp among them.
    ///   - newest: the greatest timestamp among them.
    ///   - flushedAt: CLOCK_MONOTONIC before the flush of the round before, if that one was read to its end.
    package mutating func observe(readAt: UInt64, oldest: UInt64, newest: UInt64, flushedAt: UInt64?) {
        observedAt = readAt
        guard let base else {
            let base = readAt &- newest
            self.base = base
            upper = Bound(offset: 0, at: readAt)
            if let flushedAt { lower = Bound(offset: Int64(bitPattern: flushedAt &- oldest &- base), at: readAt) }
            (anchorStamp, anchorOffset, target, lastStamp) = (oldest, 0, 0, oldest)
            return
        }
        let above = Int64(bitPattern: readAt &- newest &- base)
        if above <= upper.offset &+ upper.age(at: readAt) { upper = Bound(offset: above, at: readAt) }
        if let flushedAt {
            let below = Int64(bitPattern: flushedAt &- oldest &- base)
            if let known = lower, below < known.offset &- known.age(at: readAt) {
                // The older one still says more.
            } else {
                lower = Bound(offset: below, at: readAt)
            }
            let least = upper.offset &+ upper.age(at: readAt)
            contradictions = below > least && below &- least > Self.contradictionNanoseconds ? contradictions + 1 : 0
            if contradictions == Self.contradictionsInRow {
                contradictions = 0
                upper = Bound(offset: above, at: readAt)
            }
        }
        anchorOffset = offset(at: lastStamp)
        anchorStamp = lastStamp
        target = upper.offset &+ upper.age(at: readAt)
        if (target &- anchorOffset).magnitude > UInt64(Self.stepNanoseconds) { anchorOffset = target }
    }

    private func offset(at stamp: UInt64) -> Int64 {
        let passed = Int64(bitPattern: stamp &- anchorStamp)
        let limit = max(passed, 0) >> 10
        return anchorOffset &+ min(max(target &- anchorOffset, -limit), limit)
    }

    private func monotonic(_ stamp: UInt64) -> UInt64 {
        stamp &+ (base ?? 0) &+ UInt64(bitPattern: offset(at: stamp))
    }

    /// CLOCK_MONOTONIC nanoseconds of a timestamp that was read at `readAt`; never before what was mapped earlier. It may lie
    /// a little after the read while the offset is still on its way down: a cut there would take time from one slice and give
    /// it to the next.
    package mutating func map(_ timestamp: UInt64, readAt: UInt64) -> UInt64 {
        let mapped = min(monotonic(timestamp), readAt &+ UInt64(Self.stepNanoseconds))
        if Int64(bitPattern: timestamp &- lastStamp) > 0 { lastStamp = timestamp }
        lastMapped = max(lastMapped, mapped)
        return lastMapped
    }

    /// How long after `readAt` the timestamp seems to have been made, nanoseconds; negative before.
    package func lead(_ timestamp: UInt64, over readAt: UInt64) -> Int64 {
        Int64(bitPattern: monotonic(timestamp) &- readAt)
    }

    /// Keeps later times from being mapped before `nanoseconds`, up to where everything has been told.
    package mutating func raiseFloor(to nanoseconds: UInt64) {
        lastMapped = max(lastMapped, nanoseconds)
    }
}
