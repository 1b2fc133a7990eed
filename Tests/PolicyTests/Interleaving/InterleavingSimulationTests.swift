import Testing

@testable import Policy

@Suite struct InterleavingSimulationTests {
    /// A plan that keeps its limits by the bounds, and the times of its minibatches, which stay within them.
    private struct Instance {
        let minibatch: Int
        let rate: Double
        let latency: Double
        let bounds: SlackDispatcher.Bounds
        let inference: MinibatchTimes
        let background: MinibatchTimes

        init(using generator: inout Policy.SeededGenerator) {
            minibatch = [1, 2, 4, 16, 32][generator.index(below: 5)]
            rate = 2 + 100 * generator.fraction()
            let window = Double(minibatch) / rate
            let longest = window * (0.05 + 0.95 * generator.fraction())
            let longestBackground = window * (0.02 + 2 * generator.fraction())
            // From no slack at all to more than a background minibatch.
            let slack = generator.index(below: 5) == 0 ? 0 : 1.3 * longestBackground * generator.fraction()
            latency = (window + longest + slack) * (1 + 1e-12)
            bounds = SlackDispatcher.Bounds(inferenceSeconds: longest, backgroundSeconds: longestBackground)
            func times(upTo longest: Double) -> MinibatchTimes {
                .resampled([longest, longest * 0.5, longest * (0.3 + 0.7 * generator.fraction()), longest * 0.97])
            }
            inference = times(upTo: longest)
            background = times(upTo: longestBackground)
        }

        func simulation(_ arrivals: ArrivalProcess, seconds: Double) -> InterleavingSimulation {
            InterleavingSimulation(
                arrivals: arrivals, inference: inference, background: background, latencySeconds: latency,
                durationSeconds: seconds)
        }
    }

