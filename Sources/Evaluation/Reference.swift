public import Policy

/// A workload that is known, from which another one is predicted.
public enum Reference: Sendable {
    /// The measured table of a training; networks are to be trained on it first.
    case table(TrainingTable)
    /// The measured table of an inference, for the strategy fulcrum.
    case inference(InferenceTable)
    /// A model that was trained before.
    case model(PowerTrainModel<PowerMode>)

    /// Reads a table, or a model file of a training; the content says which it is.
    public init(contentsOf path: String) throws(EvaluationError) {
        let bytes = try InputFile.bytes(path, limit: TrainingTable.byteLimit)
        // These bytes, and not the path again: a pipe is empty by now.
        if ModelFileHeader.begins(bytes) {
            self = .model(try StoredModel(parsing: bytes, file: path).ofTraining(file: path))
        } else {
            self =
                InferenceTable.isNamed(inHeaderOf: bytes)
                ? .inference(try InferenceTable(reading: bytes, file: path))
                : .table(try TrainingTable(reading: bytes, file: path))
        }
    }

    /// Workload and board of a model; nil for a table.
    public var origin: String? {
        switch self {
        case .table, .inference: nil
        case .model(let model): "\(model.origin.workload) on \(model.origin.board)"
        }
    }

    /// Throws where this is a table with the measurements of `target`, or a part of them, or more of the same: then what is to be
    /// predicted has been learned. A model does not tell what it was made from.
    func checkDiffers(from target: TrainingTable) throws(EvaluationError) {
        switch self {
        case .table(let reference): try Self.check(reference, target)
        case .inference(let reference):
            for size in reference.minibatches {
                if let training = reference.training(minibatch: size) { try Self.check(training, target) }
            }
        case .model: break
        }
    }

    /// The same for an inference.
    func checkDiffers(from target: InferenceTable) throws(EvaluationError) {
        guard case .inference(let reference) = self else { return }
        try Self.check(reference, target)
    }

    /// The same for both workloads of a pair.
    func checkDiffers(fromBothOf target: PairTable) throws(EvaluationError) {
        switch self {
        case .table(let reference):
            try Self.check(reference.rows, reference.file, target.rows.map(\.background), target.file)
        case .inference(let reference):
            try Self.check(reference.rows, reference.file, target.rows.map(\.inference), target.file)
            for size in reference.minibatches {
                guard let training = reference.training(minibatch: size) else { continue }
                try Self.check(training.rows, reference.file, target.rows.map(\.background), target.file)
            }
        case .model: break
        }
    }

    private static func check<Table: MeasuredTable>(_ reference: Table, _ target: Table) throws(EvaluationError) {
        try check(reference.rows, reference.file, target.rows, target.file)
    }

    private static func check<Profile: Observation>(
        _ reference: [Profile], _ file: String, _ target: [Profile], _ targetFile: String
    ) throws(EvaluationError) {
        let (fewer, more) = reference.count < target.count ? (reference, target) : (target, reference)
        let known = Observed(more)
        guard fewer.allSatisfy({ known[$0.point]?.isIdentical(to: $0) ?? false }) else { return }
        throw EvaluationError(
            "--reference \(file) has the same measurements as \(targetFile), which are to be predicted. Name the table, or the "
                + "model, of another workload.")
    }

    /// As what the strategy fulcrum starts from.
    var workload: ReferenceWorkload {
        switch self {
        case .table(let table): ReferenceWorkload(table)
        case .inference(let table): ReferenceWorkload(table)
        case .model(let model): ReferenceWorkload(name: origin ?? "a model", training: model)
        }
    }

    /// The model, trained now where there is only a table, by the standard schedule unless another is given.
    func model(
        seed: UInt64, schedule: TrainingSchedule? = nil, threads: Int = ParallelMap.coreCount
    ) throws(EvaluationError) -> PowerTrainModel<PowerMode> {
        switch self {
        case .model(let model): return model
        case .inference(let table):
            throw EvaluationError(
                "--reference \(table.file) is the table of an inference; networks are transferred from a training.")
        case .table(let table):
            return try ModelTraining.model(
                on: table.rows, schedule: schedule ?? .standard,
                origin: ModelOrigin(workload: table.file, board: "", source: table.file, date: ""), seed: seed,
                threads: threads)
        }
    }
}

extension PairObservation {
    fileprivate var background: TrainingObservation {
        TrainingObservation(
            mode: mode, minibatchMilliseconds: backgroundMilliseconds, powerWatts: backgroundWatts)
    }

    fileprivate var inference: InferenceObservation {
        InferenceObservation(
            point: point, minibatchMilliseconds: inferenceMilliseconds, powerWatts: inferenceWatts)
    }
}
