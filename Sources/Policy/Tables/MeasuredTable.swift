/// What was measured of a workload, or of two, at many points.
public protocol MeasuredTable<Observation>: Sendable {
    /// What a row holds.
    associatedtype Observation: Policy.Observation

    /// The file, or files, that the rows came from, for messages.
    var file: String { get }
    /// All rows, ascending by point.
    var rows: [Observation] { get }
    /// The values that occur in each dimension. Not each of its modes need have a row.
    var grid: ModeGrid { get }

    /// The row of `point`, nil where it was not measured. O(1).
    subscript(point: Observation.Point) -> Observation? { get }
}

/// Rows in ascending order that can be found by their point.
struct SortedRows<Observation: Policy.Observation>: Sendable {
    let rows: [Observation]
    private let indexByPoint: [Observation.Point: Int]

    /// Takes rows of different points. O(n log n).
    init(_ rows: [Observation]) {
        let ascending = rows.sorted { $0.point < $1.point }
        self.rows = ascending
        var indexByPoint: [Observation.Point: Int] = [:]
        indexByPoint.reserveCapacity(ascending.count)
        for (index, row) in ascending.enumerated() { indexByPoint[row.point] = index }
        self.indexByPoint = indexByPoint
    }

    subscript(point: Observation.Point) -> Observation? { indexByPoint[point].map { rows[$0] } }
}
