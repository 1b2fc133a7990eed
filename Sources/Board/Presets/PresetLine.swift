/// One line of an nvpmodel.conf, without comment and split into words.
enum PresetLine: Hashable {
    /// `<KEYWORD KEY=VALUE ...>`; the words between the angle brackets, with each `=` a word of its own.
    case header([String])
    case fields([String])

    /// What is wrong with a line; who knows file and line makes the error of it.
    struct Fault: Error {
        let problem: String
    }

    /// More words than this are on no line that means something.
    static let wordLimit = 64
    static let byteLimit = 1_024

    /// Splits a line that comes without its end. Nil where nothing but a comment is on it. Comments may hold any bytes:
    /// some carry a copyright sign in Latin-1.
    static func parse(_ line: ArraySlice<UInt8>) throws(Fault) -> PresetLine? {
        let line = withoutComment(line)
        guard let first = line.first(where: { !isBlank($0) }) else { return nil }
        guard line.count <= byteLimit else {
            throw Fault(problem: "The line has \(line.count) bytes; \(byteLimit) are the most allowed.")
        }
        if let byte = line.first(where: { !isBlank($0) && !(0x21...0x7E).contains($0) }) {
            let hex = (byte < 16 ? "0x0" : "0x") + String(byte, radix: 16, uppercase: true)
            throw Fault(problem: "The line holds the byte \(hex); outside comments plain ASCII text was expected.")
        }
        let words = try words(line, separatingEquals: first == UInt8(ascii: "<"))
        return first == UInt8(ascii: "<") ? .header(try inner(of: words)) : .fields(words)
    }

    /// NVIDIA's own files have `< PARAM` and `<PARAM`, so the brackets need no blank beside them.
    private static func inner(of words: [String]) throws(Fault) -> [String] {
        guard let end = words.firstIndex(of: ">") else {
            throw Fault(problem: "The section header has no closing \">\"; < KEYWORD NAME=VALUE > was expected.")
        }
        guard end == words.count - 1 else {
            throw Fault(
                problem:
                    "\(quoted(words[end + 1])) follows the \">\" of a section header; the end of the line was expected."
            )
        }
        return Array(words[1..<end])
    }

    private static func words(_ line: ArraySlice<UInt8>, separatingEquals isHeader: Bool) throws(Fault) -> [String] {
        var words: [String] = []
        var start: Int?
        func close(_ end: Int) {
            if let begin = start { words.append(String(decoding: line[begin..<end], as: UTF8.self)) }
            start = nil
        }
        for index in line.indices {
            let byte = line[index]
            let isMark =
                isHeader && (byte == UInt8(ascii: "=") || byte == UInt8(ascii: "<") || byte == UInt8(ascii: ">"))
            if isBlank(byte) || isMark {
                close(index)
                if isMark { words.append(String(UnicodeScalar(byte))) }
            } else if start == nil {
                start = index
            }
        }
        close(line.endIndex)
        guard words.count <= wordLimit else {
            throw Fault(problem: "The line has \(words.count) words; \(wordLimit) are the most allowed.")
        }
        return words
    }

    /// Up to a `#` at the start or after a blank: inside a word it is part of a name.
    private static func withoutComment(_ line: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        let mark = line.indices.first { index in
            line[index] == UInt8(ascii: "#") && (index == line.startIndex || isBlank(line[index - 1]))
        }
        return line[..<(mark ?? line.endIndex)]
    }

    /// A carriage return is white space: files that were edited on Windows end their lines with one.
    private static func isBlank(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") || byte == UInt8(ascii: "\r")
    }

    /// A word for a message: bounded, as a damaged file can hold anything.
    static func quoted(_ word: some StringProtocol) -> String {
        String(word.prefix(40)).debugDescription + (word.utf8.count > 40 ? "..." : "")
    }
}
