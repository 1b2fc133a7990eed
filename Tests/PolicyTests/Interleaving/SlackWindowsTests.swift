import Policy
import Testing

@Suite struct SlackWindowsTests {
    /// The most background minibatches that any order of minibatches in whole seconds holds before the inference
    /// minibatch `windows` can start in time, each of the inference's minibatches k from k w on and by k w + s; found
    /// by trying all.
    private func most(window: Int, inference: Int, background: Int, slack: Int, windows: Int) -> Int {
        // best[k][t]: the most so far, the GPU free at t and k minibatches of the inference served.
        let end = windows * window + slack
        var best = Array(repeating: Array(repeating: -1, count: end + 1), count: windows + 1)
        // Minibatch 0 starts at offset 0, as the rule does.
        best[1][inference] = 0
        var most = 0
        for time in 0...end {
            for served in 1...windows where best[served][time] >= 0 {
                let count = best[served][time]
                if served == windows { most = max(most, count) }
                if time < end { best[served][time + 1] = max(best[served][time + 1], count) }
                let later = time + background
                if later <= end { best[served][later] = max(best[served][later], count + 1) }
                let ready = served * window
                if served < windows, time >= ready, time <= ready + slack, time + inference <= end {
                    best[served + 1][time + inference] = max(best[served + 1][time + inference], count)
                }
            }
        }
        return most
    }

    @Test func noOrderOfMinibatchesHoldsMore() {
        var checked = 0
        for window in 3...9 {
            for inference in 1..<window {
                for background in 1...11 {
                    for slack in 0...background {
                        let windows = SlackWindows(
                            windowSeconds: Double(window), inferenceSeconds: Double(inference),
                            backgroundSeconds: Double(background), slackSeconds: Double(slack))
                        for count in [1, 2, 5, 9] {
                            let most = most(
                                window: window, inference: inference, background: background, slack: slack,
                                windows: count)
                            #expect(windows.backgroundCount(windows: count) == Double(most))
                            checked += 1
                        }
                    }
                }
            }
        }
        #expect(checked > 5_000)
    }

    @Test func theMeanIsThatOfManyWindows() {
        for window in 2...12 {
            for inference in 1...window {
                for background in 1...13 {
                    for slack in 0...15 {
                        let windows = SlackWindows(
                            windowSeconds: Double(window), inferenceSeconds: Double(inference),
                            backgroundSeconds: Double(background), slackSeconds: Double(slack))
                        let mean = windows.backgroundPerWindow
                        // The first windows hold what fits into the slack besides, and the last pattern may be cut off.
                        let counted = windows.backgroundCount(windows: 400) / 400
                        let besides = Double(slack) / Double(background) + 1
                        #expect(abs(mean - counted) <= besides / 400 + 1e-12)
                        #expect(mean <= Double(window - inference) / Double(background) + 1e-12)
                        #expect(mean >= (Double(window - inference) / Double(background)).rounded(.down))
                    }
                }
            }
        }
    }

    @Test func aPatternByHand() {
        // 3 s are left of each window and a background minibatch takes 2 s. With 1 s of slack the second of two may end
        // 1 s after the edge; from there on exactly one fits.
        let windows = SlackWindows(windowSeconds: 4, inferenceSeconds: 1, backgroundSeconds: 2, slackSeconds: 1)
        #expect((1...4).map(windows.backgroundCount) == [2, 3, 5, 6])
        #expect(windows.backgroundPerWindow == 1.5)
        // Without slack it is the papers' whole number.
        let strict = SlackWindows(windowSeconds: 4, inferenceSeconds: 1, backgroundSeconds: 2, slackSeconds: 0)
        #expect(strict.backgroundPerWindow == 1)
        // A background minibatch longer than what a window leaves runs all the same.
        let long = SlackWindows(windowSeconds: 4, inferenceSeconds: 1, backgroundSeconds: 5, slackSeconds: 2)
        #expect(long.backgroundPerWindow == 0.5)
    }

    @Test func aRuleThatIsNotIdleForLongIsBoundedFromBelow() {
        // Leaves so little per window that the pattern is longer than the limit: exactly one in 1,000,000 windows.
        let windows = SlackWindows(
            windowSeconds: 1, inferenceSeconds: 1 - 1e-6, backgroundSeconds: 1, slackSeconds: 1 - 1e-7)
        #expect(windows.backgroundPerWindow >= 0 && windows.backgroundPerWindow <= 1.1e-6)
        var generator = Policy.SeededGenerator(seed: 4)
        for _ in 0..<200 {
            let background = 0.2 + generator.fraction()
            let windows = SlackWindows(
                windowSeconds: 1, inferenceSeconds: 0.3 + 0.5 * generator.fraction(), backgroundSeconds: background,
                slackSeconds: background * (1 - 1e-6))
            let many = 40_000
            let counted = windows.backgroundCount(windows: many) / Double(many)
            #expect(windows.backgroundPerWindow <= counted + 1.0 / Double(many))
            #expect(
                windows.backgroundPerWindow >= counted - 1.0 / Double(SlackWindows.windowLimit) - 1.0 / Double(many))
        }
    }

    @Test func noTimeLeftIsNone() {
        func mean(_ window: Double, _ inference: Double, _ background: Double, _ slack: Double) -> Double {
            SlackWindows(
                windowSeconds: window, inferenceSeconds: inference, backgroundSeconds: background, slackSeconds: slack
            ).backgroundPerWindow
        }
        #expect(mean(1, 1, 0.5, 1) == 0 && mean(1, 2, 0.5, 1) == 0 && mean(1, 0.5, 0, 1) == 0)
        #expect(mean(1, .nan, 1, 1) == 0 && mean(1, 0.5, .nan, 1) == 0)
        #expect(mean(1, 0.5, 0.25, -1) == 2)
    }
}
