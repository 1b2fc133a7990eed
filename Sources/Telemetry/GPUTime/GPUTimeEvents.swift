/// What begins and ends, in order of time: a binary heap of fixed capacity.
struct GPUTimeEvents {
    /// Raw values order what happens at the same nanosecond: begins before ends, so that a count does not fall to zero in
    /// between, and exits last.
    enum Kind: UInt8 {
        case sourceBegins, residencyBegins, launchesBegin, launchesOpen, waitBegins
        case residencyEnds, launchesEnd, waitEnds, sourceEnds, exits
    }

    struct Event {
        var time: UInt64
        /// Index of the slot; for events of a source its index in GPUTimeSource.allCases.
        var subject: Int32
        /// Of the slot: events of a process that has left it are void.
        var generation: UInt32
        var kind: Kind

        fileprivate static func < (left: Event, right: Event) -> Bool {
            left.time == right.time ? left.kind.rawValue < right.kind.rawValue : left.time < right.time
        }
    }

    private var heap = [Event]()
    private let capacity: Int

    init(capacity: Int) {
        self.capacity = capacity
        heap.reserveCapacity(capacity)
    }

    var isFull: Bool { heap.count >= capacity }
    var firstTime: UInt64? { heap.first?.time }

    /// O(log n). The caller has seen that it is not full.
    mutating func push(_ event: Event) {
        var index = heap.count
        heap.append(event)
        while index > 0 {
            let parent = (index - 1) / 2
            guard event < heap[parent] else { break }
            heap[index] = heap[parent]
            index = parent
        }
        heap[index] = event
    }

    /// The earliest event, if it is not after `time`. O(log n).
    mutating func pop(through time: UInt64) -> Event? {
        guard let first = heap.first, first.time <= time, let last = heap.popLast() else { return nil }
        guard !heap.isEmpty else { return first }
        var index = 0
        while true {
            var child = 2 * index + 1
            guard child < heap.count else { break }
            if child + 1 < heap.count, heap[child + 1] < heap[child] { child += 1 }
            guard heap[child] < last else { break }
            heap[index] = heap[child]
            index = child
        }
        heap[index] = last
        return first
    }
}
