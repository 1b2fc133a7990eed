/// The values of one swept quantity, written `LOW..HIGH/STEP` or as a single number: `10..50/1`, `17.5`, `0.5..2/0.1`.
public struct Axis: Hashable, Sendable {
    /// More values than this are refused.
    public static let valueLimit = 100_000

    /// The values, ascending, at least one; each is the double nearest to its decimal number.
    public let values: [Double]

    /// Parses `text`; `name` is what the error calls the axis. HIGH is part of the axis where the step meets it.
    public init(parsing text: String, name: String) throws(EvaluationError) {
        let syntax = "Write \(name) as LOW..HIGH/STEP, such as 10..50/1, or as one number."
        func parse(_ part: Substring, _ what: String) throws(EvaluationError) -> Decimal {
            guard let decimal = Decimal(part) else {
                throw EvaluationError(
                    "The \(what) of \(name), \(part.prefix(40).debugDescription), is not a number of up to 15 digits. \(syntax)"
                )
            }
            return decimal
        }

        guard let dots = Self.rangeSeparator(in: text) else {
            values = [try parse(text[...], "value").value]
            return
        }
        let upper = text[text.index(dots, offsetBy: 2)...]
        guard let slash = upper.firstIndex(of: "/") else {
            throw EvaluationError("\(text.prefix(40).debugDescription) has no step. \(syntax)")
        }
        let low = try parse(text[..<dots], "lower end")
        let high = try parse(upper[..<slash], "upper end")
        let step = try parse(upper[upper.index(after: slash)...], "step")

        // Whole multiples of the finest decimal place: 0.1 added up twenty times is not 2.
        let scale = max(low.fractionDigits, high.fractionDigits, step.fractionDigits)
        guard let first = low.scaled(to: scale), let last = high.scaled(to: scale), let stride = step.scaled(to: scale)
        else {
            throw EvaluationError("The numbers of \(name) have too many digits between them. \(syntax)")
        }
        guard stride > 0 else { throw EvaluationError("The step of \(name) is 0. \(syntax)") }
        guard first <= last else {
            throw EvaluationError("The lower end of \(name) is above its upper end. \(syntax)")
        }
        guard (last - first) / stride < Self.valueLimit else {
            throw EvaluationError(
                "\(name) has \((last - first) / stride + 1) values; \(Self.valueLimit) are the most allowed. Take a larger step."
            )
        }
        values = Swift.stride(from: first, through: last, by: stride).map {
            Decimal(digits: $0, fractionDigits: scale).value
        }
    }

    private static func rangeSeparator(in text: String) -> String.Index? {
        text.indices.first { text[$0...].hasPrefix("..") }
    }
}

/// A decimal number without sign or exponent: digits / 10^fractionDigits.
private struct Decimal {
    let digits: Int
    let fractionDigits: Int

    init(digits: Int, fractionDigits: Int) {
        self.digits = digits
        self.fractionDigits = fractionDigits
    }

    init?(_ text: Substring) {
        let parts = text.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        let fraction = parts.count == 2 ? parts[1] : ""
        let spelled = parts.joined()
        guard spelled.utf8.count <= 15, parts.allSatisfy({ !$0.isEmpty }),
            spelled.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }),
            let digits = Int(spelled)
        else { return nil }
        self.init(digits: digits, fractionDigits: fraction.utf8.count)
    }

    /// The nearest double: digits and the power of ten are exact below 2^53 and 10^22, so one division rounds once.
    var value: Double {
        Double(digits) / (0..<fractionDigits).reduce(1.0) { power, _ in power * 10 }
    }

    /// The digits of the same number with `scale` fraction digits; nil above 10^15, where doubles are no longer exact.
    func scaled(to scale: Int) -> Int? {
        var scaled = digits
        for _ in fractionDigits..<scale {
            let (product, overflowed) = scaled.multipliedReportingOverflow(by: 10)
            guard !overflowed else { return nil }
            scaled = product
        }
        return scaled <= 1_000_000_000_000_000 ? scaled : nil
    }
}
