/// Where a model comes from. Its texts are cut to `textLimit` bytes and hold no control characters, as they end up on terminals.
public struct ModelOrigin: Hashable, Sendable {
    /// Longer texts are cut, bytes of UTF-8.
    public static let textLimit = 400

    /// What ran, such as `ResNet-18 training`.
    public let workload: String
    /// The board that it ran on.
    public let board: String
    /// Where the profiles lie or came from.
    public let source: String
    /// When the model was made, in the caller's words, such as an ISO 8601 date.
    public let date: String

    /// Takes the caller's words.
    public init(workload: String, board: String, source: String, date: String) {
        self.workload = Self.cleaned(workload)
        self.board = Self.cleaned(board)
        self.source = Self.cleaned(source)
        self.date = Self.cleaned(date)
    }

    static func cleaned(_ text: String) -> String {
        var cleaned = String.UnicodeScalarView()
        var bytes = 0
        for scalar in text.unicodeScalars {
            bytes += UTF8.width(scalar)
            guard bytes <= textLimit else { break }
            cleaned.append(isControl(scalar) ? " " : scalar)
        }
        return String(cleaned)
    }

    /// The C0 and C1 controls, and what reorders or breaks a line.
    private static func isControl(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator: true
        default: false
        }
    }
}
