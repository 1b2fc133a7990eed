/// What the GPU does next.
public enum InterleavingDecision: Hashable, Sendable {
    /// One inference minibatch of the oldest `minibatch` requests that wait.
    case inference(minibatch: Int)
    /// One background minibatch.
    case background
    /// Nothing until this time (seconds, infinity for none) or the next event, whichever is first.
    case idle(until: Double)
}

/// Decides whose turn the GPU is. It has no clock: times are passed in, seconds on one clock of the caller's that never
/// goes back.
///
/// Each event is told when it happens; `next` is asked when the GPU is free: after `ended`, after an arrival, at the
/// time that `idle` named, and when background work comes or goes. A decision is carried out at once, without asking
/// again: the requests of an inference minibatch count as taken.
public protocol InterleavingDispatcher: Sendable {
    /// A request arrived. False where so many wait that it is not taken: it is the caller's to refuse or to hold back.
    mutating func arrived(at seconds: Double) -> Bool

    /// The minibatch that ran has ended.
    mutating func ended()

    /// What to do now; `idle` while a minibatch runs. `hasBackground` tells whether background work is there to run.
    mutating func next(at now: Double, hasBackground: Bool) -> InterleavingDecision
}
