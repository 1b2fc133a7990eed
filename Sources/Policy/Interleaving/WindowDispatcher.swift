/// The papers' rule of interleaving (Fulcrum, arXiv 2509.20205): an inference minibatch when b requests wait, then up
/// to tau background minibatches, then nothing until the next one.
///
/// Ours, as the papers have requests arrive evenly: when the oldest request has waited for a window of b/a seconds,
/// those that wait are a minibatch, however few; and an inference minibatch that is ready comes before what is left of
/// the tau.
public struct WindowDispatcher: InterleavingDispatcher {
    private let minibatch: Int
    private let windowSeconds: Double
    private let tau: Int
    private var queue: RequestQueue
    private var left: Int
    private var isRunning = false

    /// For minibatches of `minibatch` requests and `tau` background minibatches in each window. Nil where the minibatch
    /// is not above 0 or does not fit into `capacity`.
    public init?(minibatch: Int, windowSeconds: Double, tau: Int, capacity: Int = 4_096) {
        guard minibatch > 0, minibatch <= capacity, windowSeconds > 0 else { return nil }
        self.minibatch = minibatch
        self.windowSeconds = windowSeconds
        self.tau = max(0, tau)
        queue = RequestQueue(capacity: capacity)
        left = max(0, tau)
    }

    /// A request arrived; false where as many wait as it can hold. O(1).
    public mutating func arrived(at seconds: Double) -> Bool { queue.append(seconds) }

    /// The minibatch that ran has ended.
    public mutating func ended() { isRunning = false }

    /// What to do now. O(1), no allocation.
    public mutating func next(at now: Double, hasBackground: Bool) -> InterleavingDecision {
        if isRunning { return .idle(until: .infinity) }
        let edge = queue.count > 0 ? queue[0] + windowSeconds : .infinity
        if queue.count >= minibatch || now >= edge {
            let taken = min(minibatch, queue.count)
            queue.removeFirst(taken)
            (left, isRunning) = (tau, true)
            return .inference(minibatch: taken)
        }
        if hasBackground, left > 0 {
            (left, isRunning) = (left - 1, true)
            return .background
        }
        return .idle(until: edge)
    }
}
