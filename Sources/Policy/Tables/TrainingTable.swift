/// A measured table of one training workload: each power mode's minibatch time and power.
public struct TrainingTable: MeasuredTable {
    /// Bytes above this are refused before anything is read from them.
    public static let byteLimit = 128 << 20
    /// A table with more rows is refused.
    public static let rowLimit = 1_000_000
    /// More different values than this in one dimension are refused; no board has as many operating points, and the number
    /// of modes on the grid stays far below 2^63.
    public static let axisLimit = 4_096

    /// A time or a power above this, in the unit of its column, is refused: no sum over a table comes near the end of doubles.
    static let measurementLimit = 1e9

    /// The file that the rows came from, for messages.
    public let file: String
    /// The values that occur in each dimension. Not each of its modes need have a row: see `isComplete`.
    public let grid: ModeGrid
    private let sorted: SortedRows<TrainingObservation>

    /// Takes rows with positive values and different modes, at least one.
    init(file: String, rows: [TrainingObservation], grid: ModeGrid) {
        self.file = file
        self.grid = grid
        sorted = SortedRows(rows)
    }

    /// Parses comma-separated bytes. The first line names the columns, in any order: `cores`, `cpu` (kHz), `gpu` (Hz), `mem`
    /// (Hz), `observed_time` (ms per minibatch) and `observed_power` (W); other columns are ignored. The columns may also be
    /// called `cpu_khz`, `gpu_hz`, `emc_hz`, `mb_ms_median` and `power_mw_median_steady` (mW), as in summaries of profiles.
    ///
    /// `file` is the name that errors carry. Throws on the first fault, and never takes part of a table. O(n log n).
    public init(parsing bytes: [UInt8], file: String) throws(TableError) {
        try self.init(parsing: bytes, file: file, byteLimit: Self.byteLimit, rowLimit: Self.rowLimit)
    }

    /// The same under other bounds.
    init(parsing bytes: [UInt8], file: String, byteLimit: Int, rowLimit: Int) throws(TableError) {
        let parser = try MeasuredTableParser(
            parsing: bytes, file: file, hasMinibatch: false, byteLimit: byteLimit, rowLimit: rowLimit)
        let grid = try parser.grid()
        self.init(
            file: file,
            rows: parser.rows.map {
                TrainingObservation(mode: $0.mode, minibatchMilliseconds: $0.milliseconds, powerWatts: $0.watts)
            }, grid: grid)
    }

    /// All rows, ascending by mode whatever their order in the file.
    public var rows: [TrainingObservation] { sorted.rows }

    /// The row of `mode`, nil where it was not measured. O(1).
    public subscript(mode: PowerMode) -> TrainingObservation? { sorted[mode] }

    /// Whether each mode of `grid` has a row.
    public var isComplete: Bool { rows.count == grid.count }

    /// The rows whose modes lie on `grid`.
    ///
    /// Throws where a mode of `grid` has no row: a search on such a grid would ask for what was never measured.
    public func restricted(to grid: ModeGrid) throws(TableError) -> TrainingTable {
        let members = rows.filter { grid.contains($0.mode) }
        guard members.count == grid.count else {
            throw TableError(
                file: file, line: nil,
                problem: "The table has only \(members.count) of the \(grid.count) modes of the grid asked for.")
        }
        return TrainingTable(file: file, rows: members, grid: grid)
    }
}
