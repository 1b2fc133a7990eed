/// What cannot be discovered about a board: one entry per kind of board. Everything else is read from the board itself,
/// because the same board's tables change with the release (AGX Orin: 13 GPU operating points on r35, 11 on r36).
public struct BoardTable: Hashable, Sendable {
    /// The name people use.
    public let name: String
    /// Module numbers as they stand in the device tree's compatible strings, whatever the carrier board.
    public let modules: [String]
    /// EMC operating points, Hz, ascending: no file lists them.
    public let emcHz: [Int]
    /// The rails whose sum is the board's power.
    public let totalPowerLabels: [String]
    /// The lowest EMC cap, Hz, that a connected display tolerates; isochronous clients under-run below.
    public let displayFloorEMCHz: Int

    /// The known boards.
    public static let all: [BoardTable] = [
        BoardTable(
            name: "AGX Orin 64GB", modules: ["p3701-0005", "p3701-0000"], emcHz: orinEMCHz,
            totalPowerLabels: agxOrinRails, displayFloorEMCHz: 2_133_000_000),
        BoardTable(
            name: "AGX Orin 32GB", modules: ["p3701-0004"], emcHz: orinEMCHz,
            totalPowerLabels: agxOrinRails, displayFloorEMCHz: 2_133_000_000),
    ]

    private static let orinEMCHz = [204_000_000, 665_600_000, 2_133_000_000, 3_199_000_000]

    /// The three rails of the INA3221 at 0x40. VDDQ_VDD2_1V8AO of the chip at 0x41 is fed from VIN_SYS_5V0: adding it
    /// would count the memory twice.
    private static let agxOrinRails = ["VDD_GPU_SOC", "VDD_CPU_CV", "VIN_SYS_5V0"]

    /// The entry for a device tree's compatible list, for instance "nvidia,p3737-0000+p3701-0005". Nil if none matches.
    public static func matching(_ compatible: [String]) -> BoardTable? {
        for string in compatible {
            let parts = string.split(whereSeparator: { $0 == "," || $0 == "+" })
            for table in all where parts.contains(where: { table.modules.contains(String($0)) }) { return table }
        }
        return nil
    }
}
