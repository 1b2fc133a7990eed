/// Numbers with units for people, exact in their last digit and independent of any locale.
public enum QuantityText {
    /// What a value that nobody measured looks like.
    public static let unmeasured = "-"

    /// `value` / 10^`scale` with `scale` decimals.
    public static func decimal(_ value: UInt64, scale: Int) -> String {
        guard scale > 0 else { return "\(value)" }
        let digits = String(value)
        let padded = String(repeating: "0", count: max(0, scale + 1 - digits.count)) + digits
        return padded.dropLast(scale) + "." + padded.suffix(scale)
    }

    /// Microwatts as `12.3 W`.
    public static func watts(_ microwatts: Int?) -> String {
        guard let microwatts else { return unmeasured }
        let tenths = rounded(microwatts, to: 100_000)
        return (microwatts < 0 && tenths > 0 ? "-" : "") + decimal(tenths, scale: 1) + " W"
    }

    /// Microwatts as whole milliwatts, without the unit.
    public static func milliwatts(_ microwatts: Int?) -> String {
        microwatts.map { ($0 <= -500 ? "-" : "") + "\(rounded($0, to: 1_000))" } ?? unmeasured
    }

    /// Microjoules as joules in at most six characters, without the unit.
    public static func joules(_ microjoules: Int?) -> String {
        guard let microjoules else { return unmeasured }
        let sign = microjoules < 0 ? "-" : ""
        switch microjoules.magnitude {
        case ..<9_995_000: return sign + decimal(rounded(microjoules, to: 10_000), scale: 2)
        case ..<999_950_000: return sign + decimal(rounded(microjoules, to: 100_000), scale: 1)
        case ..<999_999_500_000: return sign + "\(rounded(microjoules, to: 1_000_000))"
        default: return sign + decimal(rounded(microjoules, to: 100_000_000_000), scale: 1) + "M"
        }
    }

    /// The magnitude of `value` in units of `unit`, half of one rounded up.
    private static func rounded(_ value: Int, to unit: UInt) -> UInt64 {
        let (whole, rest) = value.magnitude.quotientAndRemainder(dividingBy: unit)
        return UInt64(whole) + (rest >= unit - unit / 2 ? 1 : 0)
    }

    /// Bytes in at most five characters with K, M or G for powers of 1,024.
    public static func bytes(_ bytes: Int?) -> String {
        guard let bytes, let bytes = UInt64(exactly: bytes) else { return unmeasured }
        switch bytes {
        case ..<1_024: return "\(bytes)"
        case ..<(1_000 << 10): return "\(bytes >> 10)K"
        case ..<(1_000 << 20): return "\(bytes >> 20)M"
        default: return decimal(bytes / (1 << 30) * 10 + bytes % (1 << 30) * 10 / (1 << 30), scale: 1) + "G"
        }
    }

    /// A number with one decimal, from 1,000 on with none.
    public static func tenths(_ value: Double?) -> String {
        guard let value, value >= 0, let tenths = UInt64(exactly: (value * 10).rounded()) else { return unmeasured }
        return tenths < 10_000 ? decimal(tenths, scale: 1) : "\(tenths / 10)"
    }

    /// Thousandths of a degree as `45.2 C`.
    public static func celsius(_ millicelsius: Int?) -> String {
        guard let millicelsius else { return unmeasured }
        let tenths = rounded(millicelsius, to: 100)
        return (millicelsius < 0 && tenths > 0 ? "-" : "") + decimal(tenths, scale: 1) + " C"
    }
}
