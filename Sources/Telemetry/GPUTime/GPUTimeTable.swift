/// The processes of the account, at most `capacity`, found by pid.
struct GPUTimeTable {
    var slots = [GPUTimeSlot]()
    private var latest = [Int32: Int]()
    private var free = [Int]()
    private let capacity: Int

    /// The slot of all that have no name: pid 0, and processes for which there was no room.
    static let nameless = 0

    init(capacity: Int) {
        self.capacity = capacity
        slots.reserveCapacity(capacity + 1)
        latest.reserveCapacity(capacity)
        free.reserveCapacity(capacity)
        slots.append(GPUTimeSlot(ProcessIdentity(pid: 0, startTimeTicks: 0), generation: 0))
    }

    /// The slot of the process that had `pid` at `time`; nil where it has none. `startTimeTicks` 0 = not known.
    func find(_ pid: Int32, _ startTimeTicks: UInt64, at time: UInt64) -> Int? {
        guard pid > 0 else { return Self.nameless }
        guard let index = latest[pid], slots[index].exitTime > time else { return nil }
        let known = slots[index].process.startTimeTicks
        if startTimeTicks == 0 || known == 0 || startTimeTicks == known { return index }
        // The earlier process of a pid that is used again has no slot any more.
        return startTimeTicks < known ? Self.nameless : nil
    }

    /// The living process that had `pid` before the one that started at `startTimeTicks`; nil where there is none.
    func predecessor(_ pid: Int32, _ startTimeTicks: UInt64) -> ProcessIdentity? {
        guard pid > 0, startTimeTicks != 0, let index = latest[pid], slots[index].exitTime == .max else { return nil }
        let process = slots[index].process
        return process.startTimeTicks != 0 && process.startTimeTicks < startTimeTicks ? process : nil
    }

    /// A slot for a new process; an earlier one with the same pid is no longer found. Nil where the table is full.
    mutating func add(_ process: ProcessIdentity) -> Int? {
        let index: Int
        if let reused = free.popLast() {
            slots[reused] = GPUTimeSlot(process, generation: slots[reused].generation &+ 1)
            index = reused
        } else {
            guard slots.count <= capacity else { return nil }
            index = slots.count
            slots.append(GPUTimeSlot(process, generation: 0))
        }
        latest[process.pid] = index
        return index
    }

    /// Takes a process out. Returns its time.
    mutating func remove(_ index: Int) -> UInt64 {
        guard index != Self.nameless, slots[index].isUsed else { return 0 }
        slots[index].isUsed = false
        if latest[slots[index].process.pid] == index { latest[slots[index].process.pid] = nil }
        free.append(index)
        return slots[index].busy
    }

    mutating func closeWindow() {
        for index in slots.indices where slots[index].isUsed {
            slots[index].windowBusy = slots[index].busy &- slots[index].windowStartBusy
            slots[index].windowStartBusy = slots[index].busy
        }
    }
}
