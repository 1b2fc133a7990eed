import Testing

@testable import Policy

/// The Pair problem with the interleaving `slack`.
@Suite struct SlackPairTests {
    private func row(_ minibatch: Int, _ inference: Double, _ background: Double, watts: Double = 10) -> PairObservation
    {
        PairObservation(
            point: InferencePoint(mode: PowerMode(cores: 1, cpuKHz: 1, gpuHz: 1, emcHz: 1), minibatch: minibatch),
            inferenceMilliseconds: inference, inferenceWatts: watts, backgroundMilliseconds: background,
            backgroundWatts: watts)
    }

    @Test func betweenThePapersAndTheFluidLimitAndNoLessWhereTimesAreShorter() {
        var generator = Policy.SeededGenerator(seed: 5)
        var (between, never) = (0, 0)
        for _ in 0..<4_000 {
            let minibatch = [1, 4, 16, 64][generator.index(below: 4)]
            let rate = 1 + 100 * generator.fraction()
            let window = Double(minibatch) / rate
            let inference = window * generator.fraction() * 1000
            let background = (0.05 + 2 * generator.fraction()) * window * 1000
            let latency = window + inference / 1000 + generator.fraction() * background / 1000 * 1.2
            var problem = PairProblem(
                budgetWatts: 20, latencySeconds: latency, ratePerSecond: rate, objective: .throughput,
                interleaving: .slack)
            let observation = row(minibatch, inference, background)
            guard let slack = problem.backgroundPerSecond(observation) else {
                Issue.record("There is a throughput.")
                continue
            }
            let fluid = problem.fluidBackgroundPerSecond(observation)
            problem.interleaving = .floor
            let whole = problem.backgroundPerSecond(observation) ?? .nan
            #expect(whole <= slack && slack <= max(whole, fluid))
            if slack > whole * 1.001, slack < fluid * 0.999 { between += 1 }
            if slack == fluid { never += 1 }
            problem.interleaving = .slack
            let faster = generator.fraction()
            // Up to what a walk that is cut off leaves out.
            let margin = 1 / window / Double(SlackWindows.windowLimit) + 1e-9 * slack
            let shorterInference = problem.backgroundPerSecond(row(minibatch, inference * faster, background)) ?? 0
            #expect(shorterInference >= slack - margin)
            let shorterBackground =
                problem.backgroundPerSecond(row(minibatch, inference, background * (0.01 + faster))) ?? 0
            if faster <= 0.99 { #expect(shorterBackground >= slack - margin) }
        }
        #expect(between > 500 && never > 100)
    }

    @Test func theLimitsDoNotChange() {
        let floor = PairProblem(budgetWatts: 20, latencySeconds: 1.5, ratePerSecond: 4)
        var slack = floor
        slack.interleaving = .slack
        for inference in stride(from: 10.0, to: 1_200, by: 37) {
            for watts in [10.0, 21] {
                let observation = row(4, inference, 300, watts: watts)
                #expect(slack.isFeasible(observation) == floor.isFeasible(observation))
                #expect(slack.backgroundMinibatches(observation) == floor.backgroundMinibatches(observation))
            }
        }
        #expect(!slack.isFeasible(row(4, 100, 0)) && !slack.isFeasible(row(4, .nan, 100)))
    }

    @Test func windowsAreComparedByTheirMeanCount() {
        // 400 of 1,000 ms left, 400 ms of slack and more; 600 ms do not fit into a window, and run in two of three.
        var problem = PairProblem(budgetWatts: 20, latencySeconds: 3, ratePerSecond: 4, interleaving: .slack)
        let long = row(4, 600, 600)
        #expect(problem.backgroundMinibatches(long) == 0)
        #expect(abs((problem.backgroundPerWindow(long) ?? 0) - 2.0 / 3) < 1e-12)
        // One every second against two every three: whole windows would say 1 to 0.
        let short = row(1, 100, 250)
        #expect(problem.optimum(over: [long, short]) == long)
        problem.interleaving = .floor
        #expect(problem.optimum(over: [short, long]) == short || problem.backgroundMinibatches(short) == 0)
        problem.interleaving = .slack
        problem.objective = .throughput
        // 0.6 per 250 ms window, 2.4 per second.
        #expect(problem.optimum(over: [long, short]) == short)
    }

    @Test func theOrderIsTheOneOfTheValues() {
        var generator = Policy.SeededGenerator(seed: 6)
        for objective in PairProblem.Objective.allCases {
            let problem = PairProblem(
                budgetWatts: 20, latencySeconds: 1.2, ratePerSecond: 20, objective: objective, interleaving: .slack)
            let rows = (0..<60).map { _ in
                row(
                    [1, 4, 16][generator.index(below: 3)], 5 + 40 * generator.fraction(),
                    20 + 600 * generator.fraction(), watts: 10 + generator.fraction())
            }
            for left in rows {
                #expect(problem.reachedAtMost(left) >= problem.reached(left))
                for right in rows {
                    let (first, second) = (problem.reached(left), problem.reached(right))
                    let expected =
                        first == second
                        ? (left.inferenceMilliseconds, left.powerWatts, left.point)
                            < (right.inferenceMilliseconds, right.powerWatts, right.point)
                        : first > second
                    #expect(problem.precedes(left, right) == expected)
                }
            }
        }
    }

    @Test func whatIsNotFiniteNeverWins() {
        let good = row(4, 500, 400)
        let problem = PairProblem(budgetWatts: 20, latencySeconds: 1.6, ratePerSecond: 4, interleaving: .slack)
        for odd in [Double.nan, .infinity, -.infinity] {
            for spoiled in [row(4, odd, 400), row(4, 500, odd), row(4, 500, 400, watts: odd)] {
                #expect(problem.optimum(over: [spoiled, good]) == good)
                #expect(problem.optimum(over: [good, spoiled]) == good)
            }
        }
    }
}

/// A second inference, not urgent, beside the first, with the interleaving `slack`.
@Suite struct NonUrgentSlackTests {
    /// Plays the rule with minibatches of the second inference that are ready every `period` from `phase` on; returns
    /// the longest time from readiness to answer, and by how much the urgent one was late at most.
    private func play(_ windows: SlackWindows, period: Double, phase: Double, seconds: Double) -> (
        own: Double, late: Double
    ) {
        var (now, served, ownServed) = (0.0, 0, 0)
        var (worst, late) = (0.0, -Double.infinity)
        while now < seconds {
            let ready = Double(served) * windows.windowSeconds
            let ownReady = phase + Double(ownServed) * period
            if ownReady <= now, now + windows.backgroundSeconds <= ready + windows.slackSeconds {
                now += windows.backgroundSeconds
                ownServed += 1
                worst = max(worst, now - ownReady)
            } else if ready <= now {
                late = max(late, now - ready - windows.slackSeconds)
                now += windows.inferenceSeconds
                served += 1
            } else {
                now = ownReady > now ? min(ready, ownReady) : ready
            }
        }
        return (max(worst, now - (phase + Double(ownServed) * period)), late)
    }

