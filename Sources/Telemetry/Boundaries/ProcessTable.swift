/// The histories of a bounded number of processes, found by pid.
struct ProcessTable {
    private(set) var histories = [MinibatchHistory]()
    private(set) var overflow: UInt64 = 0
    /// The latest process of each pid, as an index into `histories`.
    private var latest = [Int32: Int]()
    private var exits: UInt64 = 0
    private let capacity: Int
    private let minibatches: Int

    init(capacity: Int, minibatches: Int) {
        self.capacity = capacity
        self.minibatches = minibatches
        histories.reserveCapacity(capacity)
        latest.reserveCapacity(capacity)
    }

    func index(of process: ProcessIdentity) -> Int? {
        if let index = latest[process.pid], histories[index].process == process { return index }
        return histories.firstIndex { $0.process == process }
    }

    mutating func record(
        _ process: ProcessIdentity, counter: UInt64, at end: UInt64, admitsUnknown: Bool
    ) -> MinibatchLedger.Outcome {
        if let index = latest[process.pid] {
            let known = histories[index].process.startTimeTicks
            let isSame = process.startTimeTicks == known
            if !histories[index].hasExited {
                if isSame || process.startTimeTicks == 0 || known == 0 {
                    if process.startTimeTicks != 0 { histories[index].process = process }
                    histories[index].record(counter: counter, at: end)
                    return .counted
                }
                // The pid was used again, and the record of the exit was lost.
                markExited(index, counter: 0)
            } else if isSame && known != 0 {
                histories[index].revive()
                histories[index].record(counter: counter, at: end)
                return .firstSeen
            }
        }
        guard process.startTimeTicks != 0 || admitsUnknown else { return .unknownProcess }
        guard makePlace() else {
            overflow &+= 1
            return .tableFull
        }
        var history = MinibatchHistory(process, capacity: minibatches)
        history.record(counter: counter, at: end)
        latest[process.pid] = histories.count
        histories.append(history)
        return .firstSeen
    }

    mutating func exit(_ process: ProcessIdentity, counter: UInt64) -> Bool {
        guard let index = latest[process.pid], !histories[index].hasExited else { return false }
        let known = histories[index].process.startTimeTicks
        guard process.startTimeTicks == 0 || known == 0 || process.startTimeTicks == known else { return false }
        markExited(index, counter: counter)
        return true
    }

    mutating func catchUp(_ process: ProcessIdentity, counter: UInt64) -> Bool {
        guard let index = index(of: process), !histories[index].hasExited else { return false }
        return histories[index].catchUp(counter: counter)
    }

    mutating func verify(_ process: ProcessIdentity, against current: ProcessIdentity?) -> Bool {
        guard let index = index(of: process), !histories[index].hasExited else { return false }
        if let current, process.startTimeTicks == 0 {
            histories[index].process = current
            return true
        }
        if current == process { return false }
        markExited(index, counter: 0)
        return true
    }

    mutating func remove(_ index: Int) {
        let pid = histories[index].process.pid
        if latest[pid] == index { latest[pid] = nil }
        let last = histories.count - 1
        if index != last {
            let moved = histories[last].process.pid
            if latest[moved] == last { latest[moved] = index }
            histories.swapAt(index, last)
        }
        histories.removeLast()
    }

    private mutating func markExited(_ index: Int, counter: UInt64) {
        exits &+= 1
        histories[index].markExited(number: exits, counter: counter)
    }

    /// Makes room for one more, at the cost of the process that exited first.
    private mutating func makePlace() -> Bool {
        if histories.count < capacity { return true }
        let exited = histories.indices.filter { histories[$0].hasExited }
        guard let oldest = exited.min(by: { histories[$0].exit < histories[$1].exit }) else { return false }
        remove(oldest)
        return true
    }
}
