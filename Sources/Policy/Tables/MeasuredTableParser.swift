/// Reads the measured tables: a header that names the columns, in any order, and a row per point.
struct MeasuredTableParser {
    /// One line of a table.
    struct Row {
        let mode: PowerMode
        /// Requests per minibatch; 0 in a table that has no such column.
        let minibatch: Int
        let milliseconds: Double
        let watts: Double
    }

    /// A quantity of a row, and the columns that can hold it.
    private struct Column {
        let name: String
        /// The name in the summaries of a training's profiles, and the factor to the unit of the first name.
        let other: (name: String, factor: Double)?
    }

    private static let columns = [
        Column(name: "cores", other: nil),
        Column(name: "cpu", other: ("cpu_khz", 1)),
        Column(name: "gpu", other: ("gpu_hz", 1)),
        Column(name: "mem", other: ("emc_hz", 1)),
        Column(name: "observed_time", other: ("mb_ms_median", 1)),
        Column(name: "observed_power", other: ("power_mw_median_steady", 0.001)),
    ]
    private static let minibatchColumn = Column(name: "bs", other: nil)

    private var lines: CommaSeparatedLines
    private let file: String
    private let rowLimit: Int
    private let hasMinibatch: Bool
    private var places: [(index: Int, name: String, factor: Double)] = []
    private var headerFieldCount = 0
    private var lineByPoint: [InferencePoint: Int] = [:]
    private(set) var rows: [Row] = []

    /// Parses all of `bytes`. Throws on the first fault, and never takes part of a table.
    init(parsing bytes: [UInt8], file: String, hasMinibatch: Bool, byteLimit: Int, rowLimit: Int) throws(TableError) {
        guard bytes.count <= byteLimit else {
            throw TableError(
                file: file, line: nil, problem: "The table has \(bytes.count) bytes; \(byteLimit) are the most allowed."
            )
        }
        lines = CommaSeparatedLines(bytes)
        self.file = file
        self.rowLimit = rowLimit
        self.hasMinibatch = hasMinibatch
        try readHeader()
        try readRows()
    }

    /// Whether the header of `bytes` names the column of inference tables, `bs`.
    static func hasMinibatchColumn(_ bytes: [UInt8]) -> Bool {
        var lines = CommaSeparatedLines(bytes)
        guard lines.advance(), lines.fieldCount <= CommaSeparatedLines.fieldLimit else { return false }
        return (0..<lines.fieldCount).contains { lines[$0].elementsEqual(minibatchColumn.name.utf8) }
    }

    /// The grid of the values that occur.
    func grid() throws(TableError) -> ModeGrid {
        var axes: [[Int]] = []
        for (place, dimension) in zip(places, [Dimension.cores, .cpu, .gpu, .emc]) {
            let values = Set(rows.lazy.map { $0.mode[dimension] })
            guard values.count <= TrainingTable.axisLimit else {
                throw TableError(
                    file: file, line: nil,
                    problem: "The column \(place.name) has \(values.count) different values; "
                        + "\(TrainingTable.axisLimit) are the most allowed.")
            }
            axes.append(Array(values))
        }
        guard let grid = ModeGrid(cores: axes[0], cpuKHz: axes[1], gpuHz: axes[2], emcHz: axes[3]) else {
            throw TableError(file: file, line: nil, problem: "The table has no row below its header.")
        }
        return grid
    }

    private mutating func readHeader() throws(TableError) {
        let columns = Self.columns + (hasMinibatch ? [Self.minibatchColumn] : [])
        let wanted = columns.map(\.name).joined(separator: ",")
        guard lines.advance() else {
            throw TableError(file: file, line: 1, problem: "The table is empty; a header with \(wanted) was expected.")
        }
        guard lines.fieldCount <= CommaSeparatedLines.fieldLimit else {
            throw fault("The header has more than \(CommaSeparatedLines.fieldLimit) columns.")
        }
        headerFieldCount = lines.fieldCount
        for column in columns {
            if let index = try indexOfColumn(column.name) {
                places.append((index, column.name, 1))
            } else if let other = column.other, let index = try indexOfColumn(other.name) {
                places.append((index, other.name, other.factor))
            } else {
                throw fault("The header has no column \(column.name); \(wanted) are needed, in any order.")
            }
        }
    }

    private func indexOfColumn(_ name: String) throws(TableError) -> Int? {
        let found = (0..<headerFieldCount).filter { lines[$0].elementsEqual(name.utf8) }
        guard found.count <= 1 else { throw fault("The header has the column \(name) \(found.count) times.") }
        return found.first
    }

    private mutating func readRows() throws(TableError) {
        while lines.advance() {
            guard rows.count < rowLimit else {
                throw fault(
                    "The table has more than \(rowLimit) rows; no board has as many modes. Keep one row per mode.")
            }
            guard lines.fieldCount == headerFieldCount else {
                throw fault(
                    "The line has \(lines.fieldCount) fields and the header \(headerFieldCount): it is cut short or damaged."
                )
            }
            let mode = PowerMode(
                cores: try setting(0), cpuKHz: try setting(1), gpuHz: try setting(2), emcHz: try setting(3))
            let row = Row(
                mode: mode, minibatch: hasMinibatch ? try minibatch() : 0, milliseconds: try measurement(4),
                watts: try measurement(5))
            let point = InferencePoint(mode: mode, minibatch: row.minibatch)
            if let first = lineByPoint.updateValue(lines.line, forKey: point) {
                throw fault(
                    hasMinibatch
                        ? "The mode \(mode) with bs \(row.minibatch) is already on line \(first); an inference table has one row for each."
                        : "The mode \(mode) is already on line \(first); a training table has one row per mode.")
            }
            rows.append(row)
        }
        guard !lines.isCutShort else {
            throw fault(
                "The last line has no line end, so it may be cut short: a number without its last digits looks sound. "
                    + "End it with a line end if it is complete.")
        }
    }

    private func setting(_ index: Int) throws(TableError) -> Int {
        let field = lines[places[index].index]
        guard let value = DecimalNumber.integer(field), value > 0 else {
            throw fault("\(places[index].name) is \(quoted(field)); a whole number above 0 was expected.")
        }
        return value
    }

    /// A whole number that may be spelled as a decimal, as the authors' tables do (`1.0`).
    private func minibatch() throws(TableError) -> Int {
        let place = places[Self.columns.count]
        let field = lines[place.index]
        guard let number = DecimalNumber.double(field), let value = Int(exactly: number), value > 0,
            value <= InferenceTable.minibatchLimit
        else {
            throw fault(
                "\(place.name) is \(quoted(field)); a whole number from 1 to \(InferenceTable.minibatchLimit) was expected."
            )
        }
        return value
    }

    private func measurement(_ index: Int) throws(TableError) -> Double {
        let place = places[index]
        let field = lines[place.index]
        // Times 1 changes no bit; the least numbers vanish in another unit.
        guard let number = DecimalNumber.double(field), case let value = number * place.factor, value > 0,
            value <= TrainingTable.measurementLimit
        else { throw fault("\(place.name) is \(quoted(field)); a number above 0 and up to 10^9 was expected.") }
        return value
    }

    private func fault(_ problem: String) -> TableError {
        TableError(file: file, line: lines.line, problem: problem)
    }

    /// The field for a message: bounded and escaped, as a damaged file can hold anything.
    private func quoted(_ field: ArraySlice<UInt8>) -> String {
        String(decoding: field.prefix(40), as: UTF8.self).debugDescription + (field.count > 40 ? "..." : "")
    }
}
