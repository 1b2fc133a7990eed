#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// A workload that is known on this board, from which surfaces of a new one can be guessed: measured, or predicted by a model.
public struct ReferenceWorkload: Sendable {
    enum Source: Sendable {
        case training(any Predictor<PowerMode>)
        case inference(any Predictor<InferencePoint>, minibatches: [Int])
    }

    /// What it is called where a search explains itself.
    public let name: String
    let source: Source

    /// A training.
    public init(name: String, training: any Predictor<PowerMode>) {
        self.name = name
        source = .training(training)
    }

    /// An inference that is known at `minibatches`.
    public init(name: String, inference: any Predictor<InferencePoint>, minibatches: [Int]) {
        self.name = name
        source = .inference(inference, minibatches: minibatches.filter { $0 > 0 }.sorted())
    }

    /// A measured training.
    public init(_ table: TrainingTable) {
        self.init(name: table.file, training: MeasuredSurface(table.rows, provenance: table.file))
    }

    /// A measured inference.
    public init(_ table: InferenceTable) {
        self.init(
            name: table.file, inference: MeasuredSurface(table.rows, provenance: table.file),
            minibatches: table.minibatches)
    }

    /// Logarithms of time (ms) and power (W) at each of some modes.
    struct Surface: Sendable {
        let name: String
        let time: [Double]
        let power: [Double]
        /// Whether minibatch sizes play a part.
        var knowsSizes = false

        /// Whether it says anything: values that a board can have, and times that change with the modes. One that does not would
        /// pull every search towards nowhere.
        var isTelling: Bool {
            guard let least = time.min(), let most = time.max(), let low = power.min(), let high = power.max() else {
                return false
            }
            return least > Self.leastLogMilliseconds && most < Self.mostLogMilliseconds && low > Self.leastLogWatts
                && high < Self.mostLogWatts && (time.count == 1 || most - least > Self.leastLogRange)
        }

        /// A microsecond, eleven days, a tenth of a watt, ten kilowatts; 5 % between the fastest and the slowest mode.
        private static let leastLogMilliseconds = log(1e-3)
        private static let mostLogMilliseconds = log(1e9)
        private static let leastLogWatts = log(0.1)
        private static let mostLogWatts = log(1e4)
        private static let leastLogRange = log(1.05)

        init(name: String, _ predictions: [Prediction]) {
            self.name = name
            time = predictions.map { log(max($0.minibatchMilliseconds, 1e-9)) }
            power = predictions.map { log(max($0.powerWatts, 1e-9)) }
        }
    }

    /// What it says about a training at `modes`: an inference gives a surface per minibatch size.
    func surfaces(at modes: [PowerMode]) -> [Surface] {
        switch source {
        case .training(let predictor): return [Surface(name: name, predictor.predict(modes))]
        case .inference(let predictor, let minibatches):
            return minibatches.map { size in
                Surface(
                    name: "\(name) x \(size)",
                    predictor.predict(modes.map { InferencePoint(mode: $0, minibatch: size) }))
            }
        }
    }

    /// What it says about an inference at `points`: a training knows nothing of minibatch sizes.
    func surface(at points: [InferencePoint]) -> Surface {
        switch source {
        case .training(let predictor): return Surface(name: name, predictor.predict(points.map(\.mode)))
        case .inference(let predictor, _):
            var surface = Surface(name: name, predictor.predict(points))
            surface.knowsSizes = true
            return surface
        }
    }
}
