/// Where a number comes from.
public enum Provenance: String, Sendable {
    /// A sensor or a counter says it.
    case measured
    /// It follows from measurements by arithmetic.
    case derived
    /// It rests on an assumption that no measurement here can check.
    case modelled
}
