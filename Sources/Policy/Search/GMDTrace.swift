extension GMD {
    /// The way of one search as far as its observations lead.
    public struct Trace<Observation: Policy.Observation>: Hashable, Sendable {
        /// The visits in order. A point can be visited again, which costs nothing. If the search waits for a profile, the last
        /// one is of that point and has no observation.
        public let visits: [Visit<Observation>]
        /// The answer of a search that is over; nil before, and where it found nothing.
        public let answer: Observation?

        /// What the search wants next.
        var step: SearchStep<Observation> {
            if let last = visits.last, last.observation == nil { return .profile(last.point) }
            return .answer(answer)
        }
    }
}
