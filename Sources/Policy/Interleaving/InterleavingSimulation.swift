/// Plays a dispatcher against arrivals and minibatch times, event by event. The same for the same generator; memory
/// does not grow with the time simulated.
public struct InterleavingSimulation: Sendable {
    /// When requests arrive.
    public var arrivals: ArrivalProcess
    /// How long an inference minibatch takes, of whatever size.
    public var inference: MinibatchTimes
    /// How long a background minibatch takes.
    public var background: MinibatchTimes
    /// The latency budget of a request, seconds.
    public var latencySeconds: Double
    /// Requests are let in for so long, seconds; those that wait then are still served.
    public var durationSeconds: Double
    /// How long the GPU is idle where an inference minibatch follows a background one, or one of those an inference
    /// one: a switch of power modes. Seconds.
    public var switchSeconds: Double
    /// A longer inference minibatch counts as one beyond its bound, seconds.
    public var inferenceBoundSeconds = Double.infinity
    /// The same of a background minibatch.
    public var backgroundBoundSeconds = Double.infinity

    /// Prepares a simulation.
    public init(
        arrivals: ArrivalProcess, inference: MinibatchTimes, background: MinibatchTimes, latencySeconds: Double,
        durationSeconds: Double, switchSeconds: Double = 0
    ) {
        self.arrivals = arrivals
        self.inference = inference
        self.background = background
        self.latencySeconds = latencySeconds
        self.durationSeconds = durationSeconds
        self.switchSeconds = switchSeconds
    }

    /// A request that was answered late.
    public struct Lateness: Hashable, Sendable {
        /// When it arrived, seconds from the start.
        public let arrivalSeconds: Double
        /// When it was answered.
        public let answerSeconds: Double
    }

    /// What came of it.
    public struct Result: Hashable, Sendable {
        /// From the start until the last request was answered, at least the duration asked for, seconds.
        public fileprivate(set) var seconds = 0.0
        /// Background minibatches that ended.
        public fileprivate(set) var backgroundMinibatches = 0
        /// Inference minibatches that ended, the smaller ones among them.
        public fileprivate(set) var inferenceMinibatches = 0
        /// Inference minibatches of fewer requests than the largest one.
        public fileprivate(set) var partialMinibatches = 0
        /// Requests that were answered.
        public fileprivate(set) var requests = 0
        /// Those of them that were answered late, by more than a nanosecond.
        public fileprivate(set) var lateRequests = 0
        /// Requests that the dispatcher had no room for.
        public fileprivate(set) var refusedRequests = 0
        /// Minibatches of either kind that took longer than their bound.
        public fileprivate(set) var minibatchesBeyondBound = 0
        /// Switches between background and inference.
        public fileprivate(set) var switches = 0
        /// Time in which the GPU did nothing, switches not among it, seconds.
        public fileprivate(set) var idleSeconds = 0.0
        /// The first request that was late.
        public fileprivate(set) var firstLateness: Lateness?
        /// Latencies of the answered requests.
        public fileprivate(set) var latencies: LatencyHistogram

        /// Of nothing that has run yet.
        public init(latencyBudgetSeconds: Double) {
            latencies = LatencyHistogram(budgetSeconds: latencyBudgetSeconds)
        }

        /// Background minibatches per second.
        public var backgroundPerSecond: Double { seconds > 0 ? Double(backgroundMinibatches) / seconds : 0 }
        /// The share of the time in which the GPU did nothing.
        public var idleShare: Double { seconds > 0 ? idleSeconds / seconds : 0 }
        /// The share of the requests that were late or refused.
        public var lateShare: Double {
            let all = requests + refusedRequests
            return all > 0 ? Double(lateRequests + refusedRequests) / Double(all) : 0
        }
    }

    /// Rounding of sums of times is not lateness.
    static let toleranceSeconds = 1e-9

