import Policy
import Testing

@Suite struct PairProblemTests {
    private func row(
        _ minibatch: Int, _ inference: (ms: Double, watts: Double), _ background: (ms: Double, watts: Double),
        cores: Int = 1
    ) -> PairObservation {
        PairObservation(
            point: InferencePoint(mode: PowerMode(cores: cores, cpuKHz: 1, gpuHz: 1, emcHz: 1), minibatch: minibatch),
            inferenceMilliseconds: inference.ms, inferenceWatts: inference.watts, backgroundMilliseconds: background.ms,
            backgroundWatts: background.watts)
    }

    private let problem = PairProblem(budgetWatts: 20, latencySeconds: 1.5, ratePerSecond: 4)

    @Test func countsWholeMinibatchesInWhatTheWindowLeaves() {
        // A window of 4 requests is 1 s.
        #expect(problem.windowSeconds(minibatch: 4) == 1)
        #expect(problem.backgroundMinibatches(row(4, (250, 1), (250, 1))) == 3)
        #expect(problem.backgroundMinibatches(row(4, (251, 1), (250, 1))) == 2)
        #expect(problem.backgroundMinibatches(row(4, (250, 1), (800, 1))) == 0)
        #expect(problem.backgroundMinibatches(row(4, (1_250, 1), (125, 1))) == -2)
        #expect(problem.backgroundPerSecond(row(8, (500, 1), (500, 1))) == 1.5)
        #expect(problem.fluidBackgroundPerSecond(row(4, (250, 1), (300, 1))) == 2.5)
    }

    @Test func anInferenceThatJustKeepsUpLeavesRoomForNoneNotForLess() {
        // By rounding 1/49 s is less than this time, and 49 times this time is not more than 1 s.
        let full = PairProblem(budgetWatts: 20, latencySeconds: 1.5, ratePerSecond: 49)
        let observation = row(1, (20.408163265306126, 1), (10, 1))
        #expect(full.windowSeconds(minibatch: 1) < observation.inferenceMilliseconds / 1000)
        #expect(full.isFeasible(observation) && full.backgroundMinibatches(observation) == 0)
        #expect(full.backgroundPerSecond(observation) == 0)
        #expect(full.backgroundMinibatches(row(1, (20.5, 1), (10, 1))) == -1)
    }

    @Test func aCountThatIsNoIntegerIsNone() {
        #expect(problem.backgroundMinibatches(row(4, (250, 1), (0, 1))) == nil)
        #expect(problem.backgroundMinibatches(row(4, (250, 1), (.nan, 1))) == nil)
        #expect(problem.backgroundMinibatches(row(4, (.infinity, 1), (1, 1))) == nil)
        #expect(problem.backgroundMinibatches(row(4, (250, 1), (-5, 1))) == nil)
        #expect(!problem.isFeasible(row(4, (250, 1), (-5, 1))))
        #expect(problem.backgroundMinibatches(row(4, (250, 1), (.leastNonzeroMagnitude, 1))) == .max)
        #expect(problem.backgroundMinibatches(row(4, (1_250, 1), (.leastNonzeroMagnitude, 1))) == .min)
        #expect(problem.backgroundPerSecond(row(4, (250, 1), (0, 1))) == nil)
        #expect(!problem.isFeasible(row(4, (250, 1), (0, 1))))
    }

    @Test func bothPowersAndTheLimitsOfTheInferenceCount() {
        #expect(problem.isFeasible(row(4, (500, 20), (300, 20))))
        #expect(!problem.isFeasible(row(4, (500, 20.0.nextUp), (300, 20))))
        #expect(!problem.isFeasible(row(4, (500, 20), (300, 20.0.nextUp))))
        // 1 s + 501 ms is over 1.5 s.
        #expect(!problem.isFeasible(row(4, (501, 20), (300, 20))))
        // 1 request in 0.25 s.
        #expect(problem.isFeasible(row(1, (250, 20), (300, 20))) && !problem.isFeasible(row(1, (251, 20), (300, 20))))
    }

