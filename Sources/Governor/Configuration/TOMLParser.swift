/// Reads TOML 1.0 (https://toml.io/en/v1.0.0) but for dates and times, which no key of ours has. Our own, as configuration is
/// input to a root daemon: the libraries for it abort the process on texts such as `a = }`, and give no line for a key.
struct TOMLParser {
    private static let nestingLimit = 16

    let bytes: [UInt8]
    var position = 0
    var line = 1

    /// Parses a whole file. Linear in its length.
    static func parse(_ bytes: [UInt8]) throws(TOMLError) -> TOMLTable {
        var parser = TOMLParser(bytes: bytes)
        return try parser.document()
    }

    init(bytes: [UInt8]) {
        let mark: [UInt8] = [0xef, 0xbb, 0xbf]
        self.bytes = bytes.starts(with: mark) ? Array(bytes.dropFirst(3)) : bytes
    }

    private mutating func document() throws(TOMLError) -> TOMLTable {
        let root = TOMLTable()
        var current = root
        while true {
            try skipBlankLines()
            guard let byte = peek else { return root }
            if byte == UInt8(ascii: "[") {
                current = try header(in: root)
            } else {
                try keyValue(into: current, depth: 0)
            }
            try endOfLine()
        }
    }

    // MARK: Structure

    private mutating func header(in root: TOMLTable) throws(TOMLError) -> TOMLTable {
        let start = line
        position += 1
        let isArray = take("[")
        let path = try keyPath()
        guard take("]"), !isArray || take("]") else {
            throw error("The table header is not closed with \"\(isArray ? "]]" : "]")\".")
        }
        guard let last = path.last else { throw error("The table header has no name.") }
        let parent = try descend(path.dropLast(), from: root)
        let table = TOMLTable()
        table.isClosed = true
        if isArray {
            let value = TOMLValue(line: start, content: .table(table))
            if let existing = parent[last] {
                guard let elements = existing.array, elements.allSatisfy({ $0.table != nil }), !elements.isEmpty else {
                    throw error("\"\(last)\" is there already and is no list of tables.")
                }
                parent.append(value, toArray: last)
            } else {
                _ = parent.insert(last, line: start, TOMLValue(line: start, content: .array([value])))
            }
            return table
        }
        if let existing = parent[last] {
            guard let opened = existing.table, !opened.isClosed else {
                throw error("The table [\(path.joined(separator: "."))] is there already.")
            }
            opened.isClosed = true
            return opened
        }
        _ = parent.insert(last, line: start, TOMLValue(line: start, content: .table(table)))
        return table
    }

    private mutating func keyValue(into table: TOMLTable, depth: Int) throws(TOMLError) {
        let start = line
        let path = try keyPath()
        guard take("=") else { throw error("There is no \"=\" after the key \"\(path.joined(separator: "."))\".") }
        skipBlanks()
        let value = try value(depth: depth)
        guard let last = path.last, try descend(path.dropLast(), from: table).insert(last, line: start, value) else {
            throw TOMLError(line: start, problem: "The key \"\(path.joined(separator: "."))\" is there already.")
        }
    }

    /// The table at `path`, made where it is missing; of a list of tables the last.
    private func descend(_ path: ArraySlice<String>, from table: TOMLTable) throws(TOMLError) -> TOMLTable {
        var current = table
        for key in path {
            if let value = current[key] {
                guard let next = value.table ?? value.array?.last?.table else {
                    throw error("\"\(key)\" is there already and is no table.")
                }
                current = next
            } else {
                let next = TOMLTable()
                _ = current.insert(key, line: line, TOMLValue(line: line, content: .table(next)))
                current = next
            }
        }
        return current
    }

    private mutating func keyPath() throws(TOMLError) -> [String] {
        var path = [String]()
        repeat {
            skipBlanks()
            switch peek {
            case UInt8(ascii: "\""): path.append(try basicString())
            case UInt8(ascii: "'"): path.append(try literalString())
            default:
                let start = position
                while let byte = peek, Self.isBare(byte) { position += 1 }
                guard position > start else { throw error("A key was expected, found \(found).") }
                path.append(String(decoding: bytes[start..<position], as: UTF8.self))
            }
            skipBlanks()
            guard path.count <= Self.nestingLimit else { throw error("The key has too many parts.") }
        } while take(".")
        return path
    }

    // MARK: Values

    private mutating func value(depth: Int) throws(TOMLError) -> TOMLValue {
        let start = line
        guard depth < Self.nestingLimit else { throw error("The value is nested too deeply.") }
        let content: TOMLValue.Content
        switch peek {
        case UInt8(ascii: "\""):
            content = .string(startsWith("\"\"\"") ? try multilineBasicString() : try basicString())
        case UInt8(ascii: "'"):
            content = .string(startsWith("'''") ? try multilineLiteralString() : try literalString())
        case UInt8(ascii: "["): content = .array(try array(depth: depth + 1))
        case UInt8(ascii: "{"): content = .table(try inlineTable(depth: depth + 1))
        default: content = try scalar()
        }
        return TOMLValue(line: start, content: content)
    }

    private mutating func array(depth: Int) throws(TOMLError) -> [TOMLValue] {
        position += 1
        var values = [TOMLValue]()
        while true {
            try skipBlankLines()
            if take("]") { return values }
            values.append(try value(depth: depth))
            try skipBlankLines()
            if take("]") { return values }
            guard take(",") else { throw error("A list wants \",\" or \"]\", found \(found).") }
        }
    }

    private mutating func inlineTable(depth: Int) throws(TOMLError) -> TOMLTable {
        position += 1
        let table = TOMLTable()
        table.isClosed = true
        skipBlanks()
        if take("}") { return table }
        while true {
            try keyValue(into: table, depth: depth)
            skipBlanks()
            if take("}") { return table }
            guard take(",") else { throw error("An inline table wants \",\" or \"}\", found \(found).") }
        }
    }

    private mutating func scalar() throws(TOMLError) -> TOMLValue.Content {
        let start = position
        while let byte = peek, Self.isBare(byte) || byte == UInt8(ascii: "+") || byte == UInt8(ascii: ".") {
            position += 1
        }
        let text = String(decoding: bytes[start..<position], as: UTF8.self)
        switch text {
        case "": throw error("A value was expected, found \(found).")
        case "true": return .boolean(true)
        case "false": return .boolean(false)
        case "inf", "+inf": return .float(.infinity)
        case "-inf": return .float(-.infinity)
        case "nan", "+nan", "-nan": return .float(.nan)
        default: break
        }
        guard let number = Self.number(text) else {
            throw error("\"\(text.prefix(40))\" is no value: write texts in quotes, numbers as 30 or 30.5.")
        }
        return number
    }

    private static func number(_ text: String) -> TOMLValue.Content? {
        let parts = text.split(separator: "_", omittingEmptySubsequences: false)
        // An underscore stands between two digits.
        guard parts.allSatisfy({ !$0.isEmpty }),
            zip(parts, parts.dropFirst()).allSatisfy({ left, right in
                left.last?.isHexDigit == true && right.first?.isHexDigit == true
            })
        else { return nil }
        let digits = parts.joined()
        for (prefix, radix) in [("0x", 16), ("0o", 8), ("0b", 2)] where digits.hasPrefix(prefix) {
            let rest = digits.dropFirst(2)
            guard rest.first?.isHexDigit == true else { return nil }
            return Int(rest, radix: radix).map { .integer($0) }
        }
        let unsigned = digits.first == "+" || digits.first == "-" ? digits.dropFirst() : digits[...]
        guard let first = unsigned.first, first.isNumber else { return nil }
        // No leading zero: 010 is ten to some and eight to others.
        if first == "0", let second = unsigned.dropFirst().first, second.isNumber { return nil }
        if let integer = Int(digits) { return .integer(integer) }
        let allowed = Set("0123456789+-.eE")
        guard unsigned.allSatisfy({ allowed.contains($0) }), unsigned.last?.isNumber == true,
            !unsigned.contains(".e"), !unsigned.contains(".E"),
            unsigned.contains(where: { $0 == "." || $0 == "e" || $0 == "E" }),
            let float = Double(digits)
        else { return nil }
        return .float(float)
    }

    // MARK: Bytes

    var peek: UInt8? { position < bytes.count ? bytes[position] : nil }
    var next: UInt8? { position + 1 < bytes.count ? bytes[position + 1] : nil }

    var found: String {
        guard let byte = peek, byte != 0x0a, byte != 0x0d else {
            return peek == nil ? "the end of the file" : "the end of the line"
        }
        return byte < 0x80 && byte >= 0x20 ? "\"\(Character(UnicodeScalar(byte)))\"" : "byte \(byte)"
    }

    mutating func take(_ character: UnicodeScalar) -> Bool {
        guard peek == UInt8(ascii: character) else { return false }
        position += 1
        return true
    }

    func startsWith(_ text: StaticString) -> Bool {
        bytes[position...].starts(with: "\(text)".utf8)
    }

    private mutating func skipBlanks() {
        while peek == 0x20 || peek == 0x09 { position += 1 }
    }

    mutating func skipFirstNewline() {
        if peek == 0x0d, next == 0x0a { position += 1 }
        if take("\n") { line += 1 }
    }

    private mutating func skipComment() throws(TOMLError) {
        guard peek == UInt8(ascii: "#") else { return }
        while let byte = peek, byte != 0x0a {
            if !(byte == 0x0d && next == 0x0a) { try refuseControl(byte) }
            position += 1
        }
    }

    private mutating func skipBlankLines() throws(TOMLError) {
        while true {
            skipBlanks()
            try skipComment()
            if peek == 0x0d, next == 0x0a { position += 1 }
            guard take("\n") else { return }
            line += 1
        }
    }

    private mutating func endOfLine() throws(TOMLError) {
        skipBlanks()
        try skipComment()
        if peek == 0x0d, next == 0x0a { position += 1 }
        guard peek == nil || peek == 0x0a else { throw error("The line should end here, found \(found).") }
    }

    func refuseControl(_ byte: UInt8) throws(TOMLError) {
        if (byte < 0x20 && byte != 0x09) || byte == 0x7f {
            throw error(
                byte == 0x0a ? "The text does not end on its line." : "There is a control character, byte \(byte).")
        }
    }

    func error(_ problem: String) -> TOMLError {
        TOMLError(line: line, problem: problem)
    }

    private static func isBare(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"):
            true
        default: false
        }
    }
}
