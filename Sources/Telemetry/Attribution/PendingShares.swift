/// What the rails have counted and nobody can name the owners of yet, settlement by settlement: GPU time may be known later
/// than the rails' energy.
struct PendingShares {
    private static let depth = 32

    private var shares: [EnergyAttribution.Share]
    private let width: Int
    private var first = 0
    private var count = 0

    init(rails: Int) {
        width = rails
        shares = [EnergyAttribution.Share](repeating: .init(), count: Self.depth * rails)
    }

    var isFull: Bool { count == Self.depth }
    var isEmpty: Bool { count == 0 }

    /// The oldest settlement, by rail.
    var oldest: ArraySlice<EnergyAttribution.Share> { shares[(first * width)..<((first + 1) * width)] }

    /// Only if it is not full.
    mutating func append(_ settlement: [EnergyAttribution.Share]) {
        let place = (first + count) % Self.depth * width
        for rail in 0..<width { shares[place + rail] = settlement[rail] }
        count += 1
    }

    mutating func removeOldest() {
        first = (first + 1) % Self.depth
        count -= 1
    }
}
