/// Why the board could not be found, read or set, told as full sentences.
public struct BoardError: Error, Sendable, CustomStringConvertible {
    /// What a caller may want to act on; people read `description`.
    public enum Kind: Hashable, Sendable {
        /// The device tree names a board that the table does not hold, or there is no device tree.
        case unknownBoard
        /// A knob's file could not be read or held something that is not its kind of value.
        case unreadable
        /// The mode asks for what no board can do; nothing was written.
        case invalidMode
        /// The kernel refused a write; what had been written before was put back as far as the description says.
        case writeFailed
        /// The journal is torn, altered or belongs to another board; nothing was written from it.
        case journalRefused
        /// The journal could not be stored, so no further knob was touched.
        case journalNotStored
    }

    /// The class of the failure.
    public let kind: Kind
    /// What was attempted, on which path, what the system said, and what to do.
    public let description: String

    init(_ kind: Kind, _ description: String) {
        self.kind = kind
        self.description = description
    }
}
