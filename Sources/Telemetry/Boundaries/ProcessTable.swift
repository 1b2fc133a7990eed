/// The histories of a bounded number of processes.
struct ProcessTable {
    /// With more processes than this each keeps fewer launches, so that 4,096 that repeat nothing take 200 MB and not 3
    /// GB.
    private static let roomyCount = 64
    private static let crowdedLimit = 256

    private(set) var histories = [MinibatchHistory]()
    private(set) var overflow: UInt64 = 0
    private var indices = [ProcessIdentity: Int]()
    private var exits: UInt64 = 0
    private let capacity: Int
    private let boundaries: Int

    init(capacity: Int, boundaries: Int) {
        self.capacity = capacity
        self.boundaries = boundaries
        indices.reserveCapacity(capacity)
    }

    func index(of process: ProcessIdentity) -> Int? { indices[process] }

    mutating func add(_ event: CUDAEvent) -> MinibatchBoundary? {
        guard let index = indices[event.process] ?? enter(event.process) else {
            overflow &+= 1
            return nil
        }
        return histories[index].add(event, keeping: histories.count > Self.roomyCount ? Self.crowdedLimit : .max)
    }

    mutating func catchUp(_ process: ProcessIdentity, _ counts: CUDACounts) {
        guard let index = indices[process] ?? enter(process), !histories[index].hasExited else { return }
        histories[index].catchUp(counts)
    }

    mutating func exit(_ process: ProcessIdentity, _ counts: CUDACounts) -> MinibatchBoundary? {
        guard let index = indices[process], !histories[index].hasExited else { return nil }
        exits &+= 1
        return histories[index].markExited(number: exits, counts)
    }

    mutating func remove(_ index: Int) {
        indices[histories[index].process] = nil
        let last = histories.count - 1
        if index != last {
            indices[histories[last].process] = index
            histories.swapAt(index, last)
        }
        histories.removeLast()
    }

    private mutating func enter(_ process: ProcessIdentity) -> Int? {
        guard makePlace() else { return nil }
        histories.append(MinibatchHistory(process, capacity: boundaries))
        indices[process] = histories.count - 1
        return histories.count - 1
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
