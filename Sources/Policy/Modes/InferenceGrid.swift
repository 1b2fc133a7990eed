/// The points that a search of an inference, or of a pair, may use: power modes and minibatch sizes.
public struct InferenceGrid: Hashable, Sendable {
    /// The power modes.
    public let modes: ModeGrid
    /// Requests per inference minibatch, ascending.
    public let minibatches: [Int]

    /// Sorts the sizes and drops repeats. Nil if there is none or one is below 1.
    public init?(modes: ModeGrid, minibatches: [Int]) {
        guard !minibatches.isEmpty, minibatches.allSatisfy({ $0 > 0 }) else { return nil }
        self.modes = modes
        self.minibatches = Set(minibatches).sorted()
    }

    /// Number of points; Int.max where there are more.
    public var count: Int { saturatingProduct(modes.count, minibatches.count) }
}
