/// How many requests a dispatcher has to be ready for at once, learned from the arrivals themselves.
///
/// The burst of request r is max over y >= 0 of N(y) - b floor(y / u): N(y) requests, r among them, arrived in the last
/// y before it, of which a GPU that serves nothing else (minibatches of b in u) has begun b floor(y / u).
/// `SlackDispatcher` with a reserve R answers each request in time whose burst is at most R, so the share of requests
/// with a larger burst bounds the share that is late: a reserve at the 99 % quantile of the bursts answers at least 99
/// % in time.
public struct BurstMargin: Sendable {
    /// A reserve and what it rests on.
    public struct Reserve: Hashable, Sendable {
        /// Requests.
        public let requests: Int
        /// The arrivals that it was learned from.
        public let samples: Int
        /// The share of them whose burst is within it, by their order statistic: k / (n + 1).
        public let coverage: Double
    }

    /// Requests per inference minibatch.
    public let minibatch: Int
    /// The time that an inference minibatch keeps the GPU at most, seconds.
    public let inferenceSeconds: Double
    private var arrivals: [Double]
    private var bursts: [Int]
    private var count = 0
    private var next = 0

    /// Learns from the last `capacity` arrivals. For the burst of one of them it looks back over as many; what was
    /// longer ago does not count, so the capacity should hold several seconds of requests. Nil where minibatch or time
    /// is not above 0.
    public init?(minibatch: Int, inferenceSeconds: Double, capacity: Int = 4_096) {
        guard minibatch > 0, inferenceSeconds > 0, inferenceSeconds.isFinite else { return nil }
        self.minibatch = minibatch
        self.inferenceSeconds = inferenceSeconds
        let capacity = min(max(capacity, 1), 1 << 20)
        arrivals = Array(repeating: 0, count: capacity)
        bursts = Array(repeating: 0, count: capacity)
    }

    /// Takes an arrival, seconds on the caller's clock, and returns its burst; nil, and not taken, where the time is no
    /// number or before the last one. No allocation; O(requests looked back over), which ends where the burst can only
    /// be smaller.
    @discardableResult public mutating func record(at seconds: Double) -> Int? {
        guard seconds.isFinite else { return nil }
        if count > 0, seconds < arrivals[index(back: 1)] { return nil }
        var burst = 1
        var back = 1
        while back <= count {
            let place = index(back: back)
            let served = ((seconds - arrivals[place]) / inferenceSeconds).rounded(.down) * Double(minibatch)
            burst = max(burst, Int(max(0, Double(back + 1) - served)))
            // One that reaches further back is at most that request's own burst and those since, less what is served
            // since, as floor(x + y) >= floor(x) + floor(y).
            if Double(bursts[place] + back) - served <= Double(burst) { break }
            back += 1
        }
        arrivals[next] = seconds
        bursts[next] = burst
        next = (next + 1) % arrivals.count
        count = min(count + 1, arrivals.count)
        return burst
    }

    /// Takes the arrivals of `process` up to `seconds`. O(arrivals) and what `record` says of each.
    public mutating func record(_ process: ArrivalProcess, seconds: Double, using generator: inout SeededGenerator) {
        var sequence = ArrivalSequence(process)
        while let arrival = sequence.next(using: &generator), arrival < seconds { record(at: arrival) }
    }

    /// The smallest number of requests that the bursts of at least the share `coverage` (0..<1) of the arrivals keep
    /// to; the largest burst where there are too few to tell. Nil before the first. O(n log n).
    public func reserve(coverage: Double) -> Reserve? {
        guard count > 0, (0..<1).contains(coverage) else { return nil }
        let sorted = bursts[..<count].sorted()
        let rank = min(max(Int((coverage * Double(count + 1) - 1e-9).rounded(.up)), 1), count)
        return Reserve(requests: sorted[rank - 1], samples: count, coverage: Double(rank) / Double(count + 1))
    }

    private func index(back: Int) -> Int { (next - back + arrivals.count) % arrivals.count }
}
