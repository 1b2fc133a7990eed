/// The four kinds of TOML text: basic and literal, on one line and on many.
extension TOMLParser {
    mutating func literalString() throws(TOMLError) -> String {
        position += 1
        let start = position
        while let byte = peek, byte != UInt8(ascii: "'") {
            try refuseControl(byte)
            position += 1
        }
        let text = String(decoding: bytes[start..<position], as: UTF8.self)
        guard take("'") else { throw error("The text is not closed with '.") }
        return text
    }

    mutating func basicString() throws(TOMLError) -> String {
        position += 1
        var text = [UInt8]()
        while let byte = peek, byte != UInt8(ascii: "\"") {
            try refuseControl(byte)
            if byte == UInt8(ascii: "\\") {
                try escape(into: &text)
            } else {
                text.append(byte)
                position += 1
            }
        }
        guard take("\"") else { throw error("The text is not closed with \".") }
        return String(decoding: text, as: UTF8.self)
    }

    mutating func multilineLiteralString() throws(TOMLError) -> String {
        let start = line
        position += 3
        skipFirstNewline()
        var text = [UInt8]()
        while !startsWith("'''") {
            guard peek != nil else { throw TOMLError(line: start, problem: "The text is not closed with '''.") }
            try takeByte(into: &text)
        }
        position += 3
        while text.count < bytes.count, take("'") { text.append(UInt8(ascii: "'")) }
        return String(decoding: text, as: UTF8.self)
    }

    mutating func multilineBasicString() throws(TOMLError) -> String {
        let start = line
        position += 3
        skipFirstNewline()
        var text = [UInt8]()
        while !startsWith("\"\"\"") {
            guard let byte = peek else {
                throw TOMLError(line: start, problem: "The text is not closed with \"\"\".")
            }
            if byte == UInt8(ascii: "\\") {
                if !skipLineContinuation() { try escape(into: &text) }
            } else {
                try takeByte(into: &text)
            }
        }
        position += 3
        while text.count < bytes.count, take("\"") { text.append(UInt8(ascii: "\"")) }
        return String(decoding: text, as: UTF8.self)
    }

    private mutating func takeByte(into text: inout [UInt8]) throws(TOMLError) {
        guard let byte = peek else { return }
        if byte == 0x0a {
            line += 1
        } else if !(byte == 0x0d && next == 0x0a) {
            try refuseControl(byte)
        }
        text.append(byte)
        position += 1
    }

    /// A backslash at the end of a line swallows all white space up to the next character.
    private mutating func skipLineContinuation() -> Bool {
        var probe = position + 1
        while probe < bytes.count, bytes[probe] == 0x20 || bytes[probe] == 0x09 || bytes[probe] == 0x0d { probe += 1 }
        guard probe < bytes.count, bytes[probe] == 0x0a else { return false }
        while probe < bytes.count, [0x20, 0x09, 0x0a, 0x0d].contains(bytes[probe]) {
            if bytes[probe] == 0x0a { line += 1 }
            probe += 1
        }
        position = probe
        return true
    }

    private mutating func escape(into text: inout [UInt8]) throws(TOMLError) {
        guard let byte = next else { throw error("The text ends in a backslash.") }
        position += 2
        let digits: Int
        switch byte {
        case UInt8(ascii: "b"): return text.append(0x08)
        case UInt8(ascii: "t"): return text.append(0x09)
        case UInt8(ascii: "n"): return text.append(0x0a)
        case UInt8(ascii: "f"): return text.append(0x0c)
        case UInt8(ascii: "r"): return text.append(0x0d)
        case UInt8(ascii: "\""), UInt8(ascii: "\\"): return text.append(byte)
        case UInt8(ascii: "u"): digits = 4
        case UInt8(ascii: "U"): digits = 8
        default: throw error("The escape \\\(Character(UnicodeScalar(byte))) is not known.")
        }
        let end = min(position + digits, bytes.count)
        guard let code = UInt32(String(decoding: bytes[position..<end], as: UTF8.self), radix: 16),
            end - position == digits, let scalar = UnicodeScalar(code)
        else {
            throw error("The escape \\\(digits == 4 ? "u" : "U") wants \(digits) hexadecimal digits of a character.")
        }
        text.append(contentsOf: Array(String(Character(scalar)).utf8))
        position = end
    }
}
