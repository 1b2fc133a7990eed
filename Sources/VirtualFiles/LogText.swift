/// `text` in quotes, fit for one log line: at most `limit` characters of the original, control characters escaped.
func quoted(_ text: String, limit: Int = 64) -> String {
    "\"" + printable(text, limit: limit) + "\""
}

/// At most `limit` Unicode scalars of `text` with everything that could end or disguise a log line escaped.
func printable(_ text: String, limit: Int) -> String {
    var result = ""
    var count = 0
    for scalar in text.unicodeScalars {
        if count == limit { return result + "..." }
        count += 1
        switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .unassigned, .privateUse, .surrogate:
            result += "\\u{\(String(scalar.value, radix: 16))}"
        default:
            result.unicodeScalars.append(scalar)
        }
    }
    return result
}
