/// When the latest 32 waits of a sequence of calls returned.
struct WaitTimes {
    private struct Entry {
        var launches: Int
        var waits: Int
        var end: UInt64
    }

    private static let limit = 32

    private var entries = [Entry]()
    private var next = 0

    /// Takes a wait: the launches before it, the waits with it, and its return.
    mutating func add(launches: Int, waits: Int, end: UInt64) {
        let entry = Entry(launches: launches, waits: waits, end: end)
        if entries.count < Self.limit {
            entries.append(entry)
        } else {
            entries[next] = entry
            next = (next + 1) % Self.limit
        }
    }

    /// When the latest wait returned that no launch after `launch` went before.
    func end(beforeLaunch launch: Int) -> UInt64? {
        entries.reduce(nil) { best, entry in entry.launches <= launch ? max(best ?? 0, entry.end) : best }
    }

    /// When wait number `wait` returned.
    func end(beforeWait wait: Int) -> UInt64? {
        entries.first { $0.waits == wait }?.end
    }

    /// The waits that came after launch number `launch`, with wait number `current` that is returning. Where that is
    /// further back than is known, those after launch number `from`.
    func waits(afterLaunch launch: Int, current: Int) -> (waits: Int, from: Int) {
        let oldest = entries.count == Self.limit ? entries[next].launches : 0
        let from = max(launch, oldest)
        let (later, latest) = entries.reduce(into: (0, 0)) { found, entry in
            if entry.launches > from { found.0 += 1 }
            found.1 = max(found.1, entry.waits)
        }
        return (later + (current > latest ? 1 : 0), from)
    }
}

/// Whether the numbers of launches between waits differ little.
struct Evenness {
    private var count = 0
    private var mean = 0.0
    private var variance = 0.0

    mutating func add(_ value: Double) {
        count = min(count + 1, 32)
        let error = value - mean
        mean += error / Double(count)
        variance += (error * error - variance) / Double(count)
    }

    var isEven: Bool { count >= 8 && variance <= 0.0625 * mean * mean }
}
