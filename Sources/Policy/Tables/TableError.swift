/// Why a measured table was refused: a sentence with file and line.
public struct TableError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The file as its reader named it.
    public let file: String
    /// The line, counted from 1; nil where the whole file is meant.
    public let line: Int?
    /// What is wrong and what was expected, as full sentences.
    public let problem: String

    /// Describes one fault of one file.
    public init(file: String, line: Int?, problem: String) {
        self.file = file
        self.line = line
        self.problem = problem
    }

    /// `FILE, line N: problem`.
    public var description: String {
        line.map { "\(file), line \($0): \(problem)" } ?? "\(file): \(problem)"
    }
}
