extension EnergyAttribution {
    /// A stretch of time in which a rail's energy was drawn, CLOCK_MONOTONIC nanoseconds.
    struct Window: Equatable {
        let start: UInt64
        let end: UInt64
        let averaging: UInt64

        var length: UInt64 { end - start }
    }

    /// What one rail has counted between two settlements.
    struct Share {
        /// Microjoules that its counter has added.
        var counted: UInt64 = 0
        /// Of these, what is to be split: without what its parts split, or what a part has beyond its rail.
        var energy: UInt64 = 0
        /// When that was drawn; nil where it cannot be told.
        var window: Window?
    }

    /// A rail, or a part of one, as far as it has been followed.
    struct Part {
        let consumer: AttributedRail.Consumer
        /// The rail that it is a part of.
        let upstream: Int?
        /// The counter at the last settlement; nil before the first.
        var counter: UInt64?
        /// Up to when what it has counted was drawn, and up to when that has been split.
        var end: UInt64 = 0
        var splitUntil: UInt64 = 0

        init(consumer: AttributedRail.Consumer, upstream: Int?) {
            self.consumer = consumer
            self.upstream = upstream
        }
    }

    /// Longer windows are not split: nobody knows the times in between.
    private static let longestWindow: UInt64 = 60_000_000_000

    /// What the counters have added since they were read last. Nothing of a rail that is missing or was never read.
    mutating func readCounters(_ readings: [RailEnergy]) {
        for part in parts.indices {
            shares[part] = Share()
            guard
                let reading = readings.first(where: { $0.label == rails[part].label && $0.readNanoseconds > 0 })
            else { continue }
            let averaging = reading.averagingNanoseconds ?? 0
            let end = reading.readNanoseconds - min(averaging, reading.readNanoseconds)
            let start = parts[part].end
            let counter = reading.energyMicrojoules
            if let last = parts[part].counter, counter >= last {
                shares[part].counted = counter - last
                if end > start, end - start <= Self.longestWindow {
                    shares[part].window = Window(start: start, end: end, averaging: averaging)
                }
            } else {
                // The first reading, or a counter that began anew: nobody knows since when.
                shares[part].counted = counter
            }
            shares[part].energy = shares[part].counted
            parts[part].counter = counter
            parts[part].end = end
            rails[part].pendingMicrojoules &+= shares[part].counted
        }
    }

    /// Takes the energy of parts out of their rails', so that nothing is split twice. What a part says beyond its rail (both
    /// are rounded), or for another time, is its own counter's alone.
    mutating func takePartsOut() {
        for part in parts.indices {
            guard let upstream = parts[part].upstream else { continue }
            let isSplit = shares[part].window != nil && shares[upstream].window != nil
            shares[part].energy = isSplit ? min(shares[part].energy, shares[upstream].energy) : 0
            shares[upstream].energy -= shares[part].energy
        }
    }

    /// Counts what was counted, now that its owners are to be named.
    mutating func account(_ shares: ArraySlice<Share>) {
        for (part, share) in zip(parts.indices, shares) {
            rails[part].pendingMicrojoules -= share.counted
            rails[part].energyMicrojoules &+= share.counted
            if parts[part].upstream != nil { rails[part].unattributedMicrojoules &+= share.counted - share.energy }
        }
    }

    /// Books what nobody gets.
    mutating func leave(_ microjoules: UInt64, of part: Int) {
        rails[part].unattributedMicrojoules &+= microjoules
        if let upstream = parts[part].upstream { rails[upstream].unattributedMicrojoules &+= microjoules }
    }

    /// Books what processes have got.
    mutating func book(_ microjoules: UInt64, of part: Int) {
        rails[part].attributedMicrojoules &+= microjoules
        if let upstream = parts[part].upstream { rails[upstream].attributedMicrojoules &+= microjoules }
    }
}