    @Test func thePowerOfAPairIsThatOfTheHungrierOne() {
        #expect(row(1, (1, 5), (1, 7)).powerWatts == 7 && row(1, (1, 7), (1, 5)).powerWatts == 7)
        #expect(row(1, (1, .nan), (1, 7)).powerWatts.isNaN && row(1, (1, 7), (1, .nan)).powerWatts.isNaN)
    }

    @Test func theWindowsObjectiveCountsMinibatchesAndThroughputMinibatchesPerSecond() {
        // 3 per second against 4 per two seconds.
        let (short, long) = (row(4, (100, 10), (300, 10)), row(8, (100, 10), (475, 10)))
        #expect(problem.backgroundMinibatches(short) == 3 && problem.backgroundMinibatches(long) == 4)
        var tolerant = problem
        tolerant.inference.latencySeconds = 5
        #expect(tolerant.optimum(over: [short, long]) == long)
        tolerant.objective = .throughput
        #expect(tolerant.optimum(over: [short, long]) == short)
    }

    @Test func tiesGoToTheShorterInferenceThenTheLowerPowerThenTheLowerPointInAnyOrder() {
        let rows = [
            row(4, (120, 10), (200, 10)), row(4, (110, 12), (200, 10), cores: 3), row(4, (110, 11), (200, 9), cores: 4),
            row(4, (110, 10), (200, 11), cores: 2),
        ]
        for order in [rows, rows.reversed(), [rows[1], rows[3], rows[0], rows[2]]] {
            #expect(problem.optimum(over: order) == rows[3])
            #expect(problem.optimum(over: order.filter { $0.mode.cores != 2 }) == rows[2])
        }
    }

    @Test func whatIsNotFiniteNeverWins() {
        let good = row(4, (500, 10), (400, 10))
        for field in 0..<4 {
            for odd in [Double.nan, .infinity, -.infinity] {
                var values = [100.0, 10, 100, 10]
                values[field] = odd
                let spoiled = row(4, (values[0], values[1]), (values[2], values[3]))
                #expect(!problem.isFeasible(spoiled))
                #expect(problem.optimum(over: [spoiled, good]) == good)
                #expect(problem.optimum(over: [good, spoiled]) == good)
            }
        }
    }

    @Test func aNonUrgentInferenceNeedsItsOwnGoal() {
        // A window of 1 s with 3 places for minibatches of 2 that arrive every 0.5 s: at most 0.5 + 1 + 0.25 + 0.2 s.
        let observation = row(4, (250, 10), (200, 10))
        func isFeasible(rate: Double, latency: Double) -> Bool {
            PairProblem(
                budgetWatts: 20, latencySeconds: 1.5, ratePerSecond: 4,
                background: .inference(NonUrgentGoal(minibatch: 2, ratePerSecond: rate, latencySeconds: latency))
            ).isFeasible(observation)
        }
        #expect(isFeasible(rate: 4, latency: 1.96) && !isFeasible(rate: 4, latency: 1.94))
        // Three places keep up with 6 requests a second and no more.
        #expect(isFeasible(rate: 6, latency: 10) && !isFeasible(rate: 6.01, latency: 10))
        #expect(!isFeasible(rate: .nan, latency: 10) && !isFeasible(rate: 4, latency: .nan))
        #expect(!isFeasible(rate: 0, latency: 10) && !isFeasible(rate: -1, latency: 10))
    }
}

/// The bound of a non-urgent inference against a simulation of the turns, request by request.
@Suite struct NonUrgentGoalTests {
    /// One way of interleaving, in seconds.
    private struct Turns {
        let window: Double
        let urgent: Double
        let own: Double
        /// Places for non-urgent minibatches in each window.
        let places: Int
        let minibatch: Int
        let rate: Double