    @Test func noRequestIsLateWhenTheyArriveEvenlyAndJitterIsWithinTheBounds() throws {
        var generator = Policy.SeededGenerator(seed: 30)
        var background = 0
        for _ in 0..<3_000 {
            let instance = Instance(using: &generator)
            let dispatcher = try #require(
                SlackDispatcher(
                    minibatch: instance.minibatch, latencySeconds: instance.latency,
                    arrivals: .uniform(ratePerSecond: instance.rate), bounds: instance.bounds))
            #expect(dispatcher.isKeptAtUniformArrivals == true)
            let window = Double(instance.minibatch) / instance.rate
            let result = instance.simulation(.uniform(ratePerSecond: instance.rate), seconds: 30 * window)
                .run(dispatcher, using: &generator)
            #expect(result.lateRequests == 0 && result.refusedRequests == 0)
            #expect(result.requests >= 30 * instance.minibatch - 1)
            background += result.backgroundMinibatches
        }
        #expect(background > 30_000)
    }

    @Test func noRequestIsLateWhenSomeDoNotCome() throws {
        // Never closer than 1/a, often further apart.
        var generator = Policy.SeededGenerator(seed: 31)
        for _ in 0..<1_000 {
            let instance = Instance(using: &generator)
            var arrivals: [Double] = []
            var now = 0.0
            for _ in 0..<(20 * instance.minibatch) {
                arrivals.append(now)
                let pause = generator.index(below: 10) == 0 ? 3 * generator.fraction() * instance.latency : 0
                now += (1 / instance.rate + pause) * (1 + 1e-12)
            }
            let dispatcher = try #require(
                SlackDispatcher(
                    minibatch: instance.minibatch, latencySeconds: instance.latency,
                    arrivals: .uniform(ratePerSecond: instance.rate), bounds: instance.bounds))
            let result = instance.simulation(.recorded(arrivals), seconds: now).run(dispatcher, using: &generator)
            #expect(result.lateRequests == 0 && result.requests == arrivals.count)
        }
    }

    @Test func randomArrivalsAreLateOnlyAfterABurstBeyondTheReserve() throws {
        var generator = Policy.SeededGenerator(seed: 32)
        var (late, within, background) = (0, 0, 0)
        for round in 0..<1_500 {
            let instance = Instance(using: &generator)
            let reserve = 1 + generator.index(below: 3 * instance.minibatch)
            let dispatcher = try #require(
                SlackDispatcher(
                    minibatch: instance.minibatch, latencySeconds: instance.latency,
                    arrivals: .bursts(reserve: reserve),
                    bounds: instance.bounds))
            let tolerated = try #require(dispatcher.toleratedBurst)
            var bursts = try #require(
                BurstMargin(minibatch: instance.minibatch, inferenceSeconds: instance.bounds.inferenceSeconds))
            let seconds = 30 * Double(instance.minibatch) / instance.rate
            let process: ArrivalProcess =
                round % 3 == 0
                ? .perSecond((0..<Int(seconds + 1)).map { Double($0 % 3) * instance.rate })
                : .poisson(ratePerSecond: instance.rate * (0.3 + generator.fraction()))
            let result = instance.simulation(process, seconds: seconds).run(dispatcher, using: &generator) {
                arrival, answer in
                let burst = bursts.record(at: arrival) ?? 0
                if burst <= tolerated { within += 1 }
                guard answer - arrival > instance.latency + InterleavingSimulation.toleranceSeconds else { return }
                late += 1
                #expect(burst > tolerated)
            }
            #expect(result.refusedRequests == 0)
            background += result.backgroundMinibatches
        }
        // It happens, and it is not that all bursts are large.
        #expect(late > 1_000 && within > 20_000 && background > 2_000)
    }

    @Test func aReserveAtAQuantileOfTheBurstsKeepsThatShareInTime() throws {
        var generator = Policy.SeededGenerator(seed: 33)
        let (minibatch, rate, inference, background) = (16, 60.0, 0.05, 0.12)
        let process = ArrivalProcess.poisson(ratePerSecond: rate)
        var margin = try #require(BurstMargin(minibatch: minibatch, inferenceSeconds: inference, capacity: 8_192))
        var sequence = ArrivalSequence(process)
        for _ in 0..<8_000 { margin.record(at: sequence.next(using: &generator) ?? .nan) }
        let reserve = try #require(margin.reserve(coverage: 0.99))
        let dispatcher = try #require(
            SlackDispatcher(
                minibatch: minibatch, latencySeconds: 0.4, arrivals: .bursts(reserve: reserve.requests),
                bounds: .init(inferenceSeconds: inference, backgroundSeconds: background)))
        #expect(dispatcher.toleratedBurst == reserve.requests)
        let result = InterleavingSimulation(
            arrivals: process, inference: .exact(seconds: inference), background: .exact(seconds: background),
            latencySeconds: 0.4, durationSeconds: 600
        ).run(dispatcher, using: &generator)
        #expect(result.lateShare <= 0.01)
        #expect(result.backgroundPerSecond > 0.7 * (1 - inference * rate / Double(minibatch)) / background)
        #expect(try #require(result.latencies.seconds(quantile: 0.99)) <= 0.4 * (1 + 1.0 / 4_096))
    }

    @Test func theDispatcherReachesWhatWasPlanned() throws {
        var generator = Policy.SeededGenerator(seed: 34)
        for _ in 0..<40 {
            let instance = Instance(using: &generator)
            let bounds = instance.bounds
            let window = Double(instance.minibatch) / instance.rate
            let planned = SlackWindows(
                windowSeconds: window, inferenceSeconds: bounds.inferenceSeconds,
                backgroundSeconds: bounds.backgroundSeconds,
                slackSeconds: instance.latency - window - bounds.inferenceSeconds)
            let dispatcher = try #require(
                SlackDispatcher(
                    minibatch: instance.minibatch, latencySeconds: instance.latency,
                    arrivals: .uniform(ratePerSecond: instance.rate), bounds: bounds))
            let result = InterleavingSimulation(
                arrivals: .uniform(ratePerSecond: instance.rate),
                inference: .exact(seconds: bounds.inferenceSeconds),
                background: .exact(seconds: bounds.backgroundSeconds), latencySeconds: instance.latency,
                durationSeconds: 400 * window
            ).run(dispatcher, using: &generator)
            let perWindow = result.backgroundPerSecond * window
            // The pattern may be cut off by the end, and the last request of a minibatch comes 1/a before its window
            // ends.
            #expect(perWindow >= planned.backgroundPerWindow * 0.99 - 0.02)
            #expect(perWindow <= (window - bounds.inferenceSeconds) / bounds.backgroundSeconds * 1.01 + 0.02)
            #expect(result.lateRequests == 0)
        }
    }

    @Test func thePapersRuleIsOnTimeWithoutJitterAndLateWithIt() throws {
        // Windows of 0.5 s, 0.1 s of inference and three times 0.13 s: 10 ms to spare, and none for the requests.
        let dispatcher = try #require(WindowDispatcher(minibatch: 8, windowSeconds: 0.5, tau: 3))
        var simulation = InterleavingSimulation(
            arrivals: .uniform(ratePerSecond: 16), inference: .exact(seconds: 0.1), background: .exact(seconds: 0.13),
            latencySeconds: 0.6, durationSeconds: 100)
        var generator = Policy.SeededGenerator(seed: 35)
        let exact = simulation.run(dispatcher, using: &generator)
        #expect(exact.lateRequests == 0 && abs(exact.backgroundPerSecond - 6) < 0.1)
        #expect(exact.latencies.maximumSeconds <= 0.6)
        simulation.background = .logNormal(medianSeconds: 0.13, coefficient: 0.2)
        let jittered = simulation.run(dispatcher, using: &generator)
        #expect(jittered.lateRequests > 0)
        let first = try #require(jittered.firstLateness)
        #expect(first.answerSeconds - first.arrivalSeconds > 0.6)
    }

    @Test func switchesTakeTheirTimeAndAreCounted() throws {
        let dispatcher = try #require(WindowDispatcher(minibatch: 1, windowSeconds: 1, tau: 1))
        var generator = Policy.SeededGenerator(seed: 36)
        let result = InterleavingSimulation(
            arrivals: .uniform(ratePerSecond: 1), inference: .exact(seconds: 0.25), background: .exact(seconds: 0.25),
            latencySeconds: 1, durationSeconds: 10, switchSeconds: 0.125
        ).run(dispatcher, using: &generator)
        #expect(result.inferenceMinibatches == 10 && result.backgroundMinibatches == 10 && result.switches == 20)
        #expect(abs(result.idleSeconds - 10 * 0.25) < 1e-9)
        #expect(abs((result.latencies.seconds(quantile: 0.5) ?? 0) - 0.375) < 0.01)
    }

    @Test func noRequestIsLateWithSwitchesOfModesEither() throws {
        var generator = Policy.SeededGenerator(seed: 38)
        var switches = 0
        for _ in 0..<1_000 {
            let instance = Instance(using: &generator)
            let window = Double(instance.minibatch) / instance.rate
            // Two switches beside the inference minibatch still fit into a window, and one is part of its latency.
            let switching = (window - instance.bounds.inferenceSeconds) / 2 * generator.fraction() * (1 - 1e-9)
            let answer = instance.bounds.inferenceSeconds + switching
            let dispatcher = try #require(
                SlackDispatcher(
                    minibatch: instance.minibatch, latencySeconds: instance.latency + switching,
                    arrivals: .uniform(ratePerSecond: instance.rate),
                    bounds: .init(
                        inferenceSeconds: answer + switching, answerSeconds: answer,
                        backgroundSeconds: instance.bounds.backgroundSeconds, switchSeconds: switching)))
            #expect(dispatcher.isKeptAtUniformArrivals == true)
            var simulation = instance.simulation(.uniform(ratePerSecond: instance.rate), seconds: 30 * window)
            simulation.latencySeconds += switching
            simulation.switchSeconds = switching
            let result = simulation.run(dispatcher, using: &generator)
            #expect(result.lateRequests == 0 && result.refusedRequests == 0)
            switches += result.switches
        }
        #expect(switches > 10_000)
    }

    @Test func theSameSeedGivesTheSame() throws {
        let dispatcher = try #require(
            SlackDispatcher(
                minibatch: 4, latencySeconds: 0.5, arrivals: .bursts(reserve: 8),
                bounds: .init(inferenceSeconds: 0.05, backgroundSeconds: 0.1)))
        func run(_ seed: UInt64) -> InterleavingSimulation.Result {
            var generator = Policy.SeededGenerator(seed: seed)
            return InterleavingSimulation(
                arrivals: .perSecond([20, 0, 3.5, 60]), inference: .logNormal(medianSeconds: 0.04, coefficient: 0.1),
                background: .resampled([0.08, 0.1]), latencySeconds: 0.5, durationSeconds: 4
            ).run(dispatcher, using: &generator)
        }
        #expect(run(1) == run(1) && run(1) != run(2))
        #expect([83, 84].contains(run(1).requests))
    }

    @Test func itEndsWhateverItIsGiven() throws {
        var generator = Policy.SeededGenerator(seed: 37)
        let dispatcher = try #require(WindowDispatcher(minibatch: 1, windowSeconds: 1, tau: 1))
        let processes: [ArrivalProcess] = [
            .recorded([.nan]), .recorded([3, 1, 2]), .recorded([]), .uniform(ratePerSecond: 0),
            .poisson(ratePerSecond: .nan), .perSecond([-1, .nan, 2]),
        ]
        let requests = processes.map { process in
            InterleavingSimulation(
                arrivals: process, inference: .resampled([]), background: .exact(seconds: 0.5), latencySeconds: 1,
                durationSeconds: 5
            ).run(dispatcher, using: &generator).requests
        }
        #expect(requests == [0, 3, 0, 0, 0, 2])
        let zero = InterleavingSimulation(
            arrivals: .uniform(ratePerSecond: 1), inference: .exact(seconds: 0), background: .exact(seconds: 0),
            latencySeconds: 1, durationSeconds: 0)
        #expect(zero.run(dispatcher, using: &generator).requests == 0)
    }
}
