import Testing

@testable import Policy

@Suite struct SlackDispatcherTests {
    private func dispatcher(
        _ arrivals: SlackDispatcher.Arrivals = .uniform(ratePerSecond: 4), latency: Double = 1.5, capacity: Int = 64
    ) throws -> SlackDispatcher {
        try #require(
            SlackDispatcher(
                minibatch: 4, latencySeconds: latency, arrivals: arrivals,
                bounds: .init(inferenceSeconds: 0.25, backgroundSeconds: 0.5), capacity: capacity))
    }

    @Test func oneDecisionAtATime() throws {
        var dispatcher = try dispatcher()
        #expect(dispatcher.next(at: 0, hasBackground: true) == .background)
        #expect(dispatcher.next(at: 0.1, hasBackground: true) == .idle(until: .infinity))
        dispatcher.ended()
        for arrival in [0.0, 0.25, 0.5] { #expect(dispatcher.arrived(at: arrival) == true) }
        // The first request has to start by 0 + 1.5 - 0.25.
        #expect(dispatcher.next(at: 0.75, hasBackground: false) == .idle(until: 1.25))
        #expect(dispatcher.next(at: 0.75, hasBackground: true) == .background)
        dispatcher.ended()
        #expect(dispatcher.next(at: 1.2, hasBackground: true) == .idle(until: 1.25))
        #expect(dispatcher.next(at: 1.25, hasBackground: true) == .inference(minibatch: 3))
        #expect(dispatcher.waiting == 0)
    }

    @Test func aFullMinibatchRunsAsSoonAsTheBackgroundCannot() throws {
        var dispatcher = try dispatcher()
        for arrival in [0.0, 0.25, 0.5, 0.75] { #expect(dispatcher.arrived(at: arrival) == true) }
        #expect(dispatcher.next(at: 0.75, hasBackground: true) == .background)
        dispatcher.ended()
        #expect(dispatcher.next(at: 1.0, hasBackground: true) == .inference(minibatch: 4))
    }

    @Test func allThatWaitIsLookedAt() throws {
        // Nine requests: after a background minibatch the third inference minibatch would end at 0.7 + 3 * 0.25.
        let cases: [(Double, Double, InterleavingDecision)] = [
            (-0.25, 0, .background), (-0.35, 0, .inference(minibatch: 4)), (-0.25, -0.1, .inference(minibatch: 4)),
        ]
        for (most, last, expected) in cases {
            var dispatcher = try dispatcher(.bursts(reserve: 1))
            for place in 0..<9 { _ = dispatcher.arrived(at: place < 8 ? most : last) }
            #expect(dispatcher.next(at: 0.2, hasBackground: true) == expected)
        }
    }

    @Test func aReserveIsKeptFree() throws {
        // (1.5 - 0.5 - 0.25) / 0.25 + 1 minibatches: 16 requests at once can be answered after a background minibatch.
        for (reserve, waiting, runs) in [(16, 0, true), (17, 0, false), (14, 2, true), (14, 3, false)] {
            var dispatcher = try dispatcher(.bursts(reserve: reserve))
            #expect(dispatcher.largestReserve == 16)
            for _ in 0..<waiting { _ = dispatcher.arrived(at: 0) }
            let decision = dispatcher.next(at: 0, hasBackground: true)
            #expect((decision == .background) == runs)
        }
        #expect(try dispatcher(.bursts(reserve: 14)).toleratedBurst == 14)
        #expect(try dispatcher(.bursts(reserve: 100)).toleratedBurst == 20)
        // Where a request that comes at once would be late there is no background work at all.
        var tight = try dispatcher(.bursts(reserve: 0), latency: 0.7)
        #expect(tight.next(at: 0, hasBackground: true) == .idle(until: .infinity))
    }

    @Test func aFullQueueAndATimeThatIsNoneAreRefused() throws {
        var dispatcher = try dispatcher(capacity: 4)
        #expect(dispatcher.arrived(at: .nan) == false)
        for _ in 0..<4 { #expect(dispatcher.arrived(at: 0) == true) }
        #expect(dispatcher.arrived(at: 0) == false)
        #expect(dispatcher.next(at: .nan, hasBackground: true) == .inference(minibatch: 4))
        #expect(
            SlackDispatcher(
                minibatch: 5, latencySeconds: 1, arrivals: .bursts(reserve: 1),
                bounds: .init(inferenceSeconds: 1, backgroundSeconds: 1), capacity: 4) == nil)
        #expect(
            SlackDispatcher(
                minibatch: 1, latencySeconds: .nan, arrivals: .bursts(reserve: 1),
                bounds: .init(inferenceSeconds: 1, backgroundSeconds: 1)) == nil)
    }
}

