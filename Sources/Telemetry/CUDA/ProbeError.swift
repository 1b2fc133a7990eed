/// A probe that could not be loaded or attached, told as full sentences: what was attempted, what the system said, what
/// to do.
public struct ProbeError: Error, Sendable, CustomStringConvertible {
    /// Who has to act.
    public enum Kind: Sendable {
        /// The kernel, or our privileges, cannot do it at all.
        case unsupported
        /// The library was refused by a rule of ours.
        case refused
        /// The system failed this once.
        case failed
    }

    /// Who has to act.
    public let kind: Kind
    /// The sentences.
    public let description: String

    init(_ kind: Kind, _ description: String) {
        self.kind = kind
        self.description = description
    }
}
