/// Tells from a counter that each event carries how many events are missing.
struct CallCounter {
    /// A counter that falls behind by more than this has started again.
    private static let restart: UInt64 = 1_024

    private static let mostMissing: UInt64 = 1 << 32

    private var base: UInt64?
    private var highest: UInt64 = 0
    private var seen: UInt64 = 0

    /// Takes the counter of an event, 0 where it has none, which counts the event itself if it `isCounted`. Returns the
    /// calls that are missing before it, if they are more than `slack`: threads on several cores may carry each other's
    /// counts.
    mutating func missing(at counter: UInt64, isCounted: Bool, slack: UInt64) -> Int {
        guard counter > 0 else { return 0 }
        guard let base, counter.addingReportingOverflow(Self.restart).partialValue >= highest else {
            base = counter - (isCounted ? 1 : 0)
            highest = counter
            seen = isCounted ? 1 : 0
            return 0
        }
        if isCounted { seen &+= 1 }
        highest = max(highest, counter)
        let reached = highest &- base
        guard reached > seen, reached - seen > slack else { return 0 }
        let missing = reached - seen
        seen = reached
        // No ring loses so many.
        return missing > Self.mostMissing ? 0 : Int(missing)
    }
}
