/// One process, what it has used and what it has got.
struct FollowedProcess {
    let process: ProcessIdentity
    var gpu = RunningCount()
    var cpu = RunningCount()
    var gpuMicrojoules: UInt64 = 0
    var cpuMicrojoules: UInt64 = 0
    var sharedMicrojoules: UInt64 = 0
    var windowMicrojoules: UInt64 = 0
    var gpuIsModelled = false
    var cpuIsModelled = false
    /// The last settlement whose list had it, and when that was.
    var seen: UInt64 = 0
    var seenNanoseconds: UInt64 = 0
}

/// The processes whose energy is followed, with their busy times at the last settlements.
struct FollowedProcesses {
    private(set) var overflow: UInt64 = 0
    private(set) var timeline: BusyTimeline
    /// Row by row as in `timeline`.
    var entries = [FollowedProcess]()
    /// Up to when the GPU times are complete.
    private(set) var gpuUntilNanoseconds: UInt64 = 0
    /// Whether the last update told what the GPU did, of any process or of the system.
    private(set) var gpuIsMeasured = false
    private(set) var cpuIsMeasured = false

    private let capacity: Int
    private var rows = [ProcessIdentity: Int]()
    private var settlements: UInt64 = 0
    private var cpuBusy = RunningCount()
    private var cpuIdle = RunningCount()
    private var gpuBusy = RunningCount()
    private var gpuUsed: UInt64 = 0

    /// A rail that is not read any more would keep what is gone for ever.
    private static let longestMourning: UInt64 = 60_000_000_000

    init(capacity: Int) {
        self.capacity = capacity
        timeline = BusyTimeline(capacity: min(capacity, 64))
    }

    func entry(of process: ProcessIdentity) -> FollowedProcess? { rows[process].map { entries[$0] } }

    func isGone(_ entry: FollowedProcess) -> Bool { entry.seen != settlements }

    mutating func update(
        at now: UInt64, mode: Int, processes: [ProcessTimes], system: SystemTimes, averagingNanoseconds: UInt64
    ) {
        settlements &+= 1
        cpuBusy.advance(to: system.cpuBusyNanoseconds)
        cpuIdle.advance(to: system.cpuIdleNanoseconds)
        let gpuBefore = gpuBusy.total
        gpuBusy.advance(to: system.gpuBusyNanoseconds)
        gpuIsMeasured = system.gpuBusyNanoseconds != nil
        cpuIsMeasured = system.cpuBusyNanoseconds != nil && system.cpuIdleNanoseconds != nil
        let gpuUntil = min(max(system.gpuUntilNanoseconds ?? now, gpuUntilNanoseconds), now)
        // A clock that did not go on has no new place on the timeline.
        if now > timeline.columns.last?.time ?? 0, gpuUntil >= gpuUntilNanoseconds {
            gpuUntilNanoseconds = gpuUntil
            timeline.append(
                .init(
                    time: now, gpuTime: gpuUntil, mode: mode, cpuBusy: cpuBusy.total, cpuIdle: cpuIdle.total),
                spacing: (averagingNanoseconds + min(now - gpuUntil, 3_000_000_000)) / UInt64(BusyTimeline.depth / 3))
        }
        var used: UInt64 = 0
        for (number, times) in processes.enumerated() { used &+= follow(times, expectedAt: number, now: now) }
        gpuUsed &+= max(used, gpuBusy.total - gpuBefore)
        timeline.setNewest(gpuBusy: gpuUsed)
    }

    /// Returns what the process has used of the GPU since the last update.
    private mutating func follow(_ times: ProcessTimes, expectedAt number: Int, now: UInt64) -> UInt64 {
        if times.gpuBusyNanoseconds != nil { gpuIsMeasured = true }
        // The list mostly has the order that it had before.
        let isExpected = number < entries.count && entries[number].process == times.process
        if let row = isExpected ? number : rows[times.process] {
            // Of a process that is named twice the first counts.
            guard entries[row].seen != settlements else { return 0 }
            let before = entries[row].gpu.total
            entries[row].gpu.advance(to: times.gpuBusyNanoseconds)
            entries[row].cpu.advance(to: times.cpuNanoseconds)
            entries[row].seen = settlements
            entries[row].seenNanoseconds = now
            timeline.set(row: row, gpu: entries[row].gpu.total, cpu: entries[row].cpu.total)
            return entries[row].gpu.total &- before
        }
        guard entries.count < capacity else {
            overflow &+= 1
            return 0
        }
        var entry = FollowedProcess(process: times.process)
        // Older than the timeline: its times were used before.
        let oldest = timeline.columns.first?.time ?? 0
        let started = times.startedNanoseconds.flatMap { $0 >= oldest && $0 < now ? $0 : nil }
        if started != nil {
            entry.gpu.begin(with: times.gpuBusyNanoseconds)
            entry.cpu.begin(with: times.cpuNanoseconds)
        } else {
            entry.gpu.advance(to: times.gpuBusyNanoseconds)
            entry.cpu.advance(to: times.cpuNanoseconds)
        }
        entry.seen = settlements
        entry.seenNanoseconds = now
        rows[times.process] = entries.count
        timeline.appendRow(gpu: entry.gpu.total, cpu: entry.cpu.total, started: started)
        entries.append(entry)
        return entry.gpu.total
    }

    mutating func beginWindow() {
        for row in entries.indices { entries[row].windowMicrojoules = 0 }
    }

    /// Lets go of the processes that are gone and whose last use lies before `settled`, up to which all rails have told
    /// everything; gives back what they had got.
    mutating func removeGone(settledUntil settled: UInt64) -> ExitedEnergy {
        var sum = ExitedEnergy()
        let now = timeline.columns.last?.time ?? 0
        var row = entries.count - 1
        while row >= 0 {
            let entry = entries[row]
            let isSettled = entry.seenNanoseconds <= settled
            if isGone(entry), isSettled || now &- entry.seenNanoseconds > Self.longestMourning {
                sum.processes &+= 1
                sum.gpuMicrojoules &+= entry.gpuMicrojoules
                sum.cpuMicrojoules &+= entry.cpuMicrojoules
                sum.sharedMicrojoules &+= entry.sharedMicrojoules
                remove(row)
            }
            row -= 1
        }
        return sum
    }

    private mutating func remove(_ row: Int) {
        rows[entries[row].process] = nil
        timeline.removeRow(row)
        let last = entries.removeLast()
        guard row < entries.count else { return }
        entries[row] = last
        rows[last.process] = row
    }
}
