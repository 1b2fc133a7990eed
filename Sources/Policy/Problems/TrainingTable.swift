/// A measured table of one training workload: each power mode's minibatch time and power.
public struct TrainingTable: Sendable {
    /// Bytes above this are refused before anything is read from them.
    public static let byteLimit = 128 << 20
    /// A table with more rows is refused.
    public static let rowLimit = 1_000_000
    /// More different values than this in one dimension are refused; no board has as many operating points, and the number
    /// of modes on the grid stays far below 2^63.
    public static let axisLimit = 4_096

    /// The file that the rows came from, for messages.
    public let file: String
    /// All rows, ascending by mode whatever their order in the file.
    public let rows: [TrainingObservation]
    /// The values that occur in each dimension. Not each of its modes need have a row: see `isComplete`.
    public let grid: ModeGrid
    private let indexByMode: [PowerMode: Int]

    /// Takes rows with positive values and different modes, at least one.
    init(file: String, rows: [TrainingObservation], grid: ModeGrid) {
        self.file = file
        self.grid = grid
        let ascending = rows.sorted { $0.mode < $1.mode }
        self.rows = ascending
        var indexByMode: [PowerMode: Int] = [:]
        indexByMode.reserveCapacity(ascending.count)
        for (index, row) in ascending.enumerated() { indexByMode[row.mode] = index }
        self.indexByMode = indexByMode
    }

    /// The row of `mode`, nil where it was not measured. O(1).
    public subscript(mode: PowerMode) -> TrainingObservation? {
        indexByMode[mode].map { rows[$0] }
    }

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
