public import Policy

extension MeasuredTable {
    /// Modes that have a row, at whatever minibatch size. O(n).
    public var modeCount: Int { rowCounts.count }

    /// Whether each mode of the grid has a row at each of so many minibatch sizes.
    func isComplete(minibatches: Int) -> Bool { rows.count == grid.count * minibatches }

    /// The modes with a row at each of so many minibatch sizes, ascending. O(n).
    func modes(minibatches: Int) -> [PowerMode] { rowCounts.filter { $0.count == minibatches }.map(\.mode) }

    /// Rows of each mode, ascending by mode as the rows do.
    private var rowCounts: [(mode: PowerMode, count: Int)] {
        var counts: [(mode: PowerMode, count: Int)] = []
        for row in rows {
            if let last = counts.indices.last, counts[last].mode == row.mode {
                counts[last].count += 1
            } else {
                counts.append((row.mode, 1))
            }
        }
        return counts
    }
}
