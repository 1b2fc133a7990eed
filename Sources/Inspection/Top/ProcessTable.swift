/// The table of processes in a given width. At 80 columns every column is there; more columns go to the names first.
struct ProcessTable {
    private struct Column {
        let title: String
        let narrowest: Int
        let widest: Int
        let isNumber: Bool
        /// The cell's text; the width lets it choose a shorter form.
        let text: @Sendable (ProcessReading, _ width: Int) -> String
    }

    private static let columns: [Column] = [
        number("PID", 7) { "\($0.pid)" },
        name("USER", 6...12) { $0.user },
        name("COMMAND", 9...15) { $0.command },
        name("WORKLOAD", 8...20) { $0.workload },
        number("GPU%", 5) { QuantityText.tenths($0.gpuPermille.map(Double.init).map { $0 / 10 }) },
        number("ms/s", 5) { QuantityText.tenths($0.gpuMillisecondsPerSecond) },
        number("mW", 6) { QuantityText.milliwatts($0.powerMicrowatts) },
        number("J", 6) { QuantityText.joules($0.energyMicrojoules) },
        number("MEM", 5) { QuantityText.bytes($0.memoryBytes) },
        number("mini/s", 6) { QuantityText.tenths($0.minibatchesPerSecond) },
        Column(title: "SOURCE", narrowest: 6, widest: 15, isNumber: false) { process, width in
            let source = process.source.map(DisplayText.printable) ?? QuantityText.unmeasured
            return width < DisplayText.width(source) ? Self.shortSources[source] ?? source : source
        },
    ]

    private static let shortSources = ["cuda launches": "launch", "cuda boundaries": "bounds"]

    /// Columns in the order in which they get more room: command, workload, source, user.
    private static let growing = [2, 3, 10, 1]

    private let widths: [Int]

    init(columns width: Int) {
        var widths = Self.columns.map(\.narrowest)
        var spare = width - widths.reduce(0, +) - (widths.count - 1)
        while let index = Self.growing.first(where: { widths[$0] < Self.columns[$0].widest }), spare > 0 {
            widths[index] += 1
            spare -= 1
        }
        self.widths = widths
    }

    var header: String {
        line { column, _ in column.title }
    }

    func row(_ process: ProcessReading) -> String {
        line { column, width in column.text(process, width) }
    }

    private func line(_ cell: (Column, Int) -> String) -> String {
        let cells = zip(Self.columns, widths).map { column, width in
            let text = cell(column, width)
            return column.isNumber ? DisplayText.right(text, width) : DisplayText.left(text, width)
        }
        return DisplayText.trimmed(cells.joined(separator: " "))
    }

    private static func number(
        _ title: String, _ width: Int, _ text: @escaping @Sendable (ProcessReading) -> String
    ) -> Column {
        Column(title: title, narrowest: width, widest: width, isNumber: true) { process, _ in text(process) }
    }

    private static func name(
        _ title: String, _ widths: ClosedRange<Int>, _ text: @escaping @Sendable (ProcessReading) -> String?
    ) -> Column {
        Column(title: title, narrowest: widths.lowerBound, widest: widths.upperBound, isNumber: false) { process, _ in
            text(process).map(DisplayText.printable) ?? QuantityText.unmeasured
        }
    }
}