    /// Runs it. `observe` is told the arrival and the answer of each request, in that order of the requests.
    ///
    /// O(events). Ends in any case: each round lets a request in, ends a minibatch or moves to a later time, and a
    /// minibatch of no time counts as one of a nanosecond.
    public func run(
        _ dispatcher: some InterleavingDispatcher, using generator: inout SeededGenerator,
        observe: (_ arrivalSeconds: Double, _ answerSeconds: Double) -> Void = { _, _ in }
    ) -> Result {
        var dispatcher = dispatcher
        var play = Play(self, using: &generator)
        while true {
            play.admit(to: &dispatcher, using: &generator)
            if play.isOver { break }
            switch dispatcher.next(at: play.now, hasBackground: play.now < durationSeconds) {
            case .inference(let minibatch):
                play.runInference(minibatch, using: &generator, observe)
            case .background:
                play.runBackground(using: &generator)
            case .idle(let until):
                guard play.idle(until: until) else {
                    // Nothing will ever happen: what waits is not served.
                    play.result.refusedRequests += play.waiting.count
                    play.result.seconds = play.now
                    return play.result
                }
                continue
            }
            // What arrived while it ran is known before its end.
            play.admit(to: &dispatcher, using: &generator)
            dispatcher.ended()
        }
        play.result.seconds = play.now
        return play.result
    }

    /// The state of a run.
    private struct Play {
        let simulation: InterleavingSimulation
        var result: Result
        var now = 0.0
        var waiting = RequestQueue(capacity: 1 << 16)
        private var sequence: ArrivalSequence
        private var upcoming: Double?
        private var largest = 0
        private var ranInference = false

        init(_ simulation: InterleavingSimulation, using generator: inout SeededGenerator) {
            self.simulation = simulation
            result = Result(latencyBudgetSeconds: simulation.latencySeconds)
            sequence = ArrivalSequence(simulation.arrivals)
            advance(using: &generator)
        }

        /// All requests that were let in are answered, and no more come.
        var isOver: Bool { now >= simulation.durationSeconds && waiting.count == 0 && upcoming == nil }

        private mutating func advance(using generator: inout SeededGenerator) {
            let next = sequence.next(using: &generator)
            upcoming = next.flatMap { $0 < simulation.durationSeconds ? $0 : nil }
        }

        mutating func admit(to dispatcher: inout some InterleavingDispatcher, using generator: inout SeededGenerator) {
            while let arrival = upcoming, arrival <= now {
                // A dispatcher that takes more than there is room for here has lost count.
                if !dispatcher.arrived(at: arrival) || !waiting.append(arrival) { result.refusedRequests += 1 }
                advance(using: &generator)
            }
        }

        mutating func runInference(
            _ minibatch: Int, using generator: inout SeededGenerator, _ observe: (Double, Double) -> Void
        ) {
            take(
                simulation.inference, boundSeconds: simulation.inferenceBoundSeconds, isInference: true,
                using: &generator)
            result.inferenceMinibatches += 1
            largest = max(largest, minibatch)
            if minibatch < largest { result.partialMinibatches += 1 }
            for place in 0..<min(minibatch, waiting.count) {
                let arrival = waiting[place]
                result.requests += 1
                result.latencies.record(seconds: now - arrival)
                observe(arrival, now)
                guard now - arrival > simulation.latencySeconds + InterleavingSimulation.toleranceSeconds else {
                    continue
                }
                result.lateRequests += 1
                if result.firstLateness == nil {
                    result.firstLateness = Lateness(arrivalSeconds: arrival, answerSeconds: now)
                }
            }
            waiting.removeFirst(minibatch)
        }

        mutating func runBackground(using generator: inout SeededGenerator) {
            take(
                simulation.background, boundSeconds: simulation.backgroundBoundSeconds, isInference: false,
                using: &generator)
            result.backgroundMinibatches += 1
        }

        private mutating func take(
            _ times: MinibatchTimes, boundSeconds: Double, isInference: Bool, using generator: inout SeededGenerator
        ) {
            if ranInference != isInference {
                now += simulation.switchSeconds
                result.switches += 1
                ranInference = isInference
            }
            let time = max(1e-9, times.draw(using: &generator))
            if time > boundSeconds { result.minibatchesBeyondBound += 1 }
            now += time
        }

        /// False where nothing will ever happen again.
        mutating func idle(until seconds: Double) -> Bool {
            var end = min(seconds, upcoming ?? .infinity)
            if now < simulation.durationSeconds { end = min(end, simulation.durationSeconds) }
            guard end.isFinite else { return false }
            end = max(end, now.nextUp)
            result.idleSeconds += end - now
            now = end
            return true
        }
    }
}
