/// One measured supply rail: which domains it feeds, and how its sensor sees it.
public struct SupplyRail: Hashable, Sendable {
    /// The device-tree label.
    public var label: String
    /// Supply voltage, millivolts.
    public var millivolts: Double
    /// Shunt, micro-ohms.
    public var shuntMicroohms: Int
    /// Parts of each domain's power that this rail carries, as factors.
    public var share: DomainPower
    /// Whether the module's total is a sum with this rail in it.
    public var countsTowardTotal: Bool

    /// Describes a rail.
    public init(
        label: String, millivolts: Double, shuntMicroohms: Int, share: DomainPower, countsTowardTotal: Bool
    ) {
        self.label = label
        self.millivolts = millivolts
        self.shuntMicroohms = shuntMicroohms
        self.share = share
        self.countsTowardTotal = countsTowardTotal
    }

    /// Power of the rail, watts.
    public func watts(_ power: DomainPower) -> Double {
        share.gpu * power.gpu + share.cpu * power.cpu + share.memory * power.memory + share.system * power.system
    }
}
