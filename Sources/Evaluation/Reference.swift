public import Policy

/// What a transfer starts from.
public enum Reference: Sendable {
    /// A measured table, on which a model is to be trained first.
    case table(TrainingTable)
    /// A model that was trained before.
    case model(PowerTrainModel<PowerMode>)

    /// Reads a table or a model file of a training; the content says which it is.
    public init(contentsOf path: String) throws(EvaluationError) {
        let bytes = try InputFile.bytes(path, limit: TrainingTable.byteLimit)
        // These bytes, and not the path again: a pipe is empty by now.
        if ModelFileHeader.begins(bytes) {
            self = .model(try StoredModel(parsing: bytes, file: path).ofTraining(file: path))
        } else {
            self = .table(try TrainingTable(reading: bytes, file: path))
        }
    }

    /// Workload and board of a model; nil for a table.
    public var workload: String? {
        switch self {
        case .table: nil
        case .model(let model): "\(model.origin.workload) on \(model.origin.board)"
        }
    }

    /// Throws where this is a table with the measurements of `target`, or a part of them, or more of the same: then what is to be
    /// predicted has been learned. A model does not tell what it was made from.
    func checkDiffers(from target: TrainingTable) throws(EvaluationError) {
        guard case .table(let reference) = self else { return }
        let (fewer, more) = reference.rows.count < target.rows.count ? (reference, target) : (target, reference)
        guard fewer.rows.allSatisfy({ more[$0.mode] == $0 }) else { return }
        throw EvaluationError(
            "--reference \(reference.file) has the same measurements as \(target.file), which are to be predicted. Name the "
                + "table, or the model, of another workload.")
    }

    /// The model, trained now where there is only a table, by the standard schedule unless another is given.
    func model(
        seed: UInt64, schedule: TrainingSchedule? = nil, threads: Int = ParallelMap.coreCount
    ) throws(EvaluationError) -> PowerTrainModel<PowerMode> {
        switch self {
        case .model(let model): return model
        case .table(let table):
            return try ModelTraining.model(
                on: table.rows, schedule: schedule ?? .standard,
                origin: ModelOrigin(workload: table.file, board: "", source: table.file, date: ""), seed: seed,
                threads: threads)
        }
    }
}
