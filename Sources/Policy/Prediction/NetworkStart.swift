#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// Where a training starts: weights and scales, fresh or a reference's.
///
/// A fresh input scale is fitted on all profiled points, those that are held back for validation among them: on which points there
/// are, that is, not on what was measured there.
struct NetworkStart: Sendable {
    /// A profiled point and the quantity that is learnt.
    struct Row<Point: NetworkPoint>: Sendable {
        let point: Point
        let value: Double
    }

    let network: DenseNetwork
    let inputs: InputScaling
    private let target: NetworkSchedule.TargetScale
    /// The reference's scale, where a transfer keeps it.
    private let kept: OutputScaling?
    /// Whether it predicts as the reference does before the first step. Fresh weights, or a fresh last layer, predict nothing.
    var predictsUntrained: Bool { kept != nil }

    /// Fresh weights, or what `schedule` keeps of `base`, which takes as many inputs as `points` have.
    init<Point: NetworkPoint>(
        _ points: [Row<Point>], base: TrainedNetwork?, schedule: NetworkSchedule, using generator: inout SeededGenerator
    ) {
        if let base, schedule.transfer == .scaledReference {
            (network, inputs, target, kept) = (base.network, base.inputs, base.output.target, base.output)
            return
        }
        var network =
            base?.network ?? DenseNetwork(shape: .powerTrain(inputs: Point.featureCount), using: &generator)
        if base != nil { network.replaceLastLayer(using: &generator) }
        self.network = network
        inputs = InputScaling(points.map(\.point), scale: schedule.inputs)
        target = schedule.target
        kept = nil
    }

    /// The scale of the output for a training on `rows`. The factor of a kept scale is the geometric mean of the ratios: with a
    /// logarithmic target no other has a smaller squared error.
    func output<Point: NetworkPoint>(_ rows: [Row<Point>]) -> OutputScaling {
        guard let kept else { return OutputScaling(target, rows.map(\.value)) }
        let predicted = network.outputs(inputs.inputs(rows.map(\.point))).map { kept.value($0) }
        let logRatios = zip(rows, predicted).map { log($0.value / $1) }
        return kept.multiplied(by: exp(logRatios.reduce(0, +) / Double(max(logRatios.count, 1))))
    }

    /// `rows` as a network with this start and the scale `output` sees them.
    func scaled<Point: NetworkPoint>(_ rows: [Row<Point>], _ output: OutputScaling) -> NetworkTraining.Rows {
        NetworkTraining.Rows(
            inputs: inputs.inputs(rows.map(\.point)), targets: rows.map { output.output($0.value) },
            relativeErrors: rows.map { output.relativeError(at: $0.value) })
    }
}
