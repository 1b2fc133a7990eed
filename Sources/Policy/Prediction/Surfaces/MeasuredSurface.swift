#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// Measured rows as a predictor: exact where there is a row, between rows linear in the logarithms of all values, and beyond them
/// as at the border.
///
/// Where rows are missing, the nearest one in the logarithms takes their place.
public struct MeasuredSurface<Point: NetworkPoint>: Predictor {
    /// The name of the table.
    public let provenance: String
    private let axes: [[Double]]
    private let coordinates: [[Double]]
    private let values: [[Int]: Prediction]
    private let rows: [(coordinates: [Double], prediction: Prediction)]

    /// Takes `rows`; those with a value that is no measurement are left out. O(n log n).
    public init<Profile: NetworkObservation>(_ rows: [Profile], provenance: String) where Profile.Point == Point {
        self.provenance = provenance
        let sound = rows.filter {
            $0.minibatchMilliseconds > 0 && $0.minibatchMilliseconds.isFinite && $0.powerWatts > 0
                && $0.powerWatts.isFinite
        }
        let axes = (0..<Point.featureCount).map { axis in Set(sound.map { $0.point.feature(axis) }).sorted() }
        self.axes = axes
        coordinates = axes.map { $0.map { log(max($0, 1e-9)) } }
        var values: [[Int]: Prediction] = [:]
        var list: [(coordinates: [Double], prediction: Prediction)] = []
        for row in sound {
            let prediction = Prediction(
                minibatchMilliseconds: row.minibatchMilliseconds, powerWatts: row.powerWatts)
            values[axes.indices.map { axes[$0].firstIndex(of: row.point.feature($0)) ?? 0 }] = prediction
            list.append((axes.indices.map { log(max(row.point.feature($0), 1e-9)) }, prediction))
        }
        self.values = values
        self.rows = list
    }

    /// O(2^axes) per point with rows around it, O(rows) for one without.
    public func predict(_ points: [Point]) -> [Prediction] { points.map(prediction) }

    private func prediction(_ point: Point) -> Prediction {
        guard !rows.isEmpty else { return Prediction(minibatchMilliseconds: 1, powerWatts: 1) }
        // Per axis the place below the value and how far it lies towards the next one.
        let spans = axes.indices.map { axis -> (place: Int, share: Double) in
            let value = log(max(point.feature(axis), 1e-9))
            let known = coordinates[axis]
            guard let above = known.firstIndex(where: { $0 >= value }) else { return (known.count - 1, 0) }
            guard above > 0, known[above] > value else { return (above, 0) }
            return (above - 1, (value - known[above - 1]) / (known[above] - known[above - 1]))
        }
        var time = 0.0
        var power = 0.0
        for corner in 0..<(1 << spans.count) {
            var weight = 1.0
            var places: [Int] = []
            for (axis, span) in spans.enumerated() {
                let isUpper = corner >> axis & 1 == 1
                weight *= isUpper ? span.share : 1 - span.share
                places.append(span.place + (isUpper ? 1 : 0))
            }
            guard weight > 0 else { continue }
            guard let value = values[places] else { return nearest(to: point) }
            time += weight * log(value.minibatchMilliseconds)
            power += weight * log(value.powerWatts)
        }
        return Prediction(minibatchMilliseconds: exp(time), powerWatts: exp(power))
    }

    private func nearest(to point: Point) -> Prediction {
        let place = axes.indices.map { log(max(point.feature($0), 1e-9)) }
        var best = (distance: Double.infinity, prediction: Prediction(minibatchMilliseconds: 1, powerWatts: 1))
        for row in rows {
            let distance = zip(row.coordinates, place).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
            if distance < best.distance { best = (distance, row.prediction) }
        }
        return best.prediction
    }
}
