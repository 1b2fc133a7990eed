public import SystemPackage

/// A system call that failed, told as a sentence: what was attempted, on which path, what the system said, what to do.
public struct SystemCallError: Error, Sendable, CustomStringConvertible {
    /// What was attempted, as a verb phrase that a path can follow: "open", "write 30000 to".
    public let operation: String
    /// The file, device or object that the call was made on.
    public let path: String
    /// What the system answered.
    public let errno: Errno
    /// What the reader can do about it, as a full sentence; empty where there is nothing to say.
    public let remedy: String

    /// Describes one failed call.
    public init(_ operation: String, _ path: String, _ errno: Errno, remedy: String = "") {
        self.operation = operation
        self.path = path
        self.errno = errno
        self.remedy = remedy
    }

    /// The whole sentence.
    public var description: String {
        "Could not \(operation) \(path): \(errno) (errno \(errno.rawValue)).\(remedy.isEmpty ? "" : " " + remedy)"
    }
}
