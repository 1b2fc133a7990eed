/// The calls of one process, and the minibatches that they were found to be.
struct MinibatchHistory {
    let process: ProcessIdentity
    /// 0 while the process lives, else the number of its exit among all exits.
    private(set) var exit: UInt64 = 0
    private(set) var detector = BoundaryDetector()
    private(set) var minibatches: UInt64 = 0
    /// The kernel's counters, and what they had reached before they started again.
    private var calls = CUDACounts()
    private var before = CUDACounts()
    private var received: UInt64 = 0
    private var lastBoundaryNanoseconds: UInt64 = 0
    /// A ring once it is full; `next` is where the next one goes.
    private var boundaries = [MinibatchBoundary]()
    private var next = 0
    private let capacity: Int

    init(_ process: ProcessIdentity, capacity: Int) {
        self.process = process
        self.capacity = capacity
    }

    var hasExited: Bool { exit != 0 }

    var activity: ProcessActivity {
        let all = CUDACounts(launches: before.launches &+ calls.launches, waits: before.waits &+ calls.waits)
        let total = all.launches &+ all.waits
        return ProcessActivity(
            process: process, minibatches: minibatches, state: detector.state, confidence: detector.confidence,
            calls: all, lostRecords: total > received ? total - received : 0,
            lastBoundaryNanoseconds: lastBoundaryNanoseconds, hasExited: hasExited)
    }

    /// Takes a call; `limit` is that of `BoundaryDetector.add`. Returns the boundary that it was found to be.
    mutating func add(_ event: CUDAEvent, keeping limit: Int) -> MinibatchBoundary? {
        if hasExited { comeBack() }
        received &+= 1
        switch event.kind {
        case .launch, .graphLaunch:
            // 0: the kernel's table is full, so the records themselves are counted.
            calls.launches = event.launches == 0 ? calls.launches &+ 1 : max(calls.launches, event.launches)
        case .streamWait, .contextWait, .eventWait:
            calls.launches = max(calls.launches, event.launches)
            calls.waits = event.waits == 0 ? calls.waits &+ 1 : max(calls.waits, event.waits)
        }
        return keep(detector.add(event, keeping: limit))
    }

    /// Takes over the kernel's counts. Those that no record tells of the detector learns with the next one.
    mutating func catchUp(_ counts: CUDACounts) { calls.rise(to: counts) }

    mutating func markExited(number: UInt64, _ counts: CUDACounts) -> MinibatchBoundary? {
        calls.rise(to: counts)
        exit = number
        return keep(detector.finish(calls))
    }

    /// Another program by exec, or threads that outlived the first one: the kernel counts from 1 again.
    private mutating func comeBack() {
        before.launches &+= calls.launches
        before.waits &+= calls.waits
        calls = CUDACounts()
        detector = BoundaryDetector()
        exit = 0
    }

    private mutating func keep(_ boundary: MinibatchBoundary?) -> MinibatchBoundary? {
        guard let boundary else { return nil }
        minibatches &+= UInt64(clamping: boundary.count)
        guard boundary.count > 0 else { return boundary }
        lastBoundaryNanoseconds = max(lastBoundaryNanoseconds, boundary.endNanoseconds)
        // No time is made up where events are missing.
        guard !boundary.isGap, boundary.beginNanoseconds != 0, boundary.endNanoseconds > boundary.beginNanoseconds
        else { return boundary }
        if boundaries.count < capacity {
            boundaries.append(boundary)
        } else {
            boundaries[next] = boundary
            next = next + 1 == capacity ? 0 : next + 1
        }
        return boundary
    }

    /// Times of the latest `limit` minibatches that began at or after `since`, oldest first, of that one of the
    /// process's sequences which took the most of that time.
    func times(since: UInt64, max limit: Int) -> [MinibatchTime] {
        guard let pattern = mainPattern(since: since) else { return [] }
        var times = [MinibatchTime]()
        for back in 1...max(boundaries.count, 1) where !boundaries.isEmpty {
            let boundary = boundaries[(next + boundaries.count - back) % boundaries.count]
            let each = (boundary.endNanoseconds - boundary.beginNanoseconds) / UInt64(boundary.count)
            guard boundary.pattern == pattern else { continue }
            let work = boundary.endNanoseconds - min(boundary.workBeginNanoseconds, boundary.endNanoseconds)
            for place in 0..<boundary.count {
                let end = boundary.endNanoseconds - UInt64(place) * each
                guard times.count < limit, end >= since, end - since >= each else { break }
                times.append(
                    MinibatchTime(
                        endNanoseconds: end, milliseconds: Double(each) / 1e6,
                        serviceMilliseconds: Double(work) / Double(boundary.count) / 1e6,
                        isAveraged: boundary.count > 1))
            }
        }
        return times.reversed()
    }

    private func mainPattern(since: UInt64) -> Int? {
        var spent = [(pattern: Int, nanoseconds: UInt64)]()
        for boundary in boundaries where boundary.endNanoseconds > since {
            let time = boundary.endNanoseconds - max(boundary.beginNanoseconds, since)
            if let known = spent.firstIndex(where: { $0.pattern == boundary.pattern }) {
                spent[known].nanoseconds &+= time
            } else {
                spent.append((boundary.pattern, time))
            }
        }
        return spent.max { ($0.nanoseconds, $1.pattern) < ($1.nanoseconds, $0.pattern) }?.pattern
    }
}
