/// Interleaves by the slack of the requests that wait: a background minibatch starts whenever, by the bounds of the
/// minibatches' times, all requests can still be answered in time after it; otherwise a full inference minibatch runs
/// as soon as there is one, and a smaller one when its oldest request cannot wait any longer. At uniform arrivals that
/// is the rule of `SlackWindows`, which no other beats.
///
/// Notation: U the bound of what an inference minibatch keeps the GPU, v <= U that of when it answers, d the bound of a
/// background minibatch (a wake-up that comes late, and switches of modes, are part of them), L the latency budget, b
/// the minibatch, w = b/a. At a time t the GPU is free, q requests wait; A(i) is the arrival of the i-th of them, from
/// 0. A background minibatch starts if
///
/// 1. t + d + j U + v <= A(j b) + L for each j b < q: served one after another from its end, all that wait are in time;
///    and
/// 2. with `uniform` arrivals, the same for j b the first one at or after q, whose arrival is at the earliest 1/a after
///    the last (and not before t); with `bursts`, q + R <= b K, K = floor((L - d - v) / U) + 1: R more, all at t, are
///    still in time.
///
/// **What is guaranteed while no minibatch takes longer than its bound.** Let r be the first request that is late, z
/// the last time before its turn at which the GPU was given to the background or left idle, and M the number of
/// inference minibatches from then on, with its own. Between them the GPU is neither idle nor given away, so all but
/// the first and r's own are full.
///
/// * *After a background minibatch*, r is answered by z + d + (M - 1) U + v. Had r waited at z, rule 1 would have it in
///   time. So it came y > 0 after z, among at least (M - 1) b + 1 - q that came since, and (M - 1) U > L + y - d - v.
/// * *After idle time*, there were less than b requests until then. A first minibatch that is not full starts when its
///   oldest request has exactly v left, so r is not in it; at least (M - 2) b + 1 came within y after z, r the last,
///   and (M - 1) U > L + y - v.
///
/// (a) *Arrivals no closer than 1/a, with L >= w + v and U <= w: no request is late, ever.* In the first case, as the
/// requests to come are 1/a apart, rule 2 has the first one of each minibatch that is not yet begun in time: each comes
/// w after the one before and takes U <= w. In the second case y >= (M - 2) w, so (M - 1) U > L - v + (M - 2) w >= (M -
/// 1) w.
///
/// (b) *Any arrivals: a request is late only if more than R' + b floor(y / U) requests, it among them, arrived in the y
/// before it for some y*, with R' = min(R, b floor((L - v) / U)), `toleratedBurst`. In the first case M >= K + 1 +
/// floor(y / U), so more than b K - q + b floor(y / U) came, and b K - q >= R. In the second case M >= floor((L - v) /
/// U) + 2 + floor(y / U). `BurstMargin` counts such requests as they come: the share that is late is at most the share
/// of those beyond R', plus those that a minibatch beyond its bound makes late; see `JitterMargin` for how rare that
/// is.
public struct SlackDispatcher: InterleavingDispatcher {
    /// Bounds of the minibatches' times.
    public struct Bounds: Hashable, Sendable {
        /// U: how long an inference minibatch of the full size, or smaller, keeps the GPU at most, seconds.
        public var inferenceSeconds: Double
        /// v: after how long its requests are answered at most, seconds; at most U.
        public var answerSeconds: Double
        /// d: how long a background minibatch takes at most, seconds.
        public var backgroundSeconds: Double
        /// What d is longer by right after an inference minibatch: a switch of modes, seconds. U has room for it too.
        public var switchSeconds: Double

        /// Makes bounds; without `answerSeconds` requests are answered when the minibatch ends.
        public init(
            inferenceSeconds: Double, answerSeconds: Double? = nil, backgroundSeconds: Double, switchSeconds: Double = 0
        ) {
            self.inferenceSeconds = inferenceSeconds
            self.switchSeconds = switchSeconds
            self.answerSeconds = answerSeconds ?? inferenceSeconds
            self.backgroundSeconds = backgroundSeconds
        }
    }

    /// Which requests are expected besides those that wait.
    public enum Arrivals: Hashable, Sendable {
        /// No two closer than 1 / `ratePerSecond`.
        case uniform(ratePerSecond: Double)
        /// Up to `reserve` (at least 1) at once, at any time: a quantile of the bursts that `BurstMargin` saw.
        case bursts(reserve: Int)
    }

