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
        let tenths = UInt64(microwatts.magnitude) / 100_000
        return (microwatts < 0 && tenths > 0 ? "-" : "") + decimal(tenths, scale: 1) + " W"
    }

    /// Microwatts as whole milliwatts, without the unit.
    public static func milliwatts(_ microwatts: Int?) -> String {
        microwatts.map { "\($0 / 1_000)" } ?? unmeasured
    }

    /// Microjoules as joules in at most six characters, without the unit.
    public static func joules(_ microjoules: Int?) -> String {
        guard let microjoules else { return unmeasured }
        let millijoules = UInt64(microjoules.magnitude) / 1_000
        let sign = microjoules < 0 && millijoules > 0 ? "-" : ""
        switch millijoules {
        case ..<10_000: return sign + decimal(millijoules / 10, scale: 2)
        case ..<1_000_000: return sign + decimal(millijoules / 100, scale: 1)
        case ..<1_000_000_000: return sign + "\(millijoules / 1_000)"
        default: return sign + decimal(millijoules / 100_000_000, scale: 1) + "M"
        }
    }

    /// Bytes in at most five characters with K, M or G for powers of 1,024.
    public static func bytes(_ bytes: UInt64?) -> String {
        guard let bytes else { return unmeasured }
        switch bytes {
        case ..<1_024: return "\(bytes)"
        case ..<(1_000 << 10): return "\(bytes >> 10)K"
        case ..<(1_000 << 20): return "\(bytes >> 20)M"
        default: return decimal(bytes / (1 << 30) * 10 + bytes % (1 << 30) * 10 / (1 << 30), scale: 1) + "G"
        }
    }

    /// Thousandths as a number with one decimal: per mille as percent need `scale` 1 of themselves.
    public static func tenths(_ value: UInt64?) -> String {
        value.map { decimal($0, scale: 1) } ?? unmeasured
    }
}
