/// Cumulative busy times of processes and of the system at the last few settlements, to be asked for at times in between:
/// what a rail tells is older than what processes tell.
///
/// Columns are settlements, rows are processes. Every row rises from column to column, and between columns it is taken to rise
/// evenly.
struct BusyTimeline {
    static let depth = 16

    struct Column {
        var time: UInt64 = 0
        /// Up to when the GPU times of this column are complete: not after `time`.
        var gpuTime: UInt64 = 0
        var mode = 0
        var cpuBusy: UInt64 = 0
        var cpuIdle: UInt64 = 0
        /// Of the system where that is measured, and at least what the processes have used.
        var gpuBusy: UInt64 = 0
    }

    /// A time between two columns.
    struct Position {
        var older = 0
        var newer = 0
        var elapsed: UInt64 = 0
        var length: UInt64 = 1

        func value(_ left: UInt64, _ right: UInt64) -> UInt64 {
            guard right > left, elapsed > 0 else { return left }
            guard elapsed < length else { return right }
            return left + length.dividingFullWidth((right - left).multipliedFullWidth(by: elapsed)).quotient
        }
    }

    /// Oldest first; always at least one column once there was a settlement.
    private(set) var columns = [Column]()
    private var gpu = [UInt64]()
    private var cpu = [UInt64]()
    private(set) var rows = 0

    init(capacity: Int) {
        columns.reserveCapacity(Self.depth + 1)
        gpu.reserveCapacity(capacity * Self.depth)
        cpu.reserveCapacity(capacity * Self.depth)
    }

    /// Makes `column` the newest. It takes the place of the newest so far while that one is closer than `spacing` to the one
    /// before, so that the columns reach back far enough however often this is called.
    mutating func append(_ column: Column, spacing: UInt64) {
        let last = columns.count - 1
        if last >= 1, columns[last].time - columns[last - 1].time < spacing {
            columns[last] = column
            return
        }
        if columns.count == Self.depth {
            columns.removeFirst()
            for row in 0..<rows { shift(row) }
        } else if last >= 0 {
            for row in 0..<rows {
                gpu[row * Self.depth + last + 1] = gpu[row * Self.depth + last]
                cpu[row * Self.depth + last + 1] = cpu[row * Self.depth + last]
            }
        }
        columns.append(column)
    }

    /// What the processes of the newest column have used is known after it was made.
    mutating func setNewest(gpuBusy: UInt64) {
        guard !columns.isEmpty else { return }
        columns[columns.count - 1].gpuBusy = gpuBusy
    }

    private mutating func shift(_ row: Int) {
        let start = row * Self.depth
        for index in start..<(start + Self.depth - 1) {
            gpu[index] = gpu[index + 1]
            cpu[index] = cpu[index + 1]
        }
    }

    /// A new last row. Its history is even from 0 at `started`, or, where that is not known, as if nothing had been used.
    mutating func appendRow(gpu gpuNow: UInt64, cpu cpuNow: UInt64, started: UInt64?) {
        let newest = columns.last ?? Column()
        let start = rows * Self.depth
        if gpu.count < start + Self.depth {
            gpu.append(contentsOf: repeatElement(0, count: Self.depth))
            cpu.append(contentsOf: repeatElement(0, count: Self.depth))
        }
        rows += 1
        for index in 0..<Self.depth {
            gpu[start + index] = gpuNow
            cpu[start + index] = cpuNow
            guard let started, index < columns.count else { continue }
            gpu[start + index] = Self.risen(to: gpuNow, at: newest.gpuTime, from: started, by: columns[index].gpuTime)
            cpu[start + index] = Self.risen(to: cpuNow, at: newest.time, from: started, by: columns[index].time)
        }
    }

    /// What a count that rises from 0 at `start` to `value` at `end` is at `time`.
    private static func risen(to value: UInt64, at end: UInt64, from start: UInt64, by time: UInt64) -> UInt64 {
        if time >= end { return value }
        guard time > start else { return 0 }
        return Position(elapsed: time - start, length: end - start).value(0, value)
    }

    /// Gives `row` its values in the newest column; not below those of the column before.
    mutating func set(row: Int, gpu gpuNow: UInt64, cpu cpuNow: UInt64) {
        let index = row * Self.depth + columns.count - 1
        gpu[index] = gpuNow
        cpu[index] = cpuNow
    }

    /// Removes `row`; the last row takes its place.
    mutating func removeRow(_ row: Int) {
        let (to, from) = (row * Self.depth, (rows - 1) * Self.depth)
        if to != from {
            for index in 0..<Self.depth {
                gpu[to + index] = gpu[from + index]
                cpu[to + index] = cpu[from + index]
            }
        }
        rows -= 1
    }

    /// Where `time` lies; the first or the last column for a time outside of them. O(depth).
    func position(of time: UInt64) -> Position { position(of: time, \.time) }

    /// The same for the GPU's times.
    func position(ofGPU time: UInt64) -> Position { position(of: time, \.gpuTime) }

    private func position(of time: UInt64, _ key: KeyPath<Column, UInt64>) -> Position {
        guard let first = columns.first, time > first[keyPath: key] else { return Position() }
        var newer = 1
        while newer < columns.count, columns[newer][keyPath: key] < time { newer += 1 }
        guard newer < columns.count else {
            return Position(older: columns.count - 1, newer: columns.count - 1)
        }
        let older = columns[newer - 1][keyPath: key]
        return Position(
            older: newer - 1, newer: newer, elapsed: time - older, length: columns[newer][keyPath: key] - older)
    }

    /// How much of the time from `start` to `end` lies between the first and the last column, for the GPU's times too if
    /// `gpu`.
    func covered(from start: UInt64, to end: UInt64, gpu: Bool) -> UInt64 {
        guard let first = columns.first, let last = columns.last else { return 0 }
        let oldest = gpu ? max(first.time, first.gpuTime) : first.time
        let newest = gpu ? min(last.time, last.gpuTime) : last.time
        let (from, to) = (max(start, oldest), min(end, newest))
        return to > from ? to - from : 0
    }

    func gpu(row: Int, from: Position, to: Position) -> UInt64 {
        let start = row * Self.depth
        return to.value(gpu[start + to.older], gpu[start + to.newer])
            &- from.value(gpu[start + from.older], gpu[start + from.newer])
    }

    func cpu(row: Int, from: Position, to: Position) -> UInt64 {
        let start = row * Self.depth
        return to.value(cpu[start + to.older], cpu[start + to.newer])
            &- from.value(cpu[start + from.older], cpu[start + from.newer])
    }

    /// A count of the system between two positions.
    func system(_ count: KeyPath<Column, UInt64>, from: Position, to: Position) -> UInt64 {
        guard !columns.isEmpty else { return 0 }
        return to.value(columns[to.older][keyPath: count], columns[to.newer][keyPath: count])
            &- from.value(columns[from.older][keyPath: count], columns[from.newer][keyPath: count])
    }

    /// The mode in force all the time from `time` on; nil if it changed, or the columns do not reach back that far.
    func mode(since time: UInt64) -> Int? {
        guard let first = columns.first, first.time <= time, let mode = columns.last?.mode else { return nil }
        // The mode of a column was in force before it too, up to the column before.
        for column in columns where column.time > time && column.mode != mode { return nil }
        return mode
    }

    /// The mode in force at `time`.
    func mode(at time: UInt64) -> Int? {
        columns.isEmpty ? nil : columns[position(of: time).newer].mode
    }
}