@Suite struct WindowDispatcherTests {
    @Test func countsPerWindowAndServesWhatWaitedForOne() throws {
        var dispatcher = try #require(WindowDispatcher(minibatch: 2, windowSeconds: 1, tau: 1))
        #expect(dispatcher.next(at: 0, hasBackground: true) == .background)
        dispatcher.ended()
        #expect(dispatcher.next(at: 0.1, hasBackground: true) == .idle(until: .infinity))
        #expect(dispatcher.arrived(at: 0.2) == true)
        #expect(dispatcher.next(at: 0.2, hasBackground: true) == .idle(until: 1.2))
        #expect(dispatcher.next(at: 1.2, hasBackground: true) == .inference(minibatch: 1))
        dispatcher.ended()
        #expect(dispatcher.arrived(at: 1.3) == true)
        #expect(dispatcher.arrived(at: 1.4) == true)
        #expect(dispatcher.next(at: 1.4, hasBackground: true) == .inference(minibatch: 2))
        dispatcher.ended()
        #expect(dispatcher.next(at: 1.6, hasBackground: false) == .idle(until: .infinity))
        #expect(dispatcher.next(at: 1.6, hasBackground: true) == .background)
    }
}

@Suite struct JitterMarginTests {
    @Test func theOrderStatisticThatTheCountSupports() throws {
        var margin = try #require(JitterMargin(coverage: 0.9, allowance: 0.5, capacity: 100))
        #expect(margin.bound == nil)
        for time in [3.0, 1, 2] { #expect(margin.record(seconds: time) == true) }
        // Three times support 3 / 4; the longest is widened.
        let few = try #require(margin.bound)
        #expect(few.seconds == 4.5 && few.samples == 3 && few.rank == 3 && few.coverage == 0.75 && !few.isEstablished)
        for time in 4...19 { #expect(margin.record(seconds: Double(time)) == true) }
        // 0.9 * 20: the 18th of 19.
        let enough = try #require(margin.bound)
        #expect(enough.seconds == 18 && enough.rank == 18 && enough.samples == 19 && enough.isEstablished)
        // Only the last hundred count.
        for _ in 0..<100 { #expect(margin.record(seconds: 0.5) == true) }
        #expect(margin.bound?.seconds == 0.5 && margin.bound?.samples == 100)
        for odd in [Double.nan, .infinity, -1] { #expect(margin.record(seconds: odd) == false) }
    }

    @Test func theNextTimeIsAsOftenWithinItAsItSays() throws {
        var generator = Policy.SeededGenerator(seed: 9)
        let times = MinibatchTimes.logNormal(medianSeconds: 1, coefficient: 0.3)
        for samples in [20, 99, 300] {
            var within = 0
            for _ in 0..<2_000 {
                var margin = try #require(JitterMargin(coverage: 0.95, allowance: 0, capacity: 512))
                for _ in 0..<samples { margin.record(seconds: times.draw(using: &generator)) }
                if times.draw(using: &generator) <= margin.bound?.seconds ?? 0 { within += 1 }
            }
            // 95 %, and four standard deviations of 2,000 draws.
            #expect(Double(within) / 2_000 > 0.95 - 0.02)
        }
    }
}

@Suite struct BurstMarginTests {
    /// By the definition, over all arrivals.
    private func burst(_ arrivals: [Double], _ last: Int, minibatch: Int, seconds: Double) -> Int {
        (0...last).map { first in
            last - first + 1 - Int(((arrivals[last] - arrivals[first]) / seconds).rounded(.down)) * minibatch
        }.max() ?? 0
    }

    @Test func agreesWithTheDefinition() throws {
        var generator = Policy.SeededGenerator(seed: 10)
        for minibatch in [1, 4, 16] {
            var margin = try #require(BurstMargin(minibatch: minibatch, inferenceSeconds: 0.1, capacity: 1_000))
            var arrivals: [Double] = []
            var now = 0.0
            for _ in 0..<300 {
                now += generator.index(below: 4) == 0 ? 0.4 * generator.fraction() : 0.01 * generator.fraction()
                arrivals.append(now)
                let expected = burst(arrivals, arrivals.count - 1, minibatch: minibatch, seconds: 0.1)
                #expect(margin.record(at: now) == expected)
            }
            let reserve = try #require(margin.reserve(coverage: 0.9))
            let bursts = arrivals.indices.map { burst(arrivals, $0, minibatch: minibatch, seconds: 0.1) }
            #expect(bursts.count { $0 <= reserve.requests } >= 270 && reserve.samples == 300)
            #expect(bursts.count { $0 < reserve.requests } <= 271)
        }
    }

    @Test func whatIsNoTimeOrGoesBackIsNotTaken() throws {
        var margin = try #require(BurstMargin(minibatch: 4, inferenceSeconds: 0.1))
        let taken = [Double.nan, 5, 4, 5].map { margin.record(at: $0) }
        #expect(taken == [nil, 1, nil, 2])
        #expect(BurstMargin(minibatch: 0, inferenceSeconds: 1) == nil)
        #expect(BurstMargin(minibatch: 1, inferenceSeconds: .nan) == nil)
    }
}
