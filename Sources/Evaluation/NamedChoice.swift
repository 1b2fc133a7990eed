public import Policy

/// A choice that the command line spells by name.
public protocol NamedChoice: CaseIterable, RawRepresentable<String>, Sendable {
    /// What an error calls it, such as `strategy`.
    static var noun: String { get }
}

extension NamedChoice {
    /// The choice of that name, or an error that lists the names.
    public init(named name: String) throws(EvaluationError) {
        guard let choice = Self(rawValue: name) else {
            throw EvaluationError(
                "There is no \(Self.noun) \(name.prefix(40).debugDescription). Choose one of: \(Self.names).")
        }
        self = choice
    }

    /// All names, for help and errors.
    public static var names: String { allCases.map(\.rawValue).joined(separator: ", ") }
}

extension Interleaving: NamedChoice {
    /// `way of interleaving`.
    public static var noun: String { "way of interleaving" }
}

extension PairProblem.Objective: NamedChoice {
    /// `objective`.
    public static var noun: String { "objective" }
}
