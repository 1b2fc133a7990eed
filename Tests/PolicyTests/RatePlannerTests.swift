import Policy
import Synchronization
import Testing

@Suite struct RatePlannerTests {
    private static func mode(_ gpu: Int) -> PowerMode { PowerMode(cores: 4, cpuKHz: 1, gpuHz: gpu, emcHz: 1) }

    private static func point(_ gpu: Int, _ b: Int, _ inference: Double, _ background: Double) -> PairObservation {
        PairObservation(
            point: InferencePoint(mode: mode(gpu), minibatch: b), inferenceMilliseconds: inference, inferenceWatts: 10,
            backgroundMilliseconds: background, backgroundWatts: 10)
    }

    /// The first mode serves 40 requests per second and has 50 ms background minibatches, the second 160 and 100 ms.
    private static let points = [
        point(1, 4, 150, 50), point(1, 16, 400, 50), point(2, 4, 30, 100), point(2, 16, 100, 100),
    ]

    private let problem = PairProblem(budgetWatts: 20, latencySeconds: 1, ratePerSecond: 0, objective: .throughput)

    private func planner(
        hold: Double = 60, change: Double = 0.1, known: [PairObservation] = points, reach: Double = .infinity,
        search: @escaping @Sendable (PairProblem) -> any Search<PairProblem> = { _ in Nothing() }
    ) throws -> RatePlanner<PairProblem> {
        let estimate = try #require(RateEstimate(missShare: 0.001, memorySeconds: 10))
        let band = try #require(RateBand(step: 1.1, slack: 1.25, holdSeconds: hold))
        let planner = RatePlanner(
            problem: problem, estimate: estimate, band: band, changeSeconds: change, known: Observed(known),
            reach: reach, search: search)
        return try #require(planner)
    }

    private struct Nothing: Search {
        typealias Problem = PairProblem
        func next(observed: Observed<PairObservation>) -> SearchStep<PairObservation> { .answer(nil) }
    }

    /// Profiles the points in their order, and answers with the best.
    private struct InOrder: Search {
        typealias Problem = PairProblem
        let problem: PairProblem
        func next(observed: Observed<PairObservation>) -> SearchStep<PairObservation> {
            for observation in RatePlannerTests.points where observed[observation.point] == nil {
                return .profile(observation.point)
            }
            return .answer(problem.optimum(over: observed.all))
        }
    }

