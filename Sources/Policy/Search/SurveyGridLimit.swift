/// Surveys that predict all points of a grid keep a few numbers for each, and a table of a thousand values per axis, few of which
/// were measured together, makes a grid of 10^12.
enum SurveyGridLimit {
    /// The most points.
    static let points = 1 << 20

    /// Why a grid of `count` points is not surveyed; nil where it can be.
    static func refusal(of count: Int) -> String? {
        guard count > points else { return nil }
        return
            "The grid has \(count == .max ? "more points than can be counted" : "\(count) points"), and a survey decides about "
            + "\(points) at most. Leave out values of the knobs, or minibatch sizes."
    }
}
