/// A chart of one or more series over two linear or logarithmic axes, drawn as an inline SVG element.
struct Chart: Sendable {
    /// How a series is drawn.
    enum Mark: Sendable {
        /// A marker at each point.
        case points
        /// A line through the points, in their order, and a marker at each.
        case line
        /// Horizontal first, then vertical: the best that is reached up to each x.
        case steps
    }

    /// Named points in one colour and one shape.
    struct Series: Sendable {
        let name: String
        let mark: Mark
        let points: [(x: Double, y: Double)]
        /// Colour and shape; what is the same in several charts has the same number.
        let style: Int
    }

    let title: String
    let xLabel: String
    let yLabel: String
    var xIsLogarithmic = false
    /// A linear y axis starts at 0 whatever the values are.
    var yIsLogarithmic = false
    let series: [Series]

    /// Colours; styles beyond them begin anew.
    static let styles = 9

    private static let width = 460.0
    private static let height = 300.0
    private static let left = 56.0
    private static let right = 14.0
    private static let top = 14.0
    private static let bottom = 44.0

    /// A figure with its caption, the drawing and a legend. Points that are not finite are left out.
    func html() -> String {
        func isDrawn(_ point: (x: Double, y: Double)) -> Bool {
            point.x.isFinite && point.y.isFinite && (!xIsLogarithmic || point.x > 0) && (!yIsLogarithmic || point.y > 0)
        }
        let drawn = series.map { one in
            (one, one.points.filter(isDrawn))
        }
        let xs = drawn.flatMap { $0.1.map(\.x) }
        let ys = drawn.flatMap { $0.1.map(\.y) }
        guard let xLow = xs.min(), let xHigh = xs.max(), let yLow = ys.min(), let yHigh = ys.max() else {
            return "<figure><figcaption>\(escaped(title))</figcaption><p>No values.</p></figure>\n"
        }
        let xAxis = ChartAxis(low: xLow, high: xHigh, isLogarithmic: xIsLogarithmic, startsAtZero: false)
        let yAxis = ChartAxis(low: yLow, high: yHigh, isLogarithmic: yIsLogarithmic, startsAtZero: true)
        func x(_ value: Double) -> Double {
            Self.left + xAxis.fraction(value) * (Self.width - Self.left - Self.right)
        }
        func y(_ value: Double) -> Double {
            Self.height - Self.bottom - yAxis.fraction(value) * (Self.height - Self.top - Self.bottom)
        }

        var svg =
            "<svg viewBox=\"0 0 \(fixed(Self.width, 0)) \(fixed(Self.height, 0))\" role=\"img\" aria-label=\"\(escaped(title))\">\n"
        for tick in yAxis.ticks {
            let at = fixed(y(tick), 1)
            svg +=
                "<line class=\"grid\" x1=\"\(fixed(Self.left, 1))\" x2=\"\(fixed(Self.width - Self.right, 1))\" y1=\"\(at)\" y2=\"\(at)\"/>"
            svg +=
                "<text class=\"tick\" text-anchor=\"end\" x=\"\(fixed(Self.left - 6, 1))\" y=\"\(fixed(y(tick) + 4, 1))\">\(yAxis.text(tick))</text>\n"
        }
        for tick in xAxis.ticks {
            let at = fixed(x(tick), 1)
            svg +=
                "<line class=\"axis\" x1=\"\(at)\" x2=\"\(at)\" y1=\"\(fixed(Self.height - Self.bottom, 1))\" y2=\"\(fixed(Self.height - Self.bottom + 4, 1))\"/>"
            svg +=
                "<text class=\"tick\" text-anchor=\"middle\" x=\"\(at)\" y=\"\(fixed(Self.height - Self.bottom + 17, 1))\">\(xAxis.text(tick))</text>\n"
        }
        svg +=
            "<line class=\"axis\" x1=\"\(fixed(Self.left, 1))\" x2=\"\(fixed(Self.width - Self.right, 1))\" y1=\"\(fixed(Self.height - Self.bottom, 1))\" y2=\"\(fixed(Self.height - Self.bottom, 1))\"/>\n"
        svg +=
            "<text class=\"label\" text-anchor=\"middle\" x=\"\(fixed((Self.left + Self.width - Self.right) / 2, 1))\" y=\"\(fixed(Self.height - 6, 1))\">\(escaped(xLabel))</text>\n"
        let middle = fixed((Self.top + Self.height - Self.bottom) / 2, 1)
        svg +=
            "<text class=\"label\" text-anchor=\"middle\" transform=\"rotate(-90 13 \(middle))\" x=\"13\" y=\"\(middle)\">\(escaped(yLabel))</text>\n"

        for (one, points) in drawn {
            let places = points.map { (x($0.x), y($0.y)) }
            let path = Self.path(places, one.mark)
            if !path.isEmpty { svg += "<path class=\"line s\(one.style % Self.styles)\" d=\"\(path)\"/>\n" }
            for (value, place) in zip(points, places) {
                let text = "\(one.name): \(fixed(value.x, 2)), \(fixed(value.y, 2))"
                svg +=
                    "<g class=\"mark s\(one.style % Self.styles)\"><title>\(escaped(text))</title>\(Self.marker(one.style, place))</g>\n"
            }
        }
        svg += "</svg>\n"
        let legend = series.map { one in
            "<span><svg class=\"key\" viewBox=\"0 0 12 12\"><g class=\"mark s\(one.style % Self.styles)\">\(Self.marker(one.style, (6, 6)))</g></svg>\(escaped(one.name))</span>"
        }.joined(separator: " ")
        return
            "<figure><figcaption>\(escaped(title))</figcaption>\n\(svg)<div class=\"legend\">\(legend)</div></figure>\n"
    }

    private static func path(_ places: [(Double, Double)], _ mark: Mark) -> String {
        guard places.count > 1, let first = places.first else { return "" }
        switch mark {
        case .points: return ""
        case .line:
            return "M" + places.map { "\(fixed($0.0, 1)) \(fixed($0.1, 1))" }.joined(separator: "L")
        case .steps:
            return places.dropFirst().reduce("M\(fixed(first.0, 1)) \(fixed(first.1, 1))") {
                $0 + "H\(fixed($1.0, 1))V\(fixed($1.1, 1))"
            }
        }
    }

    /// Shapes differ as well as colours: not everybody tells the colours apart.
    private static func marker(_ style: Int, _ at: (Double, Double)) -> String {
        let (x, y) = at
        func point(_ dx: Double, _ dy: Double) -> String { "\(fixed(x + dx, 1)) \(fixed(y + dy, 1))" }
        switch style % 5 {
        case 0: return "<circle cx=\"\(fixed(x, 1))\" cy=\"\(fixed(y, 1))\" r=\"3.5\"/>"
        case 1: return "<path d=\"M\(point(0, -4.5))L\(point(4.5, 3.5))L\(point(-4.5, 3.5))Z\"/>"
        case 2: return "<path d=\"M\(point(-3.4, -3.4))L\(point(3.4, -3.4))L\(point(3.4, 3.4))L\(point(-3.4, 3.4))Z\"/>"
        case 3: return "<path d=\"M\(point(0, 4.5))L\(point(4.5, -3.5))L\(point(-4.5, -3.5))Z\"/>"
        default: return "<path d=\"M\(point(0, -5))L\(point(5, 0))L\(point(0, 5))L\(point(-5, 0))Z\"/>"
        }
    }
}
