extension TrainingTable {
    /// Parses comma-separated bytes. The first line names the columns, in any order: `cores`, `cpu` (kHz), `gpu` (Hz), `mem`
    /// (Hz), `observed_time` (ms per minibatch) and `observed_power` (W); other columns are ignored.
    ///
    /// `file` is the name that errors carry. Throws on the first fault, and never takes part of a table. O(n log n).
    public init(parsing bytes: [UInt8], file: String) throws(TableError) {
        try self.init(parsing: bytes, file: file, byteLimit: Self.byteLimit, rowLimit: Self.rowLimit)
    }

    /// The same under other bounds.
    init(parsing bytes: [UInt8], file: String, byteLimit: Int, rowLimit: Int) throws(TableError) {
        guard bytes.count <= byteLimit else {
            throw TableError(
                file: file, line: nil, problem: "The table has \(bytes.count) bytes; \(byteLimit) are the most allowed."
            )
        }
        var parser = TrainingTableParser(lines: CommaSeparatedLines(bytes), file: file, rowLimit: rowLimit)
        try parser.readHeader()
        try parser.readRows()
        let axes = try parser.axes()
        guard let grid = ModeGrid(cores: axes[0], cpuKHz: axes[1], gpuHz: axes[2], emcHz: axes[3]) else {
            throw TableError(file: file, line: nil, problem: "The table has no row below its header.")
        }
        self.init(file: file, rows: parser.rows, grid: grid)
    }
}

private struct TrainingTableParser {
    private static let names = ["cores", "cpu", "gpu", "mem", "observed_time", "observed_power"]

    private var lines: CommaSeparatedLines
    private let file: String
    private let rowLimit: Int
    private var columns: [Int] = []
    private var headerFieldCount = 0
    private var lineByMode: [PowerMode: Int] = [:]
    private(set) var rows: [TrainingObservation] = []

    init(lines: CommaSeparatedLines, file: String, rowLimit: Int) {
        self.lines = lines
        self.file = file
        self.rowLimit = rowLimit
    }

    mutating func readHeader() throws(TableError) {
        let wanted = Self.names.joined(separator: ",")
        guard lines.advance() else {
            throw TableError(file: file, line: 1, problem: "The table is empty; a header with \(wanted) was expected.")
        }
        guard lines.fieldCount <= CommaSeparatedLines.fieldLimit else {
            throw fault("The header has more than \(CommaSeparatedLines.fieldLimit) columns.")
        }
        headerFieldCount = lines.fieldCount
        for name in Self.names {
            let found = (0..<headerFieldCount).filter { lines[$0].elementsEqual(name.utf8) }
            guard let column = found.first else {
                throw fault("The header has no column \(name); \(wanted) are needed, in any order.")
            }
            guard found.count == 1 else { throw fault("The header has the column \(name) \(found.count) times.") }
            columns.append(column)
        }
    }

    mutating func readRows() throws(TableError) {
        while lines.advance() {
            guard rows.count < rowLimit else { throw fault("The table has more than \(rowLimit) rows.") }
            guard lines.fieldCount == headerFieldCount else {
                throw fault(
                    "The line has \(lines.fieldCount) fields and the header \(headerFieldCount): it is cut short or damaged."
                )
            }
            let mode = PowerMode(
                cores: try setting(0), cpuKHz: try setting(1), gpuHz: try setting(2), emcHz: try setting(3))
            let row = TrainingObservation(
                mode: mode, minibatchMilliseconds: try measurement(4), powerWatts: try measurement(5))
            if let first = lineByMode.updateValue(lines.line, forKey: mode) {
                throw fault("The mode \(mode) is already on line \(first); a training table has one row per mode.")
            }
            rows.append(row)
        }
    }

    /// The different values of each dimension, in the order of the columns.
    func axes() throws(TableError) -> [[Int]] {
        var axes: [[Int]] = []
        for (name, dimension) in zip(Self.names, [Dimension.cores, .cpu, .gpu, .emc]) {
            let values = Set(rows.lazy.map { $0.mode[dimension] })
            guard values.count <= TrainingTable.axisLimit else {
                throw TableError(
                    file: file, line: nil,
                    problem: "The column \(name) has \(values.count) different values; "
                        + "\(TrainingTable.axisLimit) are the most allowed.")
            }
            axes.append(Array(values))
        }
        return axes
    }

    private func setting(_ index: Int) throws(TableError) -> Int {
        let field = lines[columns[index]]
        guard let value = DecimalNumber.integer(field), value > 0 else {
            throw fault("\(Self.names[index]) is \(quoted(field)); a whole number above 0 was expected.")
        }
        return value
    }

    private func measurement(_ index: Int) throws(TableError) -> Double {
        let field = lines[columns[index]]
        guard let value = DecimalNumber.double(field), value > 0, value.isFinite else {
            throw fault("\(Self.names[index]) is \(quoted(field)); a finite number above 0 was expected.")
        }
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
