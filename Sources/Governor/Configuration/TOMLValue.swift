/// A value of a TOML file with the line on which it begins, so that every error can name it.
struct TOMLValue {
    let line: Int
    let content: Content

    enum Content {
        case string(String)
        case integer(Int)
        case float(Double)
        case boolean(Bool)
        case array([TOMLValue])
        case table(TOMLTable)
    }

    var string: String? {
        if case .string(let text) = content { text } else { nil }
    }

    var integer: Int? {
        if case .integer(let number) = content { number } else { nil }
    }

    /// An integer is a number too.
    var number: Double? {
        switch content {
        case .float(let number): number
        case .integer(let number): Double(number)
        default: nil
        }
    }

    var array: [TOMLValue]? {
        if case .array(let values) = content { values } else { nil }
    }

    var table: TOMLTable? {
        if case .table(let table) = content { table } else { nil }
    }

    /// For the "is …" of an error sentence.
    var shown: String {
        switch content {
        case .string(let text): "\"\(text.prefix(60))\""
        case .integer(let number): "\(number)"
        case .float(let number): "\(number)"
        case .boolean(let flag): "\(flag)"
        case .array: "a list"
        case .table: "a table"
        }
    }
}

/// Keys and values in the order of the file.
final class TOMLTable {
    private(set) var entries: [(key: String, line: Int, value: TOMLValue)] = []
    private var indexByKey: [String: Int] = [:]
    /// Set by a header or an inline table: it cannot be opened a second time.
    var isClosed = false

    subscript(key: String) -> TOMLValue? {
        indexByKey[key].map { entries[$0].value }
    }

    /// The line of `key`; nil if it is not there.
    func line(of key: String) -> Int? {
        indexByKey[key].map { entries[$0].line }
    }

    /// False if the key is there already.
    func insert(_ key: String, line: Int, _ value: TOMLValue) -> Bool {
        guard indexByKey[key] == nil else { return false }
        indexByKey[key] = entries.count
        entries.append((key, line, value))
        return true
    }

    func append(_ value: TOMLValue, toArray key: String) {
        guard let index = indexByKey[key], let values = entries[index].value.array else { return }
        entries[index].value = TOMLValue(line: entries[index].line, content: .array(values + [value]))
    }
}

/// A text that is no TOML.
struct TOMLError: Error {
    let line: Int
    let problem: String
}
