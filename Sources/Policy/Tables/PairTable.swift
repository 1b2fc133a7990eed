/// An inference and background work measured at the same modes, joined.
public struct PairTable: MeasuredTable {
    /// Both files, for messages.
    public let file: String
    /// The modes that both tables know the values of.
    public let grid: ModeGrid
    /// The inference's minibatch sizes, ascending.
    public let minibatches: [Int]
    private let sorted: SortedRows<PairObservation>

    /// Joins the rows of equal modes. `background` is a training, or the rows of one minibatch size of an inference that is not
    /// urgent. Throws where the two have no mode in common. O(n log n).
    public init(inference: InferenceTable, background: TrainingTable) throws(TableError) {
        file = "\(inference.file) with \(background.file)"
        let rows = inference.rows.compactMap { row in
            background[row.mode].map { PairObservation(inference: row, training: $0) }
        }
        guard
            let grid = ModeGrid(
                cores: rows.map(\.mode.cores), cpuKHz: rows.map(\.mode.cpuKHz), gpuHz: rows.map(\.mode.gpuHz),
                emcHz: rows.map(\.mode.emcHz))
        else { throw TableError(file: file, line: nil, problem: "The two tables have no power mode in common.") }
        self.grid = grid
        minibatches = Set(rows.map(\.point.minibatch)).sorted()
        sorted = SortedRows(rows)
    }

    /// All rows, ascending by mode and minibatch size.
    public var rows: [PairObservation] { sorted.rows }

    /// The row of `point`, nil where one of the two was not measured there. O(1).
    public subscript(point: InferencePoint) -> PairObservation? { sorted[point] }
}
