/// A column of horizontal bars beside the rows of a table, from 0, with a line at a value that they are compared with.
struct BarColumn: Sendable {
    /// A bar; a value that is not finite has none.
    struct Bar: Sendable {
        let value: Double
        /// Colour, as of a chart's series.
        let style: Int
    }

    /// One per row.
    let bars: [Bar]
    /// Where the line is.
    let reference: Double

    private static let width = 200.0
    private static let height = 14.0

    /// The cell of a row; empty where there is no such row.
    func cell(_ row: Int) -> String {
        let top = bars.map(\.value).filter(\.isFinite).reduce(reference, max)
        guard bars.indices.contains(row), top > 0, top.isFinite else { return "<td></td>" }
        func x(_ value: Double) -> String { fixed(max(0, value) / top * Self.width, 1) }
        let (bar, height) = (bars[row], fixed(Self.height, 0))
        var svg = "<svg class=\"bar\" viewBox=\"0 0 \(fixed(Self.width, 0)) \(height)\" aria-hidden=\"true\">"
        if bar.value.isFinite {
            svg +=
                "<rect class=\"mark s\(bar.style % Chart.styles)\" width=\"\(x(bar.value))\" y=\"1\" height=\"\(fixed(Self.height - 2, 0))\"/>"
        }
        svg += "<line class=\"axis\" x1=\"\(x(reference))\" x2=\"\(x(reference))\" y1=\"0\" y2=\"\(height)\"/></svg>"
        return "<td>\(svg)</td>"
    }
}
