/// Samples of one figure, in the order of their size.
struct Distribution {
    private let sorted: [Double]

    /// Nil without samples.
    init?(_ samples: [Double]) {
        if samples.isEmpty { return nil }
        sorted = samples.sorted()
    }

    var count: Int { sorted.count }
    var minimum: Double { sorted[0] }
    var maximum: Double { sorted[sorted.count - 1] }
    var median: Double { quantile(0.5) }

    /// The sample below which the share `q` of all lies (nearest rank).
    func quantile(_ q: Double) -> Double {
        sorted[min(sorted.count - 1, Int(Double(sorted.count) * q))]
    }
}

/// Three significant digits, and no exponent.
func number(_ value: Double) -> String {
    guard value.isFinite else { return "-" }
    var digits = 2
    var bound = 10.0
    while digits > 0, abs(value) >= bound {
        digits -= 1
        bound *= 10
    }
    var small = abs(value)
    while small > 0, small < 1, digits < 6 {
        digits += 1
        small *= 10
    }
    return fixed(value, digits)
}

/// `value` with `digits` digits after the point.
func fixed(_ value: Double, _ digits: Int) -> String {
    var scale = 1.0
    for _ in 0..<digits { scale *= 10 }
    guard let scaled = Int(exactly: (abs(value) * scale).rounded()) else { return "-" }
    let sign = value < 0 && scaled > 0 ? "-" : ""
    let text = String(scaled)
    if digits == 0 { return sign + text }
    let padded = String(repeating: "0", count: max(0, digits + 1 - text.count)) + text
    return sign + padded.dropLast(digits) + "." + padded.suffix(digits)
}
