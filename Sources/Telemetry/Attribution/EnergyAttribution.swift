/// Splits what the rails have counted over the processes that caused it.
///
/// **Time.** A rail's reading is the mean of a window w that is over, shown for the length of the next one, so what its counter
/// adds between readings at a and b was drawn between a - w and b - w (`EnergyIntegral`). Busy times of processes are kept for
/// the last settlements and asked for at those shifted times, by interpolation (the reference timeline of alumet's
/// energy-attribution, with the rail as reference). GPU time may be known even later than the energy; what the rails count
/// is pending until then, at most some seconds.
///
/// **Floor.** The least power that the rail has drawn in the mode while the units behind it rested belongs to nobody. What is
/// over it goes to processes in proportion to their busy time: GPU time where the rail feeds the GPU, CPU time (of the system's,
/// so that processes nobody follows have their share, which stays unattributed) where it feeds the CPU, both with
/// `Weights` where it feeds both or is shared. Where the floor of the mode is not known, nothing can be called idle power: a
/// process then gets the part of the rail's energy that its busy time is of the elapsed time, of all cores' for the CPU, and the
/// rest stays unattributed. The first way is derived, the second and everything with weights is modelled.
///
/// **Conservation.** Shares are whole microjoules rounded down, and what they leave (less than one for each process, rail and
/// settlement) stays unattributed: for each rail at any time the attributed, the unattributed and the pending energy are
/// together what the counter has counted, and the sum over the processes and those that have exited is what all rails together have attributed.
/// No counter falls, and the order of processes does not matter.
///
/// Pure: no clock and no file; times come with the readings. O(processes x rails) for each settlement; allocates only when
/// processes or modes are new.
public struct EnergyAttribution: Sendable {
    /// What a nanosecond of the GPU weighs against one of a CPU core where a rail feeds both.
    public struct Weights: Hashable, Sendable {
        /// Of the GPU.
        public var gpu: UInt64
        /// Of one core.
        public var cpu: UInt64

        /// The default is a choice, not a measurement: on the small modules the whole GPU at work draws several watts, a core
        /// about one. At most 100 each.
        public init(gpu: UInt64 = 8, cpu: UInt64 = 1) {
            self.gpu = min(gpu, 100)
            self.cpu = min(cpu, 100)
        }
    }

    /// Where each rail's energy went, in the order of the rails given to `init`.
    public internal(set) var rails: [RailAccount]
    /// What the processes that are gone had got.
    public private(set) var exited = ExitedEnergy()
    /// Processes that were not followed because there were too many, counted at each settlement. What they used is part of
    /// the system's times alone.
    public var overflow: UInt64 { followed.overflow }

    let weights: Weights
    var parts: [Part]
    var floors: IdleFloors
    var followed: FollowedProcesses
    var windowTimes = WindowTimes()
    private var pending: PendingShares
    /// Of the settlement in hand; kept for its memory.
    var shares: [Share]
    private var powerWindow: UInt64 = 0

    /// A GPU time that is not known by then is waited for no longer.
    private static let patience: UInt64 = 3_000_000_000

    /// - Parameters:
    ///   - rails: the rails of the board, upstream ones and parts in any order.
    ///   - weights: for rails that feed GPU and CPU both.
    ///   - capacity: processes followed at a time, at most; up to 4,096.
    public init(rails: [AttributedRail], weights: Weights = Weights(), capacity: Int = 4_096) {
        self.weights = weights
        self.rails = rails.map { RailAccount(label: $0.label) }
        parts = rails.map { rail in
            let upstream = rail.upstream.flatMap { name in rails.firstIndex { $0.label == name && $0.upstream == nil } }
            return Part(consumer: rail.consumer, upstream: upstream)
        }
        floors = IdleFloors(rails: rails.count)
        pending = PendingShares(rails: rails.count)
        shares = [Share](repeating: Share(), count: rails.count)
        followed = FollowedProcesses(capacity: min(max(capacity, 1), 4_096))
    }

    /// Takes over what rails and processes say now, and splits what the rails have counted since the last time.
    ///
    /// - Parameters:
    ///   - now: when the times were read, CLOCK_MONOTONIC nanoseconds.
    ///   - mode: a number of the caller's for the power mode in force since the last settlement.
    ///   - rails: counters by label, in any order; a rail that is missing, or has not been read since, gives no energy now.
    ///   - processes: every process that is followed; one that is missing is gone, and its energy moves to `exited` when the
    ///     rails have told what it used last.
    ///   - system: what the whole machine used.
    public mutating func settle(
        at now: UInt64, mode: Int, rails readings: [RailEnergy], processes: [ProcessTimes], system: SystemTimes
    ) {
        let averaging = readings.reduce(0) { max($0, $1.averagingNanoseconds ?? 0) }
        followed.update(at: now, mode: mode, processes: processes, system: system, averagingNanoseconds: averaging)
        readCounters(readings)
        takePartsOut()
        var isFirst = true
        if pending.isFull { splitOldest(&isFirst) }
        pending.append(shares)
        while !pending.isEmpty, isKnown(pending.oldest, at: now) { splitOldest(&isFirst) }
        let splitUntil = parts.lazy.filter { $0.counter != nil }.map(\.splitUntil).min()
        exited.add(followed.removeGone(settledUntil: splitUntil ?? now))
    }

    /// Whether the GPU times are known for all windows of a settlement.
    private func isKnown(_ shares: ArraySlice<Share>, at now: UInt64) -> Bool {
        let known = followed.gpuUntilNanoseconds
        for (part, share) in zip(parts, shares) {
            guard let window = share.window, part.consumer != .cpu, window.end > known else { continue }
            if now > window.end, now - window.end > Self.patience { continue }
            return false
        }
        return true
    }

    private mutating func splitOldest(_ isFirst: inout Bool) {
        let shares = pending.oldest
        account(shares)
        windowTimes.window = nil
        var length: UInt64 = 0
        for (part, share) in zip(parts.indices, shares) {
            guard let window = share.window else {
                leave(share.energy, of: part)
                if parts[part].counter != nil, parts[part].splitUntil == 0 { parts[part].splitUntil = parts[part].end }
                continue
            }
            if isFirst {
                isFirst = false
                powerWindow = 0
                followed.beginWindow()
            }
            length = max(length, window.length)
            split(share.energy, of: part, drawnIn: window)
            parts[part].splitUntil = window.end
        }
        powerWindow &+= length
        pending.removeOldest()
    }

    /// The energy of each process that is followed, in no particular order.
    public var processes: [ProcessEnergy] { followed.entries.map { energy(of: $0) } }

    /// The energy of one process; nil once it has moved to `exited`, or if it was never followed.
    public func energy(of process: ProcessIdentity) -> ProcessEnergy? {
        followed.entry(of: process).map { energy(of: $0) }
    }

    private func energy(of entry: FollowedProcess) -> ProcessEnergy {
        let microwatts: UInt64? =
            powerWindow == 0
            ? nil : UInt64(clamping: UInt128(entry.windowMicrojoules) * 1_000_000_000 / UInt128(powerWindow))
        return ProcessEnergy(
            process: entry.process, gpuMicrojoules: entry.gpu.isMeasured ? entry.gpuMicrojoules : nil,
            cpuMicrojoules: entry.cpu.isMeasured ? entry.cpuMicrojoules : nil,
            sharedMicrojoules: entry.sharedMicrojoules,
            gpuProvenance: entry.gpuIsModelled ? .modelled : .derived,
            cpuProvenance: entry.cpuIsModelled ? .modelled : .derived,
            powerMicrowatts: microwatts, isGone: followed.isGone(entry))
    }
}
