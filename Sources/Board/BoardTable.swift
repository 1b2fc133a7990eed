/// What cannot be discovered about a board: one entry per kind of board. Everything else is read from the board itself,
/// because the same board's tables change with the release (AGX Orin: 13 GPU operating points on r35, 11 on r36).
public struct BoardTable: Hashable, Sendable {
    /// The name people use.
    public let name: String
    /// Module numbers as they stand in the device tree's compatible strings, whatever the carrier board.
    public let modules: [String]
    /// EMC operating points, Hz, ascending: no file lists them. Empty where they are not known: the memory clock of such a
    /// board is left alone.
    public let emcHz: [Int]
    /// The power rails, and what each feeds.
    public let rails: [PowerRail]
    /// The rails whose sum is the board's power: those that no other one measures a second time.
    public let totalPowerLabels: [String]
    /// The lowest EMC cap, Hz, that a connected display tolerates; isochronous clients under-run below.
    public let displayFloorEMCHz: Int
    /// Whether its knobs lie where those of the tested boards do. Others are recognised, and refused.
    public let isGoverned: Bool

    private init(
        _ name: String, _ modules: [String], _ rails: [PowerRail], emcHz: [Int] = [],
        displayFloorEMCHz: Int = 2_133_000_000, isGoverned: Bool = false
    ) {
        self.isGoverned = isGoverned
        self.name = name
        self.modules = modules
        self.rails = rails
        totalPowerLabels = rails.filter { $0.upstream == nil }.map(\.label)
        self.emcHz = emcHz
        self.displayFloorEMCHz = displayFloorEMCHz
    }

    /// The known boards.
    public static let all: [BoardTable] = [
        BoardTable(
            "AGX Orin 64GB", ["p3701-0005", "p3701-0000"], PowerRail.agxOrin, emcHz: orinEMCHz, isGoverned: true),
        BoardTable("AGX Orin 32GB", ["p3701-0004"], PowerRail.agxOrin, emcHz: orinEMCHz, isGoverned: true),
        BoardTable("Orin NX 16GB", ["p3767-0000"], PowerRail.smallModule, isGoverned: true),
        BoardTable("Orin NX 8GB", ["p3767-0001"], PowerRail.smallModule, isGoverned: true),
        BoardTable("Orin Nano 8GB", ["p3767-0003", "p3767-0005"], PowerRail.smallModule, isGoverned: true),
        BoardTable("Orin Nano 4GB", ["p3767-0004"], PowerRail.smallModule, isGoverned: true),
        BoardTable("AGX Thor", ["p3834-"], PowerRail.thor),
        BoardTable("AGX Xavier", ["p2888-", "p2972-"], PowerRail.agxXavier),
        BoardTable("Xavier NX", ["p3668-"], PowerRail.smallModule),
        BoardTable("TX2", ["p3310-", "p3489-"], PowerRail.tx2),
        BoardTable("Nano", ["p3448-"], PowerRail.nano),
    ]

    private static let orinEMCHz = [204_000_000, 665_600_000, 2_133_000_000, 3_199_000_000]

    /// The entry for a device tree's compatible list, for instance "nvidia,p3737-0000+p3701-0005". Nil if none matches.
    public static func matching(_ compatible: [String]) -> BoardTable? {
        for string in compatible {
            let parts = string.split(whereSeparator: { $0 == "," || $0 == "+" })
            for table in all where parts.contains(where: { table.isModule(String($0)) }) { return table }
        }
        return nil
    }

    /// A module number that ends in a dash stands for all its variants.
    private func isModule(_ part: String) -> Bool {
        modules.contains { $0.hasSuffix("-") ? part.hasPrefix($0) : part == $0 }
    }
}
