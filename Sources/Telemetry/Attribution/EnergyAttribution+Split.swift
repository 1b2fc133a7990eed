extension EnergyAttribution {
    /// The busy times within one window: of each process, by row, and of the system.
    struct WindowTimes {
        var window: Window?
        var gpu = [UInt64]()
        var cpu = [UInt64]()
        /// At least the sum over the processes.
        var gpuTotal: UInt64 = 0
        var cpuTotal: UInt64 = 0
        var cpuIdle: UInt64 = 0
    }

    /// Splits the energy of one rail.
    mutating func split(_ energy: UInt64, of part: Int, drawnIn window: Window) {
        learnFloor(part, window, energy)
        let floor = floor(part, window)
        rails[part].floorMicrowatts = floor
        guard energy > 0 else { return }
        let length = window.length
        let covered = followed.timeline.covered(from: window.start, to: window.end, gpu: parts[part].consumer != .cpu)
        var dynamic = covered < length ? Self.share(energy, covered, of: length) : energy
        if let floor {
            let idle = UInt64(clamping: UInt128(floor) * UInt128(covered) / 1_000_000_000)
            dynamic -= min(idle, dynamic)
        }
        measureTimes(window)
        var gpuTotal = windowTimes.gpuTotal
        var cpuTotal = windowTimes.cpuTotal
        if floor == nil {
            // Without a floor: by the elapsed time instead of the busy time.
            gpuTotal = max(gpuTotal, covered)
            cpuTotal &+= windowTimes.cpuIdle
        }
        let booked =
            switch parts[part].consumer {
            case .gpu: splitByGPU(dynamic, gpuTotal, isModelled: floor == nil)
            case .cpu: splitByCPU(dynamic, cpuTotal, isModelled: floor == nil)
            case .gpuAndCPU: splitByBoth(dynamic, weights.gpu * gpuTotal &+ weights.cpu * cpuTotal)
            case .shared: splitShared(dynamic, weights.gpu * gpuTotal &+ weights.cpu * cpuTotal)
            }
        book(booked, of: part)
        leave(energy - booked, of: part)
    }

    /// `energy` times `time` over `total`, rounded down.
    private static func share(_ energy: UInt64, _ time: UInt64, of total: UInt64) -> UInt64 {
        if time == 0 { return 0 }
        if time >= total { return energy }
        return total.dividingFullWidth(energy.multipliedFullWidth(by: time)).quotient
    }

    private mutating func splitByGPU(_ energy: UInt64, _ total: UInt64, isModelled: Bool) -> UInt64 {
        var booked: UInt64 = 0
        for row in followed.entries.indices where windowTimes.gpu[row] > 0 {
            let share = Self.share(energy, windowTimes.gpu[row], of: total)
            followed.entries[row].gpuMicrojoules &+= share
            followed.entries[row].windowMicrojoules &+= share
            if isModelled, share > 0 { followed.entries[row].gpuIsModelled = true }
            booked += share
        }
        return booked
    }

    private mutating func splitByCPU(_ energy: UInt64, _ total: UInt64, isModelled: Bool) -> UInt64 {
        var booked: UInt64 = 0
        for row in followed.entries.indices where windowTimes.cpu[row] > 0 {
            let share = Self.share(energy, windowTimes.cpu[row], of: total)
            followed.entries[row].cpuMicrojoules &+= share
            followed.entries[row].windowMicrojoules &+= share
            if isModelled, share > 0 { followed.entries[row].cpuIsModelled = true }
            booked += share
        }
        return booked
    }

    private mutating func splitByBoth(_ energy: UInt64, _ total: UInt64) -> UInt64 {
        var booked: UInt64 = 0
        for row in followed.entries.indices {
            let (gpu, cpu) = (windowTimes.gpu[row], windowTimes.cpu[row])
            if gpu | cpu == 0 { continue }
            let ofGPU = Self.share(energy, weights.gpu * gpu, of: total)
            let ofCPU = Self.share(energy, weights.cpu * cpu, of: total)
            followed.entries[row].gpuMicrojoules &+= ofGPU
            followed.entries[row].cpuMicrojoules &+= ofCPU
            followed.entries[row].windowMicrojoules &+= ofGPU + ofCPU
            if ofGPU > 0 { followed.entries[row].gpuIsModelled = true }
            if ofCPU > 0 { followed.entries[row].cpuIsModelled = true }
            booked += ofGPU + ofCPU
        }
        return booked
    }

    private mutating func splitShared(_ energy: UInt64, _ total: UInt64) -> UInt64 {
        var booked: UInt64 = 0
        for row in followed.entries.indices {
            let time = weights.gpu * windowTimes.gpu[row] &+ weights.cpu * windowTimes.cpu[row]
            if time == 0 { continue }
            let share = Self.share(energy, time, of: total)
            followed.entries[row].sharedMicrojoules &+= share
            followed.entries[row].windowMicrojoules &+= share
            booked += share
        }
        return booked
    }

    /// Asks the timeline once for rails that were read together.
    private mutating func measureTimes(_ window: Window) {
        if windowTimes.window == window { return }
        windowTimes.window = window
        let timeline = followed.timeline
        let (from, to) = (timeline.position(of: window.start), timeline.position(of: window.end))
        let gpuFrom = timeline.position(ofGPU: window.start)
        let gpuTo = timeline.position(ofGPU: window.end)
        let missing = followed.entries.count - windowTimes.gpu.count
        if missing > 0 {
            windowTimes.gpu.append(contentsOf: repeatElement(0, count: missing))
            windowTimes.cpu.append(contentsOf: repeatElement(0, count: missing))
        }
        // 2^8 cores are plenty, and with windows of at most 2^36 ns, 2^12 processes and weights below 2^7 no sum and no
        // product of these overflows, whatever the counts say.
        let most = window.length << 8
        var (gpuSum, cpuSum): (UInt64, UInt64) = (0, 0)
        for row in followed.entries.indices {
            let gpu = min(timeline.gpu(row: row, from: gpuFrom, to: gpuTo), most)
            let cpu = min(timeline.cpu(row: row, from: from, to: to), most)
            windowTimes.gpu[row] = gpu
            windowTimes.cpu[row] = cpu
            gpuSum += gpu
            cpuSum += cpu
        }
        windowTimes.gpuTotal = max(gpuSum, min(timeline.system(\.gpuBusy, from: gpuFrom, to: gpuTo), most))
        windowTimes.cpuTotal = max(cpuSum, min(timeline.system(\.cpuBusy, from: from, to: to), most))
        windowTimes.cpuIdle = min(timeline.system(\.cpuIdle, from: from, to: to), most)
    }

    /// The idle power of the rail; over a change of mode the lower one.
    private func floor(_ part: Int, _ window: Window) -> UInt64? {
        guard let first = followed.timeline.mode(at: window.start), let last = followed.timeline.mode(at: window.end),
            let floor = floors.floor(rail: part, mode: last)
        else { return nil }
        if first == last { return floor }
        return floors.floor(rail: part, mode: first).map { min($0, floor) }
    }

    /// A mean spreads over its window what happened anywhere in it, so the units must have rested one window longer on both
    /// sides: before, which is asked here, and after, which `IdleFloors` waits for.
    private mutating func learnFloor(_ part: Int, _ window: Window, _ energy: UInt64) {
        let since = window.start - min(window.averaging, window.start)
        guard let mode = followed.timeline.mode(since: since),
            isAtRest(parts[part].consumer, since: since, until: window.end)
        else {
            floors.endRest(rail: part)
            return
        }
        floors.addRest(
            rail: part, mode: mode, microjoules: energy, nanoseconds: window.length,
            averagingNanoseconds: window.averaging)
    }

    /// Whether what the rail feeds had next to nothing to do: less than 2 % of the GPU, less than 4 % of the cores, as a system
    /// is never quite still.
    private func isAtRest(_ consumer: AttributedRail.Consumer, since: UInt64, until: UInt64) -> Bool {
        let timeline = followed.timeline
        guard until > since, timeline.covered(from: since, to: until, gpu: consumer != .cpu) == until - since else {
            return false
        }
        if consumer != .cpu {
            let (from, to) = (timeline.position(ofGPU: since), timeline.position(ofGPU: until))
            let busy = timeline.system(\.gpuBusy, from: from, to: to)
            guard followed.gpuIsMeasured, busy < (until - since) / 50 else { return false }
        }
        if consumer != .gpu {
            let (from, to) = (timeline.position(of: since), timeline.position(of: until))
            let busy = timeline.system(\.cpuBusy, from: from, to: to)
            let idle = timeline.system(\.cpuIdle, from: from, to: to)
            guard followed.cpuIsMeasured, busy < (busy &+ idle) / 25 else { return false }
        }
        return true
    }
}
