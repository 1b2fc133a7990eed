extension GMD {
    /// One point on GMD's way, and why it is there.
    public struct Visit<Observation: Policy.Observation>: Hashable, Sendable, CustomStringConvertible {
        /// The point visited.
        public let point: Observation.Point
        /// Why.
        public let reason: Reason
        /// What its profile gave; nil while the search waits for it.
        public let observation: Observation?

        /// One clause for logs and status pages, such as `gpu up, 12.3 ms/W is the steepest`.
        public var description: String { reason.description }
    }

    /// Why GMD visits a point.
    public enum Reason: Hashable, Sendable, CustomStringConvertible {
        /// Pair: the highest mode, to find the largest minibatch that it can serve in time.
        case startSize(minibatch: Int)
        /// The middle of the grid, where each walk starts.
        case midpoint
        /// The midpoint with one dimension at its lowest or highest value, to learn that dimension's slope.
        case probe(Dimension, Direction)
        /// The current mode with one dimension bisected, because that dimension has the largest score, in milliseconds per
        /// watt.
        case move(Dimension, Direction, millisecondsPerWatt: Double)
        /// Infer: a mode of the walk that answers in time but too few requests, at the next minibatch size.
        case largerMinibatch(Int)
        /// Pair: a mode of the walk, none of which was feasible, at a smaller minibatch size.
        case smallerMinibatch(Int)

        /// Whether the visit belongs to the walk through the modes, at one minibatch size.
        public var isOfWalk: Bool {
            switch self {
            case .midpoint, .probe, .move: true
            case .startSize, .largerMinibatch, .smallerMinibatch: false
            }
        }

        /// One clause for logs and status pages.
        public var description: String {
            switch self {
            case .startSize(let minibatch): "highest mode, whether it serves minibatches of \(minibatch)"
            case .midpoint: "midpoint of the grid"
            case .probe(let dimension, let direction):
                "probe of \(dimension) at its \(direction == .up ? "highest" : "lowest")"
            case .move(let dimension, let direction, let score):
                "\(dimension) \(direction), \((score * 1000).rounded() / 1000) ms/W is the steepest"
            case .largerMinibatch(let minibatch): "too few requests served, minibatches of \(minibatch) instead"
            case .smallerMinibatch(let minibatch): "nothing visited is feasible, minibatches of \(minibatch) instead"
            }
        }
    }
}