        var period: Double { Double(minibatch) / rate }

        /// The longest time from the arrival of a request to its answer. Requests arrive evenly from `phase` on; each window
        /// begins with the urgent minibatch, then its places follow, each of which takes the oldest minibatch that is ready.
        func worstLatency(phase: Double, windows: Int) -> Double {
            var next = 0
            var worst = 0.0
            for index in 0..<windows {
                for place in 0..<places {
                    let start = Double(index) * window + urgent + Double(place) * own
                    let first = phase + Double(next * minibatch) / rate
                    // Ready with the arrival of its last request.
                    guard first + Double(minibatch - 1) / rate <= start else { continue }
                    worst = max(worst, start + own - first)
                    next += 1
                }
            }
            // What still waits at the end has waited at least so long.
            return max(worst, Double(windows) * window - (phase + Double(next * minibatch) / rate))
        }
    }

    @Test func noRequestWaitsLongerThanTheBound() {
        var generator = SeededGenerator(seed: 21)
        var (met, tight) = (0, 0.0)
        for _ in 0..<400 {
            let window = Double.random(in: 0.1...2, using: &generator)
            let urgent = window * Double.random(in: 0.01...0.8, using: &generator)
            let places = Int.random(in: 1...6, using: &generator)
            let own = (window - urgent) / Double(places) * Double.random(in: 0.3...1, using: &generator)
            let minibatch = Int.random(in: 1...8, using: &generator)
            // At most as many minibatches per window as there are places, at times exactly as many.
            let perWindow = Bool.random(using: &generator) ? 1.0 : Double.random(in: 0.1...1, using: &generator)
            let rate = Double(places) * perWindow * Double(minibatch) / window
            let turns = Turns(
                window: window, urgent: urgent, own: own, places: places, minibatch: minibatch, rate: rate)
            let bound = turns.period + window + urgent + own
            // A hair more than the bound, as the sums above are rounded.
            let goal = NonUrgentGoal(minibatch: minibatch, ratePerSecond: rate, latencySeconds: bound * (1 + 1e-12))
            guard
                goal.isMet(minibatchesPerWindow: places, windowSeconds: window, urgentSeconds: urgent, ownSeconds: own)
            else { continue }
            met += 1
            for _ in 0..<4 {
                let phase = Double.random(in: 0...window, using: &generator)
                let worst = turns.worstLatency(phase: phase, windows: 200)
                #expect(worst <= bound * (1 + 1e-9))
                tight = max(tight, worst / bound)
            }
        }
        #expect(met > 300)
        // A bound that no request comes near would refuse what is possible.
        #expect(tight > 0.9)
    }

    @Test func withFewerPlacesThanMinibatchesTheQueueGrowsWithoutBound() {
        // 3 minibatches of 4 per second in windows of a second with 2 places.
        let turns = Turns(window: 1, urgent: 0.2, own: 0.2, places: 2, minibatch: 4, rate: 12)
        let goal = NonUrgentGoal(minibatch: 4, ratePerSecond: 12, latencySeconds: .infinity)
        #expect(!goal.isMet(minibatchesPerWindow: 2, windowSeconds: 1, urgentSeconds: 0.2, ownSeconds: 0.2))
        #expect(goal.isMet(minibatchesPerWindow: 3, windowSeconds: 1, urgentSeconds: 0.2, ownSeconds: 0.2))
        let latencies = [10, 100, 1_000].map { turns.worstLatency(phase: 0, windows: $0) }
        #expect(latencies[1] > 5 * latencies[0] && latencies[2] > 5 * latencies[1])
        let enough = Turns(window: 1, urgent: 0.2, own: 0.2, places: 3, minibatch: 4, rate: 12)
        #expect(abs(enough.worstLatency(phase: 0, windows: 1_000) - enough.worstLatency(phase: 0, windows: 100)) < 1e-9)
    }
}
