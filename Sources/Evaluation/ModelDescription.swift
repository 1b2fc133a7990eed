import Policy

/// What a model says of itself, and predictions of it.
public struct ModelDescription: Sendable {
    private let file: String
    private let kind: String
    private let origin: ModelOrigin
    private let base: String
    private let points: Int
    private let seed: UInt64
    private let networks: [(name: String, network: TrainedNetwork)]
    private let predictions: [(point: String, prediction: Prediction)]
    private let provenance: String

    /// Describes `model`, with predictions of `modes`, spelled cores_cpu_gpu_mem. Throws where one is no mode, or where a
    /// minibatch size is missing or has no meaning.
    public init(
        of model: StoredModel, file: String, modes: [String], minibatch: Int?
    ) throws(EvaluationError) {
        var parsed: [PowerMode] = []
        for text in modes {
            guard let mode = PowerMode(spelled: text) else {
                throw EvaluationError(
                    "\(text.prefix(60).debugDescription) is not a power mode. Write cores_cpu_gpu_mem in kHz and Hz, such as "
                        + "4_1344000_726750000_2133000000.")
            }
            parsed.append(mode)
        }
        switch model {
        case .training(let model):
            guard minibatch == nil else {
                throw EvaluationError("\(file): The minibatch of a training is fixed; leave --minibatch out.")
            }
            self.init(model, "training", file, parsed)
        case .inference(let model):
            guard modes.isEmpty || (1...InferenceTable.minibatchLimit).contains(minibatch ?? 0) else {
                throw EvaluationError(
                    "\(file): A prediction of an inference needs --minibatch N, from 1 to \(InferenceTable.minibatchLimit)."
                )
            }
            self.init(
                model, "inference", file, parsed.map { InferencePoint(mode: $0, minibatch: minibatch ?? 1) })
        }
    }

    private init<Point>(_ model: PowerTrainModel<Point>, _ kind: String, _ file: String, _ points: [Point]) {
        self.file = file
        self.kind = kind
        origin = model.origin
        base = model.base
        self.points = model.points
        seed = model.seed
        networks = [("time", model.time), ("power", model.power)]
        predictions = zip(points, model.predict(points)).map { ("\($0)", $1) }
        provenance = model.provenance
    }

    /// Aligned lines for people, without a line end at the end.
    public var text: String {
        var lines: [(name: String, value: String)] = [
            ("model", "\(file), of a \(kind)"),
            ("workload", origin.workload),
            ("board", origin.board),
            ("profiles", "\(points) points of \(origin.source)"),
        ]
        if !base.isEmpty { lines.append(("transferred from", base)) }
        for (name, network) in networks {
            lines.append(
                (
                    name,
                    "validation error \(fixed(network.validationErrorPercent, 2)) %, best after \(network.steps) steps"
                ))
        }
        lines += [("seed", "\(seed)"), ("made", origin.date)]
        for (point, prediction) in predictions {
            lines.append(
                (
                    point,
                    "\(fixed(prediction.minibatchMilliseconds, 2)) ms, \(fixed(prediction.powerWatts, 2)) W (predicted)"
                ))
        }
        return AlignedText.of(lines)
    }
}

extension ModelDescription: Encodable {
    private enum Key: String, CodingKey {
        case file, kind, workload, board, source, made, points, seed, base, provenance, time, power, steps, predictions
        case point
        case validationErrorPercent = "validation_error_percent"
        case minibatchMilliseconds = "minibatch_ms"
        case powerWatts = "power_w"
    }

    /// Writes every key; `base` is null in a model that was not transferred.
    public func encode(to encoder: any Encoder) throws {
        var object = encoder.container(keyedBy: Key.self)
        try object.encode(file, forKey: .file)
        try object.encode(kind, forKey: .kind)
        try object.encode(origin.workload, forKey: .workload)
        try object.encode(origin.board, forKey: .board)
        try object.encode(origin.source, forKey: .source)
        try object.encode(origin.date, forKey: .made)
        try object.encode(points, forKey: .points)
        try object.encode(seed, forKey: .seed)
        try object.encode(base.isEmpty ? nil : base, forKey: .base)
        try object.encode(provenance, forKey: .provenance)
        for (name, network) in networks {
            var entry = object.nestedContainer(keyedBy: Key.self, forKey: name == "time" ? .time : .power)
            try entry.encode(network.validationErrorPercent, forKey: .validationErrorPercent)
            try entry.encode(network.steps, forKey: .steps)
        }
        var list = object.nestedUnkeyedContainer(forKey: .predictions)
        for (point, prediction) in predictions {
            var entry = list.nestedContainer(keyedBy: Key.self)
            try entry.encode(point, forKey: .point)
            try entry.encode(prediction.minibatchMilliseconds, forKey: .minibatchMilliseconds)
            try entry.encode(prediction.powerWatts, forKey: .powerWatts)
        }
    }
}
