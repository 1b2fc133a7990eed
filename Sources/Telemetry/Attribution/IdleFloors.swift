/// What each rail draws in each mode while nothing runs: the least mean power seen over at least a second of rest.
struct IdleFloors {
    /// A mean over less is too coarse: a rail's step can be 0.4 W.
    private static let shortestNanoseconds: UInt64 = 1_000_000_000
    private static let mostModes = 1_024

    private struct Stretch {
        var microjoules: UInt64 = 0
        var nanoseconds: UInt64 = 0

        mutating func add(_ other: Stretch) {
            microjoules &+= other.microjoules
            nanoseconds &+= other.nanoseconds
        }
    }

    /// What is young may hold a foretaste of the work that ends the rest, as a rail's mean spreads over its window. It counts
    /// when the rest has gone on for a window after it.
    private struct Rest {
        var mode = 0
        var sure = Stretch()
        var young = Stretch()
        var youngest = Stretch()
    }

    /// By mode, then by rail.
    private var floors = [Int: [UInt64?]]()
    private var rests: [Rest]

    init(rails: Int) {
        rests = [Rest](repeating: Rest(), count: rails)
    }

    /// uW; nil where the rail has not been seen at rest in `mode`.
    func floor(rail: Int, mode: Int) -> UInt64? {
        floors[mode]?[rail]
    }

    /// Adds a stretch of rest. Once there is enough of it in a row, its mean is compared with the floor.
    mutating func addRest(
        rail: Int, mode: Int, microjoules: UInt64, nanoseconds: UInt64, averagingNanoseconds: UInt64
    ) {
        if rests[rail].mode != mode { rests[rail] = Rest(mode: mode) }
        rests[rail].youngest.add(Stretch(microjoules: microjoules, nanoseconds: nanoseconds))
        guard rests[rail].youngest.nanoseconds >= averagingNanoseconds else { return }
        rests[rail].sure.add(rests[rail].young)
        rests[rail].young = rests[rail].youngest
        rests[rail].youngest = Stretch()
        let sure = rests[rail].sure
        guard sure.nanoseconds >= Self.shortestNanoseconds else { return }
        rests[rail].sure = Stretch()
        lower(rail, mode, UInt64(clamping: UInt128(sure.microjoules) * 1_000_000_000 / UInt128(sure.nanoseconds)))
    }

    private mutating func lower(_ rail: Int, _ mode: Int, _ microwatts: UInt64) {
        if floors[mode] == nil {
            // Bounded without bookkeeping: the modes in use are learned anew within seconds of rest.
            if floors.count >= Self.mostModes { floors.removeAll(keepingCapacity: true) }
            floors[mode] = [UInt64?](repeating: nil, count: rests.count)
        }
        let least = min(floor(rail: rail, mode: mode) ?? .max, microwatts)
        floors[mode]?[rail] = least
    }

    /// Something ran: the rest so far is too short to be used.
    mutating func endRest(rail: Int) {
        rests[rail] = Rest(mode: rests[rail].mode)
    }
}
