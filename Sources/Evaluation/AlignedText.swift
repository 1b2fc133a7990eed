/// Names and values in two columns, for people.
public enum AlignedText {
    /// One line per pair, without a line end at the end.
    public static func of(_ lines: [(name: String, value: String)]) -> String {
        let width = (lines.map(\.name.count).max() ?? 0) + 2
        return lines.map { name, value in
            name + String(repeating: " ", count: width - name.count) + value
        }.joined(separator: "\n")
    }
}
