/// The text of sysfs attributes, read without allocating.
enum SysfsText {
    /// An optional minus, up to 18 digits, at most one newline: what the kernel writes, and nothing else. Where the driver
    /// writes units (kernel 4.9: "1234 ma"), two letters may follow, behind at most one blank. Nil for other text.
    static func integer(_ text: UnsafeRawBufferPointer, mayHaveUnit: Bool = false) -> Int? {
        var end = text.count
        if end > 0, unsafe text[end - 1] == UInt8(ascii: "\n") { end -= 1 }
        if mayHaveUnit { end = unsafe endOfDigits(text, end) }
        guard end > 0 else { return nil }
        let isNegative = unsafe text[0] == UInt8(ascii: "-")
        let start = isNegative ? 1 : 0
        guard (1...18).contains(end - start) else { return nil }
        var value = 0
        for index in start..<end {
            let digit = unsafe text[index]
            guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(digit) else { return nil }
            value = value * 10 + Int(digit - UInt8(ascii: "0"))
        }
        return isNegative ? -value : value
    }

    /// Where the number ends, if two letters stand behind it; else `end`.
    private static func endOfDigits(_ text: UnsafeRawBufferPointer, _ end: Int) -> Int {
        guard end > 2 else { return end }
        for index in (end - 2)..<end {
            // Folds upper case onto lower case.
            let letter = unsafe text[index] | 0x20
            guard (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(letter) else { return end }
        }
        return unsafe text[end - 3] == UInt8(ascii: " ") ? end - 3 : end - 2
    }
}
