/// GMD, gradient-guided multi-dimensional bisection (Fulcrum, arXiv 2509.20205, strategy GMD): measure the middle of the grid and
/// one end of each dimension, then bisect again and again the dimension in which time changes most per watt, upwards while
/// below the budget and downwards otherwise.
///
/// `Train`, `Infer` and `Pair` share that walk and differ in whose time and power make the scores, and in what follows it.
///
/// Differs from the paper in: the published description leaves lists of other lengths than 3 and 7 open. Here the middle of
/// a list is its element floor((n - 1) / 2), and a dimension whose list runs empty, or whose next value is the current one, is
/// exhausted without a profile and without counting as a move. On the paper's grid neither can occur, and answers and counters
/// equal the authors' result tables.
public enum GMD {
    /// The most moves after the probes; the authors' limit.
    public static let moveLimit = 14
    /// The most modes that one walk profiles: the midpoint, one probe per dimension, and the moves.
    public static let walkLimit = 1 + Dimension.allCases.count + moveLimit

    /// Towards higher or lower values of a dimension.
    public enum Direction: Hashable, Sendable {
        /// Towards the highest value.
        case up
        /// Towards the lowest value.
        case down
    }
}
