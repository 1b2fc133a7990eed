/// One screen of `fulcrumctl top` as lines that fit `columns`.
public struct TopFrame: Sendable {
    /// What is above the table.
    public let heading: [String]
    /// The names of the table's columns.
    public let tableHeader: String
    /// The processes that fit.
    public let rows: [String]
    /// What could not be shown.
    public let footer: [String]

    /// All lines from top to bottom.
    public var lines: [String] { heading + [tableHeader] + rows + footer }

    /// How many rows a screen of `lines` has left for processes under `board`.
    static func room(_ board: BoardReading, columns: Int, lines: Int) -> Int {
        max(1, lines - heading(board, columns).count - 2)
    }

    /// Draws `processes`, sorted and described, of `total` that may be read.
    public init(_ board: BoardReading, _ processes: [ProcessReading], total: Int, denied: Int, columns: Int) {
        let table = ProcessTable(columns: columns)
        heading = Self.heading(board, columns)
        tableHeader = DisplayText.cut(table.header, columns)
        rows = processes.map { DisplayText.cut(table.row($0), columns) }
        var footer = ["\(total) \(total == 1 ? "process" : "processes")"]
        if processes.count < total { footer.append("\(total - processes.count) below") }
        if denied > 0 { footer.append("\(denied) more that only root, their owner and group fulcrum may read") }
        self.footer = [DisplayText.cut(footer.joined(separator: ", "), columns)]
    }

    private static func heading(_ board: BoardReading, _ columns: Int) -> [String] {
        var lines = [
            DisplayText.cut("fulcrum  \(printable(board.state))", columns),
            DisplayText.cut("decision \(printable(board.decision))", columns),
        ]
        var power = [
            "\(QuantityText.watts(board.powerMicrowatts)) of \(QuantityText.watts(board.budgetMicrowatts))",
            "GPU load \(percent(board.gpuLoadPermille))" + (board.gpuState == "gated" ? " (gated)" : ""),
            "GPU memory \(QuantityText.bytes(board.gpuMemoryBytes))",
        ]
        power += board.fans.map { fan in
            "\(printable(fan.name)) \(fan.rpm.map { "\($0) rpm" } ?? "-") \(percent(fan.pwm.map { $0 * 1_000 / 255 }))"
        }
        lines += wrapped("power", power, columns)
        func items(_ values: [String: Int?], _ text: (Int?) -> String) -> [String] {
            values.sorted { $0.key < $1.key }.map { "\(printable($0.key)) \(text($0.value))" }
        }
        lines += wrapped("rails", items(board.rails, QuantityText.watts), columns)
        lines += wrapped("temp", items(board.temperatures, QuantityText.celsius), columns)
        lines += wrapped(
            "mode", ["requested \(mode(board.requestedMode))", "effective \(mode(board.effectiveMode))"], columns)
        lines += wrapped("energy", energy(board.energy), columns)
        lines += wrapped(
            "LOST", board.losses.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }, columns)
        return lines + [""]
    }

    private static func printable(_ text: String?) -> String {
        text.map(DisplayText.printable) ?? QuantityText.unmeasured
    }

    private static func percent(_ permille: Int?) -> String {
        permille.map { QuantityText.tenths(Double($0) / 10) + " %" } ?? QuantityText.unmeasured
    }

    /// `cores cpu_khz gpu_hz emc_hz` with megahertz.
    private static func mode(_ line: String?) -> String {
        guard let line else { return QuantityText.unmeasured }
        let numbers = line.split(separator: " ").compactMap { Int($0) }
        guard numbers.count == 4 else { return DisplayText.printable(line) }
        return "\(numbers[0]) cores \(numbers[1] / 1_000) / \(numbers[2] / 1_000_000) / \(numbers[3] / 1_000_000) MHz"
    }

    private static func energy(_ energy: [String: Int]) -> [String] {
        guard !energy.isEmpty else { return [] }
        let names = [
            ("energy_uj", "total"), ("processes_uj", "processes"), ("exited_uj", "exited"),
            ("unattributed_uj", "unattributed"), ("error_uj", "error"),
        ]
        return names.map { "\($0.1) \(QuantityText.joules(energy[$0.0])) J" }
    }

    /// `items` behind a title of 9 columns, two blanks between them, on as many lines as they need; none without items.
    private static func wrapped(_ title: String, _ items: [String], _ columns: Int) -> [String] {
        guard !items.isEmpty else { return [] }
        var lines = [String]()
        var line = DisplayText.left(title, 9)
        var isEmpty = true
        for item in items {
            if !isEmpty, DisplayText.width(line) + 2 + DisplayText.width(item) > columns {
                lines.append(line)
                line = DisplayText.left("", 9)
                isEmpty = true
            }
            line += (isEmpty ? "" : "  ") + item
            isEmpty = false
        }
        return (lines + [line]).map { DisplayText.cut($0, columns) }
    }
}
