import FoundationEssentials

/// JSON as fulcrumctl prints it.
public enum JSONText {
    /// `value` with sorted keys, on many lines.
    public static func of(_ value: some Encodable) throws(EvaluationError) -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        do {
            return String(decoding: try encoder.encode(value), as: UTF8.self)
        } catch {
            throw EvaluationError("Could not write the result as JSON: \(error).")
        }
    }
}
