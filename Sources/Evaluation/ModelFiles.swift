import Glibc
public import Policy
import SystemCalls

/// A model of either kind of workload, as its file says.
public enum StoredModel: Sendable {
    /// Of a training.
    case training(PowerTrainModel<PowerMode>)
    /// Of an inference.
    case inference(PowerTrainModel<InferencePoint>)

    /// Reads the model file at `path`.
    public init(contentsOf path: String) throws(EvaluationError) {
        try self.init(
            parsing: InputFile.bytes(path, limit: PowerTrainModel<PowerMode>.fileByteLimit), file: path)
    }

    init(parsing bytes: [UInt8], file: String) throws(EvaluationError) {
        do throws(ModelFileError) {
            // Bytes 12 to 15: the number of inputs.
            if bytes.count > 12, Int(bytes[12]) == InferencePoint.featureCount {
                self = .inference(try PowerTrainModel(parsing: bytes, file: file))
            } else {
                self = .training(try PowerTrainModel(parsing: bytes, file: file))
            }
        } catch {
            throw EvaluationError(error.description)
        }
    }

    /// Whether `bytes` begin as a model file does.
    static func isNamed(in bytes: [UInt8]) -> Bool { bytes.starts(with: "FULCNETS".utf8) }
}

extension PowerTrainModel<PowerMode> {
    /// Reads the model of a training; throws where the file holds that of an inference.
    public init(contentsOf path: String) throws(EvaluationError) {
        guard case .training(let model) = try StoredModel(contentsOf: path) else {
            throw EvaluationError("\(path): This is the model of an inference; that of a training is needed here.")
        }
        self = model
    }
}

extension PowerTrainModel {
    /// Writes the model to `path`: a new file beside it that takes its place when it is complete. Throws where `path` is
    /// something else than a file, which would be lost.
    public func write(to path: String) throws(EvaluationError) {
        var status = stat()
        guard unsafe lstat(path, &status) != 0 || status.st_mode & S_IFMT == S_IFREG else {
            throw EvaluationError("\(path) exists and is not a plain file; a model is not written over it.")
        }
        do throws(SystemCallError) {
            try SmallFile.replaceAtomically(path, with: encoded(), mode: 0o644)
        } catch {
            throw EvaluationError(error.description)
        }
    }
}

/// What a transfer starts from.
public enum Reference: Sendable {
    /// A measured table, on which a model is to be trained first.
    case table(TrainingTable)
    /// A model that was trained before.
    case model(PowerTrainModel<PowerMode>)

    /// Reads a table or a model file of a training; the content says which it is.
    public init(contentsOf path: String) throws(EvaluationError) {
        let bytes = try InputFile.bytes(path, limit: TrainingTable.byteLimit)
        if StoredModel.isNamed(in: bytes) {
            self = .model(try PowerTrainModel(contentsOf: path))
        } else {
            self = .table(try TrainingTable(contentsOf: path))
        }
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

/// The day on which something is made.
public enum CalendarDate {
    /// Today in UTC as YYYY-MM-DD; with SOURCE_DATE_EPOCH in the environment that day, so that a build can be repeated.
    public static var today: String {
        var seconds = time(nil)
        if let fixed = unsafe getenv("SOURCE_DATE_EPOCH"), let number = Int(unsafe String(cString: fixed)) {
            seconds = number
        }
        var parts = unsafe tm()
        guard unsafe gmtime_r(&seconds, &parts) != nil else { return "an unknown day" }
        let (year, month, day) = unsafe (Int(parts.tm_year) + 1900, parts.tm_mon + 1, parts.tm_mday)
        func padded(_ number: Int32) -> String { number < 10 ? "0\(number)" : "\(number)" }
        return "\(year)-\(padded(month))-\(padded(day))"
    }
}
