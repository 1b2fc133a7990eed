/// A measured table of one inference workload: minibatch time and power of each power mode and minibatch size.
public struct InferenceTable: MeasuredTable {
    /// A minibatch of more requests is refused.
    public static let minibatchLimit = 1 << 20

    /// The file that the rows came from, for messages.
    public let file: String
    /// The values that occur in each dimension.
    public let grid: ModeGrid
    /// The minibatch sizes that occur, ascending.
    public let minibatches: [Int]
    private let sorted: SortedRows<InferenceObservation>

    /// Takes rows with positive values and different points, at least one.
    init(file: String, rows: [InferenceObservation], grid: ModeGrid) {
        self.file = file
        self.grid = grid
        minibatches = Set(rows.map(\.point.minibatch)).sorted()
        sorted = SortedRows(rows)
    }

    /// Parses comma-separated bytes. The columns are those of a training table and `bs`, the requests per minibatch.
    ///
    /// `file` is the name that errors carry. Throws on the first fault, and never takes part of a table. O(n log n).
    public init(parsing bytes: [UInt8], file: String) throws(TableError) {
        let parser = try MeasuredTableParser(
            parsing: bytes, file: file, hasMinibatch: true, byteLimit: TrainingTable.byteLimit,
            rowLimit: TrainingTable.rowLimit)
        let sizes = Set(parser.rows.lazy.map(\.minibatch)).count
        guard sizes <= TrainingTable.axisLimit else {
            throw TableError(
                file: file, line: nil,
                problem: "The column bs has \(sizes) different values; \(TrainingTable.axisLimit) are the most allowed."
            )
        }
        let grid = try parser.grid()
        self.init(
            file: file,
            rows: parser.rows.map {
                InferenceObservation(
                    point: InferencePoint(mode: $0.mode, minibatch: $0.minibatch),
                    minibatchMilliseconds: $0.milliseconds, powerWatts: $0.watts)
            }, grid: grid)
    }

    /// Whether `bytes` look like an inference table rather than a training table: their header has the column `bs`.
    public static func isNamed(inHeaderOf bytes: [UInt8]) -> Bool { MeasuredTableParser.hasMinibatchColumn(bytes) }

    /// All rows, ascending by mode and minibatch size.
    public var rows: [InferenceObservation] { sorted.rows }

    /// The row of `point`, nil where it was not measured. O(1).
    public subscript(point: InferencePoint) -> InferenceObservation? { sorted[point] }

    /// The rows of one minibatch size, as a training workload of that size; nil where there is none.
    public func training(minibatch: Int) -> TrainingTable? {
        let members = rows.filter { $0.point.minibatch == minibatch }
        // Not each mode need have this size.
        guard
            let grid = ModeGrid(
                cores: members.map(\.mode.cores), cpuKHz: members.map(\.mode.cpuKHz),
                gpuHz: members.map(\.mode.gpuHz), emcHz: members.map(\.mode.emcHz))
        else { return nil }
        return TrainingTable(
            file: file,
            rows: members.map {
                TrainingObservation(
                    mode: $0.mode, minibatchMilliseconds: $0.minibatchMilliseconds, powerWatts: $0.powerWatts)
            }, grid: grid)
    }

    /// The rows whose modes lie on `grid`.
    ///
    /// Throws where a mode of `grid` lacks one of the minibatch sizes.
    public func restricted(to grid: ModeGrid) throws(TableError) -> InferenceTable {
        let members = rows.filter { grid.contains($0.mode) }
        guard members.count == grid.count * minibatches.count else {
            throw TableError(
                file: file, line: nil,
                problem: "The table has only \(members.count) of the \(grid.count * minibatches.count) rows "
                    + "(\(grid.count) modes, \(minibatches.count) minibatch sizes) of the grid asked for.")
        }
        return InferenceTable(file: file, rows: members, grid: grid)
    }
}
