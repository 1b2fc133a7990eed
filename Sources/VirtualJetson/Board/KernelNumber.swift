import VirtualFiles

/// Numbers as kernel attributes read them.
enum KernelNumber {
    /// As `sscanf(text, "%lu")`: leading white space and trailing rubbish are let pass, a sign is not. EINVAL otherwise.
    static func leadingUnsigned(_ text: String) throws(Rejection) -> Int {
        let digits = text.utf8.drop { $0 == 0x20 || (0x09...0x0d).contains($0) }.prefix { (0x30...0x39).contains($0) }
        guard !digits.isEmpty else { throw Rejection("expected a number, got \"\(text.prefix(40))\"") }
        // A number past the range saturates here; each caller bounds it.
        return Int(String(decoding: digits, as: UTF8.self)) ?? Int.max
    }

    /// As kstrtouint: the whole text is the number. EINVAL otherwise.
    static func whole(_ text: String) throws(Rejection) -> Int {
        guard let value = Int(text), value >= 0 else {
            throw Rejection("expected a number, got \"\(text.prefix(40))\"")
        }
        return value
    }

    /// CPUs as the kernel lists them: `0-3,6`.
    static func list(_ numbers: [Int]) -> String {
        var ranges: [ClosedRange<Int>] = []
        for number in numbers.sorted() {
            if let last = ranges.last, last.upperBound + 1 == number {
                ranges[ranges.count - 1] = last.lowerBound...number
            } else {
                ranges.append(number...number)
            }
        }
        return ranges.map { $0.count == 1 ? "\($0.lowerBound)" : "\($0.lowerBound)-\($0.upperBound)" }
            .joined(separator: ",")
    }
}
