/// Text for a terminal: names that others chose made harmless, and columns that stay columns.
public enum DisplayText {
    /// `text` with all that could move the cursor, end the line or disguise itself written as `\u{HEX}`.
    public static func printable(_ text: String) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar.properties.generalCategory {
            case .control, .format, .lineSeparator, .paragraphSeparator, .unassigned, .privateUse, .surrogate,
                .nonspacingMark, .enclosingMark, .spacingMark:
                result += "\\u{\(String(scalar.value, radix: 16))}"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }

    /// How many columns a terminal gives to `text`, which is printable.
    public static func width(_ text: String) -> Int {
        text.unicodeScalars.reduce(0) { $0 + width($1) }
    }

    /// `text` cut to `columns`; a `+` in the last one says that something is missing.
    public static func cut(_ text: String, _ columns: Int) -> String {
        guard width(text) > columns, columns > 0 else { return columns > 0 ? text : "" }
        var result = ""
        var used = 0
        for scalar in text.unicodeScalars {
            used += width(scalar)
            if used > columns - 1 { break }
            result.unicodeScalars.append(scalar)
        }
        return result + "+"
    }

    /// `text` at the left of exactly `columns`.
    public static func left(_ text: String, _ columns: Int) -> String {
        let cut = cut(text, columns)
        return cut + String(repeating: " ", count: max(0, columns - width(cut)))
    }

    /// `text` at the right of exactly `columns`.
    public static func right(_ text: String, _ columns: Int) -> String {
        let cut = cut(text, columns)
        return String(repeating: " ", count: max(0, columns - width(cut))) + cut
    }

    /// `text` without blanks at its end.
    static func trimmed(_ text: String) -> String {
        String(text[..<(text.lastIndex { $0 != " " }.map { text.index(after: $0) } ?? text.startIndex)])
    }

    /// East Asian wide and fullwidth ranges (Unicode Standard Annex 11), as terminals draw them.
    private static func width(_ scalar: Unicode.Scalar) -> Int {
        switch scalar.value {
        case 0x1100...0x115f, 0x2e80...0xa4cf, 0xac00...0xd7a3, 0xf900...0xfaff, 0xfe30...0xfe6f, 0xff00...0xff60,
            0xffe0...0xffe6, 0x1f300...0x1faff, 0x20000...0x3fffd:
            2
        default: 1
        }
    }
}
