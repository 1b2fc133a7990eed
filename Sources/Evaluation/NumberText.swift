/// The shortest decimal that reads back as the same double, whole numbers without a point; the same in every locale.
func shortest(_ value: Double) -> String {
    Int(exactly: value).map(String.init) ?? "\(value)"
}

/// `value` with `places` decimals, rounded half away from zero, the same in every locale; for people, not for files.
func fixed(_ value: Double, _ places: Int) -> String {
    let scale = (0..<places).reduce(1) { power, _ in power * 10 }
    guard let scaled = Int(exactly: (value.magnitude * Double(scale)).rounded()) else { return "\(value)" }
    let sign = value < 0 && scaled > 0 ? "-" : ""
    guard places > 0 else { return "\(sign)\(scaled)" }
    let fraction = String(scaled % scale)
    return "\(sign)\(scaled / scale)." + String(repeating: "0", count: places - fraction.count) + fraction
}
