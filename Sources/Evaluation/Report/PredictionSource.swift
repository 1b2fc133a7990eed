import Policy

/// What a prediction of a training starts from, and how it is made.
enum PredictionSource: Sendable {
    /// Networks from fresh weights.
    case scratch
    /// Networks by transfer from those of a reference, which the report calls so.
    case powertrain(String, PowerTrainModel<PowerMode>)
    /// Gaussian processes from references, which the report calls so; from none where it is nil.
    case gaussian(String?, [Reference])

    /// The method of `evaluate predict`.
    var method: PredictEvaluation.Method {
        switch self {
        case .scratch: .scratch
        case .powertrain: .powertrain
        case .gaussian: .gp
        }
    }

    /// What tables and legends call it.
    var label: String {
        switch self {
        case .scratch: "from scratch"
        case .powertrain(let name, _): "powertrain from \(name)"
        case .gaussian(let name?, _): "gp from \(name)"
        case .gaussian(nil, _): "gp, no reference"
        }
    }

    /// The networks that it starts from.
    var base: PowerTrainModel<PowerMode>? {
        if case .powertrain(_, let model) = self { return model }
        return nil
    }

    /// What it starts from, as a reference.
    var references: [Reference] {
        switch self {
        case .scratch: []
        case .powertrain(_, let model): [.model(model)]
        case .gaussian(_, let references): references
        }
    }
}
