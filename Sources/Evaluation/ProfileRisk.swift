/// The chance of exceeding the power budget that a search may take with a profile, in the mean: `--risk`.
public enum ProfileRisk: Hashable, Sendable {
    /// At most this share of the profiles, as the search sees it.
    case bounded(Double)
    /// As many as there are worth it.
    case off

    /// One in twenty.
    public static let standard = ProfileRisk.bounded(0.05)

    /// Reads a share such as `0.05`, or `off`.
    public init(parsing text: String) throws(EvaluationError) {
        if text == "off" {
            self = .off
            return
        }
        guard let share = try? PositiveNumber.parse(text, name: "--risk"), share < 1 else {
            throw EvaluationError(
                "--risk is \(text.prefix(40).debugDescription); a share of the profiles above 0 and below 1 was expected, or off."
            )
        }
        self = .bounded(share)
    }

    var share: Double? {
        switch self {
        case .bounded(let share): share
        case .off: nil
        }
    }
}
