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
            if ModelFileHeader(bytes)?.inputs == InferencePoint.featureCount {
                self = .inference(try PowerTrainModel(parsing: bytes, file: file))
            } else {
                self = .training(try PowerTrainModel(parsing: bytes, file: file))
            }
        } catch {
            throw EvaluationError(error.description)
        }
    }

    /// The model of a training; throws where this is that of an inference.
    func ofTraining(file: String) throws(EvaluationError) -> PowerTrainModel<PowerMode> {
        guard case .training(let model) = self else {
            throw EvaluationError("\(file): This is the model of an inference; that of a training is needed here.")
        }
        return model
    }
}

extension PowerTrainModel<PowerMode> {
    /// Reads the model of a training; throws where the file holds that of an inference.
    public init(contentsOf path: String) throws(EvaluationError) {
        self = try StoredModel(contentsOf: path).ofTraining(file: path)
    }
}

extension PowerTrainModel {
    /// Writes the model to `path`: a new file beside it that takes its place when it is complete. Throws where `path` is
    /// something else than a model file, which would be lost.
    public func write(to path: String) throws(EvaluationError) {
        var status = stat()
        guard unsafe lstat(path, &status) != 0 || status.st_mode & S_IFMT == S_IFREG else {
            throw EvaluationError("\(path) exists and is not a plain file; a model is not written over it.")
        }
        if status.st_size > 0 {
            let old = try InputFile.bytes(path, limit: TrainingTable.byteLimit)
            guard ModelFileHeader.begins(old) else {
                throw EvaluationError("\(path) exists and is not a model file; a model is not written over it.")
            }
        }
        do throws(SystemCallError) {
            try SmallFile.replaceAtomically(path, with: encoded(), mode: 0o644)
        } catch {
            throw EvaluationError(error.description)
        }
    }
}
