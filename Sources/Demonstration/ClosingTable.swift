/// One line of the closing table.
struct Measurement {
    var title: String
    var budgetWatts: Double?
    var meanWatts: Double
    var highestWatts: Double
    /// Board time, that is host time multiplied by the time scale.
    var minibatchMilliseconds: Double
    var predictedMilliseconds: Double?
    var predictedWatts: Double?
    var profiledModes: Int?
    var mode: String

    /// Whether the mean stayed within the budget; nil without a budget.
    var heldBudget: Bool? {
        budgetWatts.map { meanWatts <= $0 }
    }
}

enum ClosingTable {
    static func lines(_ rows: [Measurement]) -> [String] {
        let header = [
            "", "budget W", "measured W", "highest W", "expected W", "minibatch ms", "expected ms", "profiled",
            "mode (cores cpu gpu mem MHz)",
        ]
        let cells = rows.map { row in
            [
                row.title, row.budgetWatts.map { fixed($0) } ?? "-", fixed(row.meanWatts), fixed(row.highestWatts),
                row.predictedWatts.map { fixed($0) } ?? "-", fixed(row.minibatchMilliseconds),
                row.predictedMilliseconds.map { fixed($0) } ?? "-", row.profiledModes.map(String.init) ?? "-", row.mode,
            ]
        }
        return aligned(header, cells)
    }

    /// Rows below a header: the first and the last column to the left, numbers between them to the right.
    static func aligned(_ header: [String], _ cells: [[String]]) -> [String] {
        let widths = header.indices.map { column in ([header] + cells).map { $0[column].count }.max() ?? 0 }
        let last = header.count - 1
        return ([header] + cells).map { row in
            row.enumerated().map { column, cell in
                let padding = String(repeating: " ", count: widths[column] - cell.count)
                return column == 0 || column == last ? cell + (column == last ? "" : padding) : padding + cell
            }.joined(separator: "  ")
        }
    }

    /// One decimal, independent of any locale.
    static func fixed(_ value: Double) -> String {
        guard value.isFinite, value.magnitude < 1e9 else { return "-" }
        let tenths = Int((value * 10).rounded())
        return "\(tenths < 0 ? "-" : "")\(abs(tenths) / 10).\(abs(tenths) % 10)"
    }
}
