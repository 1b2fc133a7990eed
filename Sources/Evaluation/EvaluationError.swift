public import Policy

/// Why an evaluation could not be run, as full sentences that say what to do.
public struct EvaluationError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The sentences.
    public let description: String

    /// Wraps sentences that are ready to print.
    public init(_ description: String) {
        self.description = description
    }

    /// The fault of a table.
    public init(_ error: TableError) {
        description = error.description
    }
}
