public import Policy
import SystemCalls

extension TrainingTable {
    /// Reads and parses the table at `path`. The error says what the system or the parser found.
    public init(contentsOf path: String) throws(EvaluationError) {
        try self.init(reading: InputFile.bytes(path, limit: Self.byteLimit), file: path)
    }

    /// Parses the bytes of the file named `file`.
    init(reading bytes: [UInt8], file: String) throws(EvaluationError) {
        guard !InferenceTable.isNamed(inHeaderOf: bytes) else {
            throw EvaluationError(
                "\(file), line 1: This is the table of an inference, as it has the column bs; that of a training is needed here."
            )
        }
        do throws(TableError) {
            try self.init(parsing: bytes, file: file)
        } catch {
            throw EvaluationError(error)
        }
    }
}

extension InferenceTable {
    /// Reads and parses the table at `path`. The error says what the system or the parser found.
    public init(contentsOf path: String) throws(EvaluationError) {
        try self.init(reading: InputFile.bytes(path, limit: TrainingTable.byteLimit), file: path)
    }

    /// Parses the bytes of the file named `file`.
    init(reading bytes: [UInt8], file: String) throws(EvaluationError) {
        do throws(TableError) {
            try self.init(parsing: bytes, file: file)
        } catch {
            throw EvaluationError(error)
        }
    }

    /// The rows of one minibatch size as background work; throws where the table does not have that size.
    public func background(minibatch: Int) throws(EvaluationError) -> TrainingTable {
        guard let table = training(minibatch: minibatch) else {
            let sizes = minibatches.map(String.init).joined(separator: ", ")
            throw EvaluationError("\(file): No row has the minibatch size \(minibatch). Choose one of: \(sizes).")
        }
        return table
    }
}

extension PairTable {
    /// Joins the rows of equal modes; throws where the two tables have no mode in common.
    public init(joining inference: InferenceTable, _ background: TrainingTable) throws(EvaluationError) {
        do throws(TableError) {
            try self.init(inference: inference, background: background)
        } catch {
            throw EvaluationError(error)
        }
    }
}

/// Reads what the user named.
enum InputFile {
    static func bytes(_ path: String, limit: Int) throws(EvaluationError) -> [UInt8] {
        do throws(SystemCallError) {
            return try SmallFile.bytes(path, limit: limit)
        } catch {
            throw EvaluationError(error.description)
        }
    }
}
