/// Loads of the whole GPU that have not been used yet, in order of time: a few at most.
struct GPULoadWindows {
    struct Window {
        var start: UInt64
        var end: UInt64
        var permille: UInt64
    }

    private(set) var windows = [Window]()
    /// End of the latest window ever told; 0 = none.
    private(set) var toldUntil: UInt64 = 0
    private static let capacity = 16

    init() { windows.reserveCapacity(Self.capacity + 1) }

    mutating func add(permille: UInt64, from start: UInt64, to end: UInt64) {
        let start = max(start, toldUntil)
        guard start < end else { return }
        toldUntil = end
        windows.append(Window(start: start, end: end, permille: min(permille, 1_000)))
        if windows.count > Self.capacity { windows.removeFirst() }
    }

    /// The part of `time..<limit` from `time` on that has one load, or none (nil).
    mutating func part(from time: UInt64, limit: UInt64) -> (end: UInt64, permille: UInt64?) {
        while let first = windows.first, first.end <= time { windows.removeFirst() }
        guard let first = windows.first, first.start < limit else { return (limit, nil) }
        if first.start > time { return (first.start, nil) }
        return (min(first.end, limit), first.permille)
    }
}
