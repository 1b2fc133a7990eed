import SystemCalls

/// Which board this is, by its device tree.
public struct BoardIdentity: Hashable, Sendable {
    /// The device tree's model, for instance "NVIDIA Jetson AGX Orin Developer Kit".
    public let model: String
    /// The device tree's compatible strings, most specific first.
    public let compatible: [String]
    /// The L4T release, where /etc/nv_tegra_release tells it.
    public let release: L4TRelease?
    /// What the table knows about this board.
    public let table: BoardTable

    /// The rails whose sum is the board's power.
    public var totalPowerLabels: [String] { table.totalPowerLabels }

    /// Reads the identity below `root`. Throws `unknownBoard` with the strings found and what to do.
    static func read(root: String) throws(BoardError) -> BoardIdentity {
        let places = ["\(root)/proc/device-tree", "\(root)/sys/firmware/devicetree/base"]
        // A device tree string list ends each string in NUL; 4 KiB is far beyond any board's.
        guard let place = places.first(where: { Directory.exists("\($0)/compatible") }),
            let bytes = try? SmallFile.bytes("\(place)/compatible", limit: 4_096)
        else {
            throw BoardError(
                .unknownBoard,
                """
                No device tree was found: neither \(places[0])/compatible nor \(places[1])/compatible can be read. \
                This machine is not a Jetson; start a virtual one with virtual-jetson and name its tree with --root.
                """)
        }
        let model = (try? SmallFile.text("\(place)/model", limit: 4_096)) ?? ""
        let compatible = bytes.split(separator: 0).prefix(32).map { SmallFile.trimmed(Array($0)) }.filter {
            !$0.isEmpty
        }
        guard let table = BoardTable.matching(compatible) else {
            throw BoardError(
                .unknownBoard,
                """
                This board is not in the table: model "\(model)", compatible \(compatible.joined(separator: ", ")), read \
                from \(place). Known boards: \(BoardTable.all.map(\.name).joined(separator: ", ")). Nothing was touched. \
                To add it, give BoardTable an entry with its module number, EMC operating points and total-power rails.
                """)
        }
        guard table.isGoverned else {
            let governed = BoardTable.all.filter(\.isGoverned).map(\.name).joined(separator: ", ")
            throw BoardError(
                .unknownBoard,
                """
                This board is a Jetson \(table.name) (model "\(model)", read from \(place)). Its rails are known, but its knobs \
                have been tried nowhere, so it is not governed yet: nothing was touched. Governed are: \
                \(governed). See `isGoverned` in BoardTable.
                """)
        }
        let release = (try? SmallFile.text("\(root)/etc/nv_tegra_release", limit: 4_096)).flatMap(
            L4TRelease.init(text:))
        return BoardIdentity(model: model, compatible: compatible, release: release, table: table)
    }
}

/// A release of L4T, the system software of Jetson: 36.4.0 is "R36, revision 4.0".
public struct L4TRelease: Hashable, Sendable, CustomStringConvertible {
    /// 36 for r36 (kernel 5.15), 35 for r35 (5.10).
    public let major: Int
    /// The revision as the file spells it: "4.0".
    public let revision: String

    /// Reads the first line of /etc/nv_tegra_release, `# R36 (release), REVISION: 4.0, GCID: ...`.
    init?(text: String) {
        guard let line = text.split(separator: "\n").first, line.hasPrefix("# R"),
            let major = Int(line.dropFirst(3).prefix(while: \.isNumber))
        else { return nil }
        self.major = major
        let marker = "REVISION: "
        let fields = line.split(separator: ",").map { $0.drop(while: \.isWhitespace) }
        let revision = fields.first { $0.hasPrefix(marker) }?.dropFirst(marker.count) ?? ""
        self.revision = String(revision.prefix(while: { $0.isNumber || $0 == "." }).prefix(16))
    }

    /// "R36.4.0", as NVIDIA spells releases.
    public var description: String { revision.isEmpty ? "R\(major)" : "R\(major).\(revision)" }
}
