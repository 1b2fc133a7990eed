extension EnergyAttribution {
    /// A stretch of time in which a rail's energy was drawn, CLOCK_MONOTONIC nanoseconds.
    struct Window: Equatable {
        let start: UInt64
        let end: UInt64
        let averaging: UInt64
    }

    /// A rail, or a part of one, as far as it has been followed.
    struct Part {
        let consumer: AttributedRail.Consumer
        /// The rail that it is a part of.
        let upstream: Int?
        /// The counter at the last settlement; nil before the first.
        var counter: UInt64?
        /// Up to when what it has counted was drawn.
        var end: UInt64 = 0
        /// What is to be split now, microjoules.
        var energy: UInt64 = 0
        /// When that was drawn; nil where it cannot be told.
        var window: Window?

        init(consumer: AttributedRail.Consumer, upstream: Int?) {
            self.consumer = consumer
            self.upstream = upstream
        }
    }

    /// Longer windows are not split: nobody knows the times in between.
    private static let longestWindow: UInt64 = 60_000_000_000

    mutating func readCounters(_ readings: [RailEnergy]) {
        for part in parts.indices {
            parts[part].energy = 0
            parts[part].window = nil
            guard
                let reading = readings.first(where: { $0.label == rails[part].label && $0.readNanoseconds > 0 })
            else { continue }
            let averaging = reading.averagingNanoseconds ?? 0
            let end = reading.readNanoseconds - min(averaging, reading.readNanoseconds)
            let start = parts[part].end
            let counter = reading.energyMicrojoules
            if let last = parts[part].counter, counter >= last {
                parts[part].energy = counter - last
                if end > start, end - start <= Self.longestWindow {
                    parts[part].window = Window(start: start, end: end, averaging: averaging)
                }
            } else {
                // The first reading, or a counter that began anew: nobody knows since when.
                parts[part].energy = counter
            }
            parts[part].counter = counter
            parts[part].end = end
            rails[part].energyMicrojoules &+= parts[part].energy
        }
    }

    /// Takes the energy of parts out of their rails', so that nothing is split twice. What a part says beyond its rail (both
    /// are rounded), or for another time, is its own counter's alone.
    mutating func takePartsOut() {
        for part in parts.indices {
            guard let upstream = parts[part].upstream else { continue }
            let isSplit = parts[part].window != nil && parts[upstream].window != nil
            let taken = isSplit ? min(parts[part].energy, parts[upstream].energy) : 0
            rails[part].unattributedMicrojoules &+= parts[part].energy - taken
            parts[part].energy = taken
            parts[upstream].energy -= taken
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
