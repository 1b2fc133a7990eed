public import Policy
import SystemCalls

extension TrainingTable {
    /// Reads and parses the table at `path`. The error says what the system or the parser found.
    public init(contentsOf path: String) throws(EvaluationError) {
        let bytes: [UInt8]
        do {
            bytes = try SmallFile.bytes(path, limit: Self.byteLimit)
        } catch {
            throw EvaluationError(error.description)
        }
        do {
            try self.init(parsing: bytes, file: path)
        } catch {
            throw EvaluationError(error)
        }
    }
}
