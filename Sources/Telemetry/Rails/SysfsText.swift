/// The text of sysfs attributes, read without allocating.
public enum SysfsText {
    /// An optional minus, up to 18 digits, at most one newline: what the kernel writes, and nothing else. Where the driver
    /// writes units (kernel 4.9: "1234 ma"), two letters may follow, behind at most one blank. Nil for other text.
    public static func integer(_ text: Span<UInt8>, mayHaveUnit: Bool = false) -> Int? {
        var end = text.count
        if end > 0, text[end - 1] == UInt8(ascii: "\n") { end -= 1 }
        if mayHaveUnit { end = endOfDigits(text, end) }
        guard end > 0 else { return nil }
        let isNegative = text[0] == UInt8(ascii: "-")
        let start = isNegative ? 1 : 0
        guard (1...18).contains(end - start) else { return nil }
        var value = 0
        for index in start..<end {
            let digit = text[index]
            guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(digit) else { return nil }
            value = value * 10 + Int(digit - UInt8(ascii: "0"))
        }
        return isNegative ? -value : value
    }

    /// A number as `integer` reads it, or "yes" or "no" as 1 or 0, with at most one newline.
    public static func flagOrInteger(_ text: Span<UInt8>) -> Int? {
        var end = text.count
        if end > 0, text[end - 1] == UInt8(ascii: "\n") { end -= 1 }
        if end == 3, text[0] == UInt8(ascii: "y"), text[1] == UInt8(ascii: "e"), text[2] == UInt8(ascii: "s") {
            return 1
        }
        if end == 2, text[0] == UInt8(ascii: "n"), text[1] == UInt8(ascii: "o") { return 0 }
        return integer(text)
    }

    /// Where the number ends, if two letters stand behind it; else `end`.
    private static func endOfDigits(_ text: Span<UInt8>, _ end: Int) -> Int {
        guard end > 2 else { return end }
        for index in (end - 2)..<end {
            // Folds upper case onto lower case.
            let letter = text[index] | 0x20
            guard (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(letter) else { return end }
        }
        return text[end - 3] == UInt8(ascii: " ") ? end - 3 : end - 2
    }
}
