#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// A set of points as surfaces see them: each axis (cores, CPU, GPU and memory frequency, and for an inference the minibatch size)
/// by its logarithm, from 0 at the board's lowest value to 1 at its highest.
///
/// Points share the values of their axes, so that a kernel which is a product over the axes is read from small tables.
struct SurfaceAxes: Sendable {
    /// The logarithm of the lowest value of each axis and the width of its range; 1 where it has one value only.
    struct Range: Hashable, Sendable {
        let lowest: Double
        let width: Double

        /// The range of ascending values.
        init(_ values: [Int]) {
            let low = log(Double(max(values.first ?? 1, 1)))
            let high = log(Double(max(values.last ?? 1, 1)))
            lowest = low
            width = high > low ? high - low : 1
        }
    }

    let ranges: [Range]
    /// The coordinates of each axis' values.
    let coordinates: [[Double]]
    /// Per axis the place of each point among its values.
    let places: [[Int]]
    /// Number of points.
    let count: Int

    /// The points of the product of ascending `values`, the last axis fastest.
    init(product values: [[Int]]) {
        let ranges = values.map(Range.init)
        let count = values.reduce(1) { $0 * $1.count }
        var places: [[Int]] = []
        var repeats = count
        for axis in values {
            repeats /= max(axis.count, 1)
            let each = repeats
            places.append((0..<count).map { $0 / max(each, 1) % axis.count })
        }
        self.init(ranges: ranges, values: values, places: places, count: count)
    }

    /// Any `points`, each a value per axis, on the ranges of another set.
    init(points: [[Int]], ranges: [Range]) {
        let values = ranges.indices.map { axis in Set(points.map { $0[axis] }).sorted() }
        let places = ranges.indices.map { axis in
            let index = Dictionary(uniqueKeysWithValues: values[axis].enumerated().map { ($1, $0) })
            return points.map { index[$0[axis]] ?? 0 }
        }
        self.init(ranges: ranges, values: values, places: places, count: points.count)
    }

    private init(ranges: [Range], values: [[Int]], places: [[Int]], count: Int) {
        self.ranges = ranges
        self.places = places
        self.count = count
        coordinates = zip(values, ranges).map { axis, range in
            axis.map { (log(Double(max($0, 1))) - range.lowest) / range.width }
        }
    }

    /// The coordinate of a point on an axis.
    func coordinate(_ axis: Int, of point: Int) -> Double { coordinates[axis][places[axis][point]] }

    /// Per axis the correlations of any two of its values: Matern 5/2 (Rasmussen and Williams, Gaussian Processes for Machine
    /// Learning, 2006, equation 4.17), with a length per axis in its coordinates.
    func correlations(lengths: [Double]) -> [[Double]] {
        zip(coordinates, lengths).map { values, length in
            values.flatMap { left in
                values.map { right in
                    let distance = (5.0).squareRoot() * abs(left - right) / length
                    return (1 + distance + distance * distance / 3) * exp(-distance)
                }
            }
        }
    }

    /// The correlation of two points by tables of `correlations(lengths:)`.
    func correlation(_ tables: [[Double]], _ left: Int, _ right: Int) -> Double {
        var product = 1.0
        for axis in coordinates.indices {
            product *= tables[axis][places[axis][left] * coordinates[axis].count + places[axis][right]]
        }
        return product
    }

    /// The correlations of `point` with all points. O(points).
    func correlations(_ tables: [[Double]], with point: Int) -> [Double] {
        var products = Array(repeating: 1.0, count: count)
        for axis in coordinates.indices {
            let width = coordinates[axis].count
            let start = places[axis][point] * width
            let row = Array(tables[axis][start..<start + width])
            let places = places[axis]
            for index in products.indices { products[index] *= row[places[index]] }
        }
        return products
    }
}