    /// Counts and plans; the points that were profiled.
    private func follow(
        _ planner: inout RatePlanner<PairProblem>, _ counts: [Double], _ observed: inout Observed<PairObservation>
    ) throws {
        for count in counts {
            let isCounted = planner.count(count, overSeconds: 1)
            #expect(isCounted)
            while case .profile(let point) = planner.next(observed: observed) {
                try #require(observed[point] == nil)
                observed.record(try #require(Self.points.first { $0.point == point }))
            }
        }
    }

    @Test func beforeTheFirstCountThereIsNoPlan() throws {
        var planner = try planner()
        let first = planner.next(observed: Observed(Self.points))
        #expect(first == .hold && planner.plan == nil)
        let isCounted = (planner.count(.nan, overSeconds: 1), planner.count(10, overSeconds: 1))
        #expect(isCounted == (false, true))
        guard case .plan(let plan) = planner.next(observed: Observed(Self.points)) else {
            Issue.record("no plan")
            return
        }
        #expect(plan == planner.plan && plan.profiles == 0 && planner.replans == 0)
        let last = planner.next(observed: Observed(Self.points))
        #expect(last == .hold)
    }

    @Test func aHigherRateIsPlannedForAtOnceAndALowerOneInTime() throws {
        var planner = try planner()
        var observed = Observed(Self.points)
        try follow(&planner, Array(repeating: 10, count: 300), &observed)
        #expect(planner.plan?.observation?.mode == Self.mode(1))
        try follow(&planner, [70], &observed)
        #expect(planner.plan?.observation?.mode == Self.mode(2) && planner.modeChanges == 1)
        try follow(&planner, Array(repeating: 70, count: 5) + Array(repeating: 10, count: 50), &observed)
        #expect(planner.plan?.observation?.mode == Self.mode(2))
        try follow(&planner, Array(repeating: 10, count: 150), &observed)
        #expect(planner.plan?.observation?.mode == Self.mode(1) && planner.modeChanges == 2)
    }

    @Test func noiseAroundTheEdgeOfAModeDoesNotMakeItFlap() throws {
        var generator = SeededGenerator(seed: 2)
        var planner = try planner()
        var observed = Observed(Self.points)
        // The first mode ends at 40/s, where the bound of these counts is.
        let counts = (0..<7_200).map { _ in Arrivals.poisson(25, using: &generator) }
        try follow(&planner, counts, &observed)
        #expect(planner.modeChanges <= 12, "\(planner.modeChanges)")
        #expect(planner.replans <= 7_200 / 60 * 2)
    }

    @Test func aChangeThatDoesNotPayIsNotMade() throws {
        var observed = Observed(Self.points)
        for (change, changes) in [(0.1, 1), (1e6, 0)] {
            var planner = try planner(change: change)
            try follow(&planner, Array(repeating: 100, count: 10) + Array(repeating: 10, count: 300), &observed)
            #expect(planner.modeChanges == changes)
            // The estimate fell all the same.
            #expect(try #require(planner.plan?.ratePerSecond) < 25)
        }
    }

    @Test func itSearchesOncePerRateAndOnlyWhereNothingKnownWillDo() throws {
        let counted = Counter()
        var planner = try planner(known: []) { problem in
            counted.count.withLock { $0 += 1 }
            return InOrder(problem: problem)
        }
        var observed = Observed<PairObservation>()
        try follow(&planner, [10], &observed)
        #expect(observed.all.count == 4 && planner.plan?.profiles == 4 && counted.count.withLock { $0 } == 1)
        try follow(&planner, Array(repeating: 30, count: 10) + Array(repeating: 10, count: 300), &observed)
        #expect(counted.count.withLock { $0 } == 1 && planner.plan?.profiles == 0)
        // Nothing serves 1000/s: each such rate is searched once, and the closest point is run.
        let burst = Array(repeating: 1000.0, count: 3) + Array(repeating: 10, count: 300)
        try follow(&planner, burst + [1000], &observed)
        let once = counted.count.withLock { $0 }
        #expect(once > 1 && observed.all.count == 4)
        guard case .unsolvable(let closest, _) = planner.plan?.outcome else {
            Issue.record("\(String(describing: planner.plan))")
            return
        }
        #expect(closest.point == Self.points[3].point)
        let rate = try #require(planner.plan?.ratePerSecond)
        try follow(&planner, Array(repeating: 10, count: 300), &observed)
        #expect(try #require(planner.plan?.ratePerSecond) < rate)
    }

    private final class Counter: Sendable {
        let count = Mutex(0)
    }

    @Test func theSameForTheSameCountsInWhateverOrderThePointsCame() throws {
        var generator = SeededGenerator(seed: 12)
        let counts = (0..<2_000).map { second in
            Arrivals.grouped((second / 300) % 2 == 0 ? 20 : 90, size: 3, using: &generator)
        }
        func plans(_ points: [PairObservation]) throws -> [WindowPlan<PairObservation>?] {
            var planner = try planner(known: points)
            var observed = Observed(points)
            return try counts.map { count in
                try follow(&planner, [count], &observed)
                return planner.plan
            }
        }
        let plans = (try plans(Self.points), try plans(Self.points.reversed()))
        #expect(plans.0 == plans.1)
    }

    @Test func hostileSeriesAreFollowed() throws {
        var planner = try planner()
        var observed = Observed(Self.points)
        try follow(&planner, Array(repeating: 0, count: 10_000), &observed)
        // The bound starts as that of a Poisson process and falls rung by rung.
        #expect(planner.replans <= 15 && planner.plan?.observation != nil)
        try follow(&planner, [1e6, 0, 0, 1e12], &observed)
        try follow(&planner, Array(repeating: 10, count: 1_000), &observed)
        #expect(try #require(planner.plan?.ratePerSecond) < 30 && planner.plan?.observation?.mode == Self.mode(1))
    }

    @Test func settingsThatMakeNoSenseAreRefused() throws {
        let estimate = try #require(RateEstimate(missShare: 0.001, memorySeconds: 10))
        let band = try #require(RateBand(step: 1.1, slack: 1.25, holdSeconds: 60))
        for (change, reach) in [(-1.0, 2.0), (.nan, 2), (.infinity, 2), (0, 0.5), (0, .nan)] {
            let planner = RatePlanner(
                problem: problem, estimate: estimate, band: band, changeSeconds: change, reach: reach
            ) { _ in Nothing() }
            #expect(planner == nil)
        }
    }
}