    @Test func noRequestWaitsLongerThanTheBound() {
        var generator = Policy.SeededGenerator(seed: 22)
        var (met, tight) = (0, 0.0)
        for _ in 0..<600 {
            let window = 0.1 + 2 * generator.fraction()
            let urgent = window * (0.02 + 0.9 * generator.fraction())
            let own = (0.02 + generator.fraction()) * window
            let slack = own * (1 + generator.fraction())
            // As often as there is time for, or less.
            let busy = generator.index(below: 2) == 0 ? 1.0 : 0.2 + 0.8 * generator.fraction()
            let period = own / ((1 - urgent / window) * busy) * (1 + 1e-9)
            let bound = own + urgent * window / (window - urgent)
            let goal = NonUrgentGoal(
                minibatch: 1, ratePerSecond: 1 / period, latencySeconds: (period + bound) * (1 + 1e-9))
            guard goal.isMet(windowSeconds: window, urgentSeconds: urgent, ownSeconds: own, slackSeconds: slack) else {
                continue
            }
            met += 1
            let windows = SlackWindows(
                windowSeconds: window, inferenceSeconds: urgent, backgroundSeconds: own, slackSeconds: slack)
            for _ in 0..<3 {
                let played = play(windows, period: period, phase: window * generator.fraction(), seconds: 150 * window)
                #expect(played.own <= bound * (1 + 1e-6))
                #expect(played.late <= 1e-9)
                tight = max(tight, played.own / bound)
            }
        }
        #expect(met > 500)
        #expect(tight > 0.8)
    }

    @Test func whereItWouldBeLateTheWindowsRuleIsKept() {
        func problem(_ latency: Double, _ interleaving: Interleaving) -> PairProblem {
            PairProblem(
                budgetWatts: 20, latencySeconds: latency, ratePerSecond: 4, objective: .throughput,
                background: .inference(NonUrgentGoal(minibatch: 2, ratePerSecond: 4, latencySeconds: 1.96)),
                interleaving: interleaving)
        }
        let observation = PairObservation(
            point: InferencePoint(mode: PowerMode(cores: 1, cpuKHz: 1, gpuHz: 1, emcHz: 1), minibatch: 4),
            inferenceMilliseconds: 250, inferenceWatts: 10, backgroundMilliseconds: 200, backgroundWatts: 10)
        // A slack of 150 ms is less than the 200 ms of a minibatch.
        #expect(problem(1.4, .slack).isFeasible(observation))
        #expect(problem(1.4, .slack).backgroundPerSecond(observation) == 3)
        #expect(abs((problem(1.5, .slack).backgroundPerSecond(observation) ?? 0) - 3.75) < 1e-12)
        #expect(problem(1.5, .floor).backgroundPerSecond(observation) == 3)
        // Goals that whole places cannot meet, but the time that is left in all can.
        var more = problem(1.5, .slack)
        more.background = .inference(NonUrgentGoal(minibatch: 2, ratePerSecond: 7, latencySeconds: 1.96))
        #expect(more.isFeasible(observation))
        more.interleaving = .floor
        #expect(!more.isFeasible(observation))
        more.interleaving = .slack
        more.background = .inference(NonUrgentGoal(minibatch: 2, ratePerSecond: 7.6, latencySeconds: 1.96))
        #expect(!more.isFeasible(observation))
    }
}
