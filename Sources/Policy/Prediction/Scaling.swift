#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// Inputs, or their logarithms, less their mean and divided by their population standard deviation (z-score).
struct InputScaling: Hashable, Sendable {
    let scale: NetworkSchedule.InputScale
    let means: [Double]
    /// 1 / deviation; 0 for an input that was the same in all rows, which says nothing about other values of it.
    let inverseDeviations: [Double]

    init(scale: NetworkSchedule.InputScale, means: [Double], inverseDeviations: [Double]) {
        self.scale = scale
        self.means = means
        self.inverseDeviations = inverseDeviations
    }

    /// Fitted on `points`.
    init<Point: NetworkPoint>(_ points: [Point], scale: NetworkSchedule.InputScale) {
        self.scale = scale
        let moments = (0..<Point.featureCount).map { feature in
            Moments(points.map { scale.apply($0.feature(feature)) })
        }
        means = moments.map(\.mean)
        inverseDeviations = moments.map { $0.deviation > 0 ? 1 / $0.deviation : 0 }
    }

    /// The network's inputs for `points`, row-major.
    func inputs<Point: NetworkPoint>(_ points: [Point]) -> [Float] {
        var inputs: [Float] = []
        inputs.reserveCapacity(points.count * means.count)
        for point in points {
            for feature in means.indices {
                inputs.append(
                    Float((scale.apply(point.feature(feature)) - means[feature]) * inverseDeviations[feature]))
            }
        }
        return inputs
    }
}

extension NetworkSchedule.InputScale {
    /// Knobs are above 0; what is not counts as 1.
    func apply(_ value: Double) -> Double { self == .linear ? value : log(max(value, 1)) }
}

/// What a network's output stands for: offset + scale * output, or the exponential of that.
struct OutputScaling: Hashable, Sendable {
    let target: NetworkSchedule.TargetScale
    let offset: Double
    let scale: Double

    init(target: NetworkSchedule.TargetScale, offset: Double, scale: Double) {
        self.target = target
        self.offset = offset
        self.scale = scale
    }

    /// Fitted on `values`, which are above 0.
    init(_ target: NetworkSchedule.TargetScale, _ values: [Double]) {
        let moments = Moments(target == .logarithmic ? values.map { log($0) } : values)
        let spread = moments.deviation > 0 ? moments.deviation : 1
        self.init(
            target: target, offset: target == .unscaled ? 0 : moments.mean, scale: target == .unscaled ? 1 : spread)
    }

    /// The same output, read as `ratio` times what it stood for.
    func multiplied(by ratio: Double) -> OutputScaling {
        target == .logarithmic
            ? OutputScaling(target: target, offset: offset + log(ratio), scale: scale)
            : OutputScaling(target: target, offset: offset * ratio, scale: scale * ratio)
    }

    /// The output that stands for `value`.
    func output(_ value: Double) -> Float {
        Float(((target == .logarithmic ? log(value) : value) - offset) / scale)
    }

    /// What `output` stands for: finite and above 0 whatever `output` is. Rounded to single precision, so that the last bit of a
    /// machine's exp does not show.
    func value(_ output: Float) -> Double {
        let linear = offset + scale * Double(output)
        let value = target == .logarithmic ? exp(linear) : linear
        // What is not a number counts as the worst, or it would be chosen.
        return value <= Self.highest ? Double(Float(max(value, Self.lowest))) : Self.highest
    }

    static let lowest = 0.001
    /// Values from here on are no measurement, neither as milliseconds nor as milliwatts.
    static let highest = 1e12

    /// The relative error that an output error of 1 means at `value`, to first order.
    func relativeError(at value: Double) -> Float {
        Float(target == .logarithmic ? scale : scale / value)
    }
}

/// Mean and population standard deviation, in two passes.
struct Moments {
    let mean: Double
    let deviation: Double

    init(_ values: [Double]) {
        let count = Double(max(values.count, 1))
        let mean = values.reduce(0, +) / count
        let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / count
        self.mean = mean
        // Rounding leaves about 1e-16 of the mean where all values are equal.
        deviation = variance.squareRoot() > abs(mean) * 1e-12 ? variance.squareRoot() : 0
    }
}
