/// What an inference and background work reach together when inference minibatches may start late.
///
/// With uniform arrivals inference minibatch k is ready at k w, w = b/a, and is answered in time if it starts by k w +
/// s, with the slack s = L - w - t_in. The rule: when the GPU is free at t and minibatch k is the earliest that was not
/// served, a background minibatch starts if t + t_bg <= k w + s; otherwise minibatch k runs as soon as it is ready.
///
/// Let o be the offset at which minibatch k starts, from k w on. Then n = floor((w + s - o - t_in) / t_bg) background
/// minibatches follow, and minibatch k + 1 starts at the offset o' = max(0, o + t_in + n t_bg - w). As 0 <= o <= s and
/// t_in <= w, neither n nor o' is ever outside of 0 <= n, 0 <= o' <= s: no request is late.
///
/// *No order of minibatches that answers every request in time has more background minibatches, over any number of
/// windows.* Let V(o) be the most that m more windows can hold from the offset o on. (1) V does not rise with o: a
/// schedule from a later offset is one from an earlier offset too, as each start stays possible. (2) V(max(0, x - j
/// t_bg)) <= V(x) + j for 0 <= x <= s: leave out the first j background minibatches of the schedule from max(0, x - j
/// t_bg). Until there it has nothing to leave out, and from x the minibatches of the inference start at most as much
/// later as they did at first, so at most s; from there on the time left out makes up for the x. (3) Whatever starts n
/// - j background minibatches where the rule starts n, ends at the offset max(0, x - j t_bg) where the rule ends at
/// max(0, x), x <= s; by (2), or by (1) where x < 0, its windows to come gain at most the j that it is behind.
///
/// With s >= t_bg the rule never leaves the GPU idle (x > s - t_bg >= 0), so it reaches the fluid limit (w - t_in) /
/// t_bg per window in the long run. Otherwise it idles when x < 0, and begins anew at the offset 0.
public struct SlackWindows: Hashable, Sendable {
    /// Windows after which a rule that has not been idle is taken to be idle at once.
    public static let windowLimit = 4_096

    /// Time between two inference minibatches that are ready, w = b/a, seconds.
    public var windowSeconds: Double
    /// Time that an inference minibatch keeps the GPU, seconds.
    public var inferenceSeconds: Double
    /// Time of one background minibatch, seconds.
    public var backgroundSeconds: Double
    /// How late an inference minibatch may start, seconds; below 0 counts as 0.
    public var slackSeconds: Double

    /// Makes the question; nothing is checked.
    public init(windowSeconds: Double, inferenceSeconds: Double, backgroundSeconds: Double, slackSeconds: Double) {
        self.windowSeconds = windowSeconds
        self.inferenceSeconds = inferenceSeconds
        self.backgroundSeconds = backgroundSeconds
        self.slackSeconds = slackSeconds
    }

    private var remainder: Double { windowSeconds - inferenceSeconds }

    /// Whether the GPU is never idle: the slack is at least a background minibatch.
    public var isNeverIdle: Bool { slackSeconds >= backgroundSeconds }

    /// The mean number of background minibatches per window in the long run; 0 where the inference leaves no time.
    ///
    /// Exact, but for a rule that is not idle in `windowLimit` windows: then it is less than 1/`windowLimit` below the
    /// exact value, and never above it. O(windows to the first idle time).
    public var backgroundPerWindow: Double {
        guard remainder > 0, backgroundSeconds > 0 else { return 0 }
        let fluid = remainder / backgroundSeconds
        if isNeverIdle { return fluid }
        let slack = max(0, slackSeconds)
        var (offset, count, windows) = (0.0, 0.0, 0.0)
        while windows < Double(Self.windowLimit) {
            let (more, end) = window(from: offset, slack: slack)
            count += more
            windows += 1
            // From here on all repeats.
            if end <= 0 { return count / windows }
            offset = end
        }
        // To the idle time, whenever it comes, each window but for less than one background minibatch in all is in use.
        return max(0, fluid - (1 - slack / backgroundSeconds) / windows)
    }

    /// The number of background minibatches in the first `windows` windows, from the offset 0 on. O(windows).
    public func backgroundCount(windows: Int) -> Double {
        guard remainder > 0, backgroundSeconds > 0 else { return 0 }
        var (offset, count) = (0.0, 0.0)
        for _ in 0..<max(0, windows) {
            let (more, end) = window(from: offset, slack: max(0, slackSeconds))
            count += more
            offset = max(0, end)
        }
        return count
    }

    private func window(from offset: Double, slack: Double) -> (count: Double, end: Double) {
        let count = ((remainder + slack - offset) / backgroundSeconds).rounded(.down)
        return (count, offset + count * backgroundSeconds - remainder)
    }
}
