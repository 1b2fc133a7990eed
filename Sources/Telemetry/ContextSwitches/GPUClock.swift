/// Maps the GPU's timer to CLOCK_MONOTONIC without being able to read both at once.
///
/// An entry was made before it was read: the time of the read less its timestamp is at least the offset of the clocks, and
/// the least such difference of the last seconds comes closest (the lower envelope, as NTP's clock filter uses it). An entry
/// that an earlier flush did not find was made after that flush began: that bounds the offset from below. The clocks may
/// drift: differences older than the window are forgotten, and the offset in use moves to a new estimate slowly, so that
/// durations stay right within 0.1 %.
package struct GPUClock {
    private struct Bucket {
        var second: UInt64 = .max
        var upper = Int64.max
        var lower = Int64.min
    }

    private static let window: UInt64 = 8
    private static let bucketNanoseconds: UInt64 = 1_000_000_000
    /// Above this the offset in use jumps.
    private static let stepNanoseconds: Int64 = 2_000_000

    private var buckets = [Bucket](repeating: Bucket(), count: Int(window))
    /// All differences are kept relative to the first one, so that no epoch overflows.
    private var base: UInt64?
    private var upper: Int64 = 0
    private var lower: Int64?
    private var applied: Int64 = 0
    private var lastObserved: UInt64 = 0
    private var lastMapped: UInt64 = 0

    package init() {}

    /// Whether a timestamp can be mapped.
    package var isSet: Bool { base != nil }

    /// How far the mapped times may be from the truth, nanoseconds; nil before there are both bounds.
    package var uncertaintyNanoseconds: UInt64? {
        guard let lower else { return nil }
        // The timestamps have steps of 32 ns.
        return UInt64(max(upper &- lower, 32))
    }

    /// Forgets the epoch; times that were mapped stay a floor.
    package mutating func restart() {
        base = nil
        lower = nil
        for index in buckets.indices { buckets[index] = Bucket() }
    }

    /// Learns from entries that were read together.
    ///
    /// - Parameters:
    ///   - readAt: CLOCK_MONOTONIC after the read.
    ///   - oldest: the least timestamp among them.
    ///   - newest: the greatest timestamp among them.
    ///   - flushedAt: CLOCK_MONOTONIC before the flush of the round before, if that one was read to its end.
    package mutating func observe(readAt: UInt64, oldest: UInt64, newest: UInt64, flushedAt: UInt64?) {
        let second = readAt / Self.bucketNanoseconds
        let index = Int(second % Self.window)
        let isFirst = base == nil
        let base = self.base ?? (readAt &- newest)
        self.base = base
        if buckets[index].second != second { buckets[index] = Bucket(second: second) }
        buckets[index].upper = min(buckets[index].upper, Int64(bitPattern: readAt &- newest &- base))
        if let flushedAt {
            buckets[index].lower = max(buckets[index].lower, Int64(bitPattern: flushedAt &- oldest &- base))
        }
        var least = Int64.max
        var greatest = Int64.min
        for bucket in buckets where bucket.second != .max && second &- bucket.second < Self.window {
            least = min(least, bucket.upper)
            greatest = max(greatest, bucket.lower)
        }
        upper = least
        lower = greatest == .min ? nil : greatest
        let difference = upper.subtractingReportingOverflow(applied)
        if isFirst || difference.overflow || difference.partialValue.magnitude > UInt64(Self.stepNanoseconds) {
            applied = upper
        } else {
            let elapsed = readAt > lastObserved ? readAt - lastObserved : 0
            let limit = Int64(truncatingIfNeeded: min(elapsed, 1_000_000_000) >> 10)
            applied &+= min(max(difference.partialValue, -limit), limit)
        }
        lastObserved = readAt
    }

    /// CLOCK_MONOTONIC nanoseconds of a timestamp that was read at `readAt`; never after that, and never before what was
    /// mapped earlier.
    package mutating func map(_ timestamp: UInt64, readAt: UInt64) -> UInt64 {
        let mapped = timestamp &+ (base ?? 0) &+ UInt64(bitPattern: applied)
        lastMapped = max(lastMapped, min(mapped, readAt))
        return lastMapped
    }

    /// How long after `readAt` the timestamp seems to have been made, nanoseconds; negative before.
    package func lead(_ timestamp: UInt64, over readAt: UInt64) -> Int64 {
        Int64(bitPattern: timestamp &+ (base ?? 0) &+ UInt64(bitPattern: applied) &- readAt)
    }

    /// Keeps later times from being mapped before `nanoseconds`, up to where everything has been told.
    package mutating func raiseFloor(to nanoseconds: UInt64) {
        lastMapped = max(lastMapped, nanoseconds)
    }
}