    /// Requests per inference minibatch, b.
    public let minibatch: Int
    /// The latency budget of a request, queueing included, L, seconds.
    public let latencySeconds: Double
    /// What is planned for besides the requests that wait; may change at any time.
    public var arrivals: Arrivals
    /// The bounds of the minibatches' times; may change at any time.
    public var bounds: Bounds
    private var queue: RequestQueue
    private var lastArrival = -Double.infinity
    private var isRunning = false
    private var ranInference = false

    /// Plans for minibatches of `minibatch` requests. Holds up to `capacity` requests. Nil where the minibatch does not
    /// fit into it, or a time is not a number above 0.
    public init?(
        minibatch: Int, latencySeconds: Double, arrivals: Arrivals, bounds: Bounds, capacity: Int = 4_096
    ) {
        guard minibatch > 0, minibatch <= capacity, latencySeconds > 0, bounds.inferenceSeconds > 0,
            bounds.answerSeconds > 0, bounds.answerSeconds <= bounds.inferenceSeconds, bounds.backgroundSeconds > 0,
            bounds.switchSeconds >= 0
        else { return nil }
        self.minibatch = minibatch
        self.latencySeconds = latencySeconds
        self.arrivals = arrivals
        self.bounds = bounds
        queue = RequestQueue(capacity: capacity)
    }

    /// The burst up to which a request is in time, requests: R' above. Nil with `uniform` arrivals.
    public var toleratedBurst: Int? {
        guard case .bursts(let reserve) = arrivals else { return nil }
        return max(
            0,
            min(
                max(1, reserve),
                Self.whole(
                    Double(minibatch)
                        * ((latencySeconds - bounds.answerSeconds) / bounds.inferenceSeconds).rounded(.down))))
    }

    /// Whether no request is late at uniform arrivals: L >= b/a + v and U <= b/a. Nil with `bursts`.
    public var isKeptAtUniformArrivals: Bool? {
        guard case .uniform(let rate) = arrivals else { return nil }
        let window = Double(minibatch) / rate
        return window + bounds.answerSeconds <= latencySeconds && bounds.inferenceSeconds <= window
    }

    /// The largest reserve with which a background minibatch can still start while nothing waits, requests.
    public var largestReserve: Int { servedInTime }

    /// The requests that wait.
    public var waiting: Int { queue.count }

    /// A request arrived; false where as many wait as it can hold, or the time is not a number. O(1), no allocation.
    public mutating func arrived(at seconds: Double) -> Bool {
        guard seconds.isFinite, queue.append(seconds) else { return false }
        lastArrival = seconds
        return true
    }

    /// The minibatch that ran has ended.
    public mutating func ended() { isRunning = false }

    /// What to do now. O(waiting / b), no allocation.
    public mutating func next(at now: Double, hasBackground: Bool) -> InterleavingDecision {
        if isRunning { return .idle(until: .infinity) }
        if hasBackground, mayRunBackground(from: now) {
            (isRunning, ranInference) = (true, false)
            return .background
        }
        guard queue.count > 0 else { return .idle(until: .infinity) }
        let latestStart = queue[0] + latencySeconds - bounds.answerSeconds
        guard queue.count >= minibatch || now >= latestStart else { return .idle(until: latestStart) }
        let taken = min(minibatch, queue.count)
        queue.removeFirst(taken)
        (isRunning, ranInference) = (true, true)
        return .inference(minibatch: taken)
    }

    private func mayRunBackground(from now: Double) -> Bool {
        let end = now + nextBackgroundSeconds
        var (first, answered) = (0, end + bounds.answerSeconds)
        while first < queue.count {
            guard answered <= queue[first] + latencySeconds else { return false }
            first += minibatch
            answered += bounds.inferenceSeconds
        }
        switch arrivals {
        case .uniform(let rate):
            let arrival = max(now, lastArrival + Double(first - queue.count + 1) / rate)
            return answered <= arrival + latencySeconds
        case .bursts(let reserve):
            return max(1, reserve) <= servedInTime - queue.count
        }
    }

    /// d, of a background minibatch that is next.
    private var nextBackgroundSeconds: Double {
        bounds.backgroundSeconds + (ranInference ? bounds.switchSeconds : 0)
    }

    /// b K: requests that could all arrive as a background minibatch starts and be answered in time after it.
    private var servedInTime: Int {
        let left = latencySeconds - nextBackgroundSeconds - bounds.answerSeconds
        guard left >= 0 else { return 0 }
        return Self.whole(Double(minibatch) * ((left / bounds.inferenceSeconds).rounded(.down) + 1))
    }

    private static func whole(_ count: Double) -> Int { Int(exactly: count) ?? (count > 0 ? Int.max : 0) }
}
