/// What a feature probe found. Unknown is not no: it is asked again, and is shown as what it is.
public enum FeatureAnswer: Sendable, Equatable {
    /// It works here.
    case available
    /// It does not work here; a sentence that names the reason and the remedy.
    case unavailable(String)
    /// It could not be found out; a sentence that names the reason.
    case unknown(String)

    /// Why it does not work, or is not known; nil where it works.
    public var reason: String? {
        switch self {
        case .available: nil
        case .unavailable(let reason), .unknown(let reason): reason
        }
    }
}
