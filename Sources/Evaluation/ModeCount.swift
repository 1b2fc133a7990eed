public import Policy

extension MeasuredTable {
    /// Modes that have a row, at whatever minibatch size. O(n).
    public var modeCount: Int {
        // Rows ascend by mode first.
        var last: PowerMode?
        return rows.count { row in
            defer { last = row.mode }
            return row.mode != last
        }
    }
}
