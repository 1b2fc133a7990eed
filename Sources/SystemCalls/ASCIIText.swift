/// Reading text of the kernel and of the tree byte by byte, without allocating.
public enum ASCIIText {
    /// A whole number of 1 to 18 digits, which always fits; nil for anything else.
    public static func decimal(_ field: Span<UInt8>) -> UInt64? {
        guard (1...18).contains(field.count) else { return nil }
        var value: UInt64 = 0
        for index in 0..<field.count {
            let digit = field[index] &- UInt8(ascii: "0")
            guard digit <= 9 else { return nil }
            value = value * 10 + UInt64(digit)
        }
        return value
    }

    /// Whether `text` begins with `word`.
    public static func starts(_ text: Span<UInt8>, with word: String) -> Bool {
        guard text.count >= word.utf8.count else { return false }
        var index = 0
        for byte in word.utf8 {
            guard text[index] == byte else { return false }
            index += 1
        }
        return true
    }

    /// Whether `text` is `word`.
    public static func equals(_ text: Span<UInt8>, _ word: String) -> Bool {
        text.count == word.utf8.count && starts(text, with: word)
    }

    /// Whether `byte` is a blank, a tab or a carriage return.
    public static func isBlank(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") || byte == UInt8(ascii: "\r")
    }
}
