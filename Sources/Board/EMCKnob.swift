/// The cap of the memory clock, which a module of NVIDIA's offers. Its operating points come from the table.
struct EMCKnob: Sendable {
    static let name = "emc"

    let maximum: KnobAttribute
    let readBackIsEffective: Bool
    let currentPath: String?
    /// Hz, ascending.
    let availableHz: [Int]

    /// The clock as BPMP tells it: r36 and r35 alike, if debugfs is mounted and readable.
    private static func clock(_ root: String) -> String { "\(root)/sys/kernel/debug/bpmp/debug/clk/emc" }

    /// Finds the cap file: r36's reads back the rounded cap in force, r35's only what was written. Throws the reason why
    /// there is none (`unreadable`).
    init(root: String, table: BoardTable, files: any KnobFiles) throws(BoardError) {
        let places = [
            (path: "\(root)/sys/kernel/nvpmodel_clk_cap/emc", effective: true),
            (path: "\(root)/sys/kernel/nvpmodel_emc_cap/emc_iso_cap", effective: false),
        ]
        guard let place = places.first(where: { files.exists($0.path) }) else {
            throw BoardError(
                .unreadable,
                """
                Neither \(places[0].path) nor \(places[1].path) exists: the nvpmodel clock cap module is not loaded or \
                not part of this image. The memory clock is left alone; load the module to govern it.
                """)
        }
        maximum = KnobAttribute(knob: Self.name, role: .max, path: place.path)
        readBackIsEffective = place.effective
        let rate = "\(Self.clock(root))/rate"
        currentPath = files.exists(rate) ? rate : nil
        availableHz = Self.operatingPoints(root: root, table: table, files: files)
        guard !availableHz.isEmpty else {
            throw BoardError(
                .unreadable,
                """
                The operating points of the memory clock of \(table.name) are not in the table, and no file lists them. The \
                memory clock is left alone; to govern it, give the board's entry in BoardTable its EMC operating points.
                """)
        }
    }

    /// The table's operating points within the limits that BPMP tells, where it tells them.
    static func operatingPoints(root: String, table: BoardTable, files: any KnobFiles) -> [Int] {
        let lowest = (try? files.integer("\(clock(root))/min_rate")) ?? 0
        let highest = (try? files.integer("\(clock(root))/max_rate")) ?? Int.max
        let within = table.emcHz.filter { $0 >= lowest && $0 <= highest }
        return within.isEmpty ? table.emcHz : within
    }
}
