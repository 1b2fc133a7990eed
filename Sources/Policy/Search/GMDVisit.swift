/// One mode on GMD's way, and why it is there.
public struct GMDVisit: Hashable, Sendable, CustomStringConvertible {
    /// Towards higher or lower values of a dimension.
    public enum Direction: Hashable, Sendable {
        /// Towards the highest value.
        case up
        /// Towards the lowest value.
        case down
    }

    /// Why GMD visits a mode.
    public enum Reason: Hashable, Sendable {
        /// The middle of the grid, where each search starts.
        case midpoint
        /// The midpoint with one dimension at its lowest or highest value, to learn that dimension's slope.
        case probe(Dimension, Direction)
        /// The current mode with one dimension bisected, because that dimension has the largest score, in milliseconds per watt.
        case move(Dimension, Direction, millisecondsPerWatt: Double)
    }

    /// The mode visited.
    public let mode: PowerMode
    /// Why.
    public let reason: Reason
    /// What its profile gave; nil while the search waits for it.
    public let observation: TrainingObservation?

    /// One clause for logs and status pages, such as `gpu up, 12.3 ms/W is the steepest`.
    public var description: String {
        switch reason {
        case .midpoint: "midpoint of the grid"
        case .probe(let dimension, let direction):
            "probe of \(dimension) at its \(direction == .up ? "highest" : "lowest")"
        case .move(let dimension, let direction, let score):
            "\(dimension) \(direction), \((score * 1000).rounded() / 1000) ms/W is the steepest"
        }
    }
}
