/// Decimal numbers read straight from bytes: a table of a million rows has millions of fields, too many for a String each.
enum DecimalNumber {
    /// The integer that `field` spells with nothing but ASCII digits; nil for anything else and where it does not fit.
    static func integer(_ field: ArraySlice<UInt8>) -> Int? {
        guard !field.isEmpty else { return nil }
        var value = 0
        for byte in field {
            guard let digit = digit(byte) else { return nil }
            let (product, overflowed) = value.multipliedReportingOverflow(by: 10)
            let (sum, carried) = product.addingReportingOverflow(digit)
            guard !overflowed, !carried else { return nil }
            value = sum
        }
        return value
    }

    /// The double nearest to the decimal number that `field` spells (`-12.5`, `1e3`), rounded as IEEE 754 asks; nil where it
    /// spells none. The words nan and inf are not numbers here, but an exponent can still overflow to infinity.
    static func double(_ field: ArraySlice<UInt8>) -> Double? {
        var rest = field
        let isNegative = rest.first == UInt8(ascii: "-")
        if isNegative || rest.first == UInt8(ascii: "+") { rest.removeFirst() }

        var digits = 0
        var significantDigits = 0
        var fractionDigits = 0
        var mantissa: UInt64 = 0
        var seenPoint = false
        while let byte = rest.first {
            if byte == UInt8(ascii: "."), !seenPoint {
                seenPoint = true
            } else if let digit = digit(byte) {
                digits += 1
                if seenPoint { fractionDigits += 1 }
                if digit != 0 || significantDigits > 0 { significantDigits += 1 }
                mantissa = mantissa &* 10 &+ UInt64(digit)
            } else {
                break
            }
            rest.removeFirst()
        }
        // `16.` is what is left of a number that was cut.
        guard digits > 0, !seenPoint || fractionDigits > 0 else { return nil }
        // 19 digits are what a UInt64 always holds; measured tables have 17 at most.
        guard rest.isEmpty, significantDigits <= 19, fractionDigits <= 19 else {
            return isExponent(rest) ? Double(String(decoding: field, as: UTF8.self)) : nil
        }
        let magnitude = quotient(mantissa, powersOfTen[fractionDigits])
        return isNegative ? -magnitude : magnitude
    }

    private static func digit(_ byte: UInt8) -> Int? {
        let value = byte &- UInt8(ascii: "0")
        return value <= 9 ? Int(value) : nil
    }

    /// Whether `text` is empty or an exponent such as `e-7`.
    private static func isExponent(_ text: ArraySlice<UInt8>) -> Bool {
        guard let mark = text.first else { return true }
        guard mark | 0x20 == UInt8(ascii: "e") else { return false }
        var number = text.dropFirst()
        if number.first == UInt8(ascii: "-") || number.first == UInt8(ascii: "+") { number.removeFirst() }
        return !number.isEmpty && number.allSatisfy { digit($0) != nil }
    }

    /// dividend / divisor, correctly rounded, for a divisor up to 10^19.
    private static func quotient(_ dividend: UInt64, _ divisor: UInt64) -> Double {
        guard dividend > 0 else { return 0 }
        // Shifted to the top of 128 bits, the quotient has at least 63 bits: ten more than a double keeps. What lies below
        // them only matters as zero or not, so one sticky bit stands for it.
        let shift = 64 + dividend.leadingZeroBitCount
        let (whole, remainder) = (UInt128(dividend) << shift).quotientAndRemainder(dividingBy: UInt128(divisor))
        let excess = max(0, 64 - whole.leadingZeroBitCount)
        let top = UInt64(truncatingIfNeeded: whole >> excess)
        let isInexact = remainder != 0 || (UInt128(top) << excess) != whole
        return Double(sign: .plus, exponent: excess - shift, significand: Double(top | (isInexact ? 1 : 0)))
    }

    private static let powersOfTen: [UInt64] = {
        var powers: [UInt64] = [1]
        for _ in 1...19 { powers.append(powers[powers.count - 1] &* 10) }
        return powers
    }()
}
