import SystemCalls

/// Why looking failed, as a full sentence for the person at the terminal.
public struct InspectionError: Error, Sendable, CustomStringConvertible {
    /// The sentence, with what to do.
    public let description: String

    /// Takes a full sentence.
    public init(_ sentence: String) {
        description = sentence
    }

    init(_ error: SystemCallError) {
        description = error.description
    }

    /// Nobody serves a tree at `path`.
    public static func noTree(at path: String) -> InspectionError {
        InspectionError(
            "No governor's tree at \(path): fulcrumd does not run here (systemctl status fulcrumd), or --tree is wrong."
        )
    }
}
