/// Walks the lines of comma-separated bytes and splits each into fields, reusing one list of ranges. No quoting: measured
/// tables hold numbers. Lines end in LF or CRLF; empty lines are passed over.
struct CommaSeparatedLines {
    /// More columns than this are not a measured table.
    static let fieldLimit = 256

    private let bytes: [UInt8]
    private var position: Int
    private var fields: [Range<Int>] = []

    /// The number of the current line, from 1; 0 before the first.
    private(set) var line = 0

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
        // A byte order mark is what spreadsheets put before the first column's name.
        position = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
    }

    /// Whether the last line has no line end, as that of a file that was cut has none.
    var isCutShort: Bool { bytes.last.map { $0 != UInt8(ascii: "\n") } ?? false }

    /// Fields of the current line; counting stops at one more than the limit.
    var fieldCount: Int { fields.count }

    /// The bytes of field `index` without blanks around them.
    subscript(index: Int) -> ArraySlice<UInt8> {
        var field = bytes[fields[index]]
        while let byte = field.first, Self.isBlank(byte) { field.removeFirst() }
        while let byte = field.last, Self.isBlank(byte) { field.removeLast() }
        return field
    }

    /// Moves to the next line that is not empty; false at the end.
    mutating func advance() -> Bool {
        while position < bytes.count {
            line += 1
            fields.removeAll(keepingCapacity: true)
            var start = position
            var isEmpty = true
            while position < bytes.count, bytes[position] != UInt8(ascii: "\n") {
                let byte = bytes[position]
                if byte == UInt8(ascii: ",") {
                    if fields.count < Self.fieldLimit { fields.append(start..<position) }
                    start = position + 1
                }
                if !Self.isBlank(byte) { isEmpty = false }
                position += 1
            }
            fields.append(start..<position)
            position += 1
            if !isEmpty { return true }
        }
        return false
    }

    private static func isBlank(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") || byte == UInt8(ascii: "\r")
    }
}
