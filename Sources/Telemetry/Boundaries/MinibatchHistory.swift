/// The count and the latest minibatch times of one process.
struct MinibatchHistory {
    struct Minibatch {
        var beginNanoseconds: UInt64
        var endNanoseconds: UInt64
    }

    var process: ProcessIdentity
    /// 0 while the process lives, else the number of its exit among all exits.
    private(set) var exit: UInt64 = 0
    /// The kernel's counter, and what it had reached before it started again.
    private var counter: UInt64 = 0
    private var base: UInt64 = 0
    private var received: UInt64 = 0
    private var lastBoundaryNanoseconds: UInt64 = 0
    private var outlivedFirstThread = false
    /// Boundaries went by without a record since the last one that had.
    private var hasGap = false
    /// A ring; `next` is where the next one goes.
    private var minibatches: [Minibatch]
    private var next = 0
    private var filled = 0

    init(_ process: ProcessIdentity, capacity: Int) {
        self.process = process
        minibatches = Array(repeating: Minibatch(beginNanoseconds: 0, endNanoseconds: 0), count: capacity)
    }

    var hasExited: Bool { exit != 0 }

    /// No exit record will come for a process whose first thread went before the others.
    var isDoubtful: Bool { outlivedFirstThread || process.startTimeTicks == 0 }

    var activity: ProcessActivity {
        let boundaries = base &+ counter
        return ProcessActivity(
            process: process, boundaries: boundaries, lostRecords: boundaries > received ? boundaries - received : 0,
            lastBoundaryNanoseconds: lastBoundaryNanoseconds, hasExited: hasExited)
    }

    mutating func record(counter reported: UInt64, at end: UInt64) {
        // 0: the kernel's table is full, so the records themselves are counted.
        let reached = reported == 0 ? counter &+ 1 : max(reported, counter)
        let isNext = reached <= counter &+ 1 && !hasGap
        counter = reached
        received &+= 1
        hasGap = false
        // Records of two threads may come in the other order.
        guard end > lastBoundaryNanoseconds else { return }
        if lastBoundaryNanoseconds != 0 && isNext {
            minibatches[next] = Minibatch(beginNanoseconds: lastBoundaryNanoseconds, endNanoseconds: end)
            next = next + 1 == minibatches.count ? 0 : next + 1
            filled = min(filled + 1, minibatches.count)
        }
        lastBoundaryNanoseconds = end
    }

    /// Takes over the kernel's count where records were lost. Returns whether it was ahead.
    mutating func catchUp(counter current: UInt64) -> Bool {
        guard current > counter else { return false }
        counter = current
        hasGap = true
        return true
    }

    mutating func markExited(number: UInt64, counter final: UInt64) {
        counter = max(counter, final)
        exit = number
    }

    /// The process went on after its first thread's exit, at which the kernel forgot its count.
    mutating func revive() {
        base &+= counter
        counter = 0
        exit = 0
        outlivedFirstThread = true
    }

    func durations(since: UInt64, max limit: Int) -> [Double] {
        var milliseconds = [Double]()
        var index = next
        for _ in 0..<min(filled, max(limit, 0)) {
            index = index == 0 ? minibatches.count - 1 : index - 1
            let minibatch = minibatches[index]
            if minibatch.beginNanoseconds < since { break }
            milliseconds.append(Double(minibatch.endNanoseconds &- minibatch.beginNanoseconds) / 1e6)
        }
        return milliseconds.reversed()
    }
}
