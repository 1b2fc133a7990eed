import Synchronization
import Testing

@testable import Policy

@Suite struct DynamicArrivalsTests {
    /// Three GPU clocks and sizes 1, 4, 16: an inference of 40, 20, 10 ms + 5 ms per request at 10, 20, 30 W.
    private func board() throws -> SyntheticPair {
        try #require(
            SyntheticPair(lengths: [1, 3, 1, 1], minibatches: [1, 4, 16]) { indices, b in
                let level = Double(indices[1])
                return (
                    ([40, 20, 10][indices[1]] + 5 * Double(b), 10 + 10 * level), (200 / (1 + level), 9 + 10 * level)
                )
            })
    }

    private func arrivals(
        _ rates: [Double], _ board: SyntheticPair, budget: Double = 25, latency: Double = 1,
        known: [PairObservation] = [], reach: Double = .infinity
    ) throws -> DynamicArrivals<PairProblem> {
        let grid = board.grid
        let arrivals = DynamicArrivals(
            ratesPerSecond: rates,
            problem: PairProblem(budgetWatts: budget, latencySeconds: latency, ratePerSecond: 0),
            known: Observed(known), reach: reach
        ) { GMD.Pair(grid: grid, problem: $0) }
        return try #require(arrivals)
    }

    private func play(_ start: DynamicArrivals<PairProblem>, _ board: SyntheticPair) throws
        -> (profiled: [PairObservation], plans: [WindowPlan<PairObservation>])
    {
        var arrivals = start
        var observed = Observed<PairObservation>()
        while true {
            switch arrivals.next(observed: observed) {
            case .plans(let plans): return (observed.all, plans)
            case .profile(let point):
                try #require(observed[point] == nil)
                observed.record(try #require(board.pairs[point]))
            }
        }
    }

    private func problem(_ rate: Double, budget: Double = 25, latency: Double = 1) -> PairProblem {
        PairProblem(budgetWatts: budget, latencySeconds: latency, ratePerSecond: rate)
    }

    @Test func theFirstWindowSearchesAndLaterOnesUseItsFront() throws {
        let board = try board()
        let (profiled, plans) = try play(arrivals([20, 21, 19, 25], board), board)
        let search = try #require(
            PolicyTests.play(GMD.Pair(grid: board.grid, problem: problem(20))) { board.pairs[$0] })
        #expect(profiled == search.profiled.all)
        #expect(plans.map(\.profiles) == [profiled.count, 0, 0, 0])
        for plan in plans {
            #expect(plan.outcome == problem(plan.ratePerSecond).optimum(over: profiled).map { .run($0) })
        }
    }

    @Test func aWindowThatTheFrontDoesNotCoverSearchesOn() throws {
        let board = try board()
        // At 20/s minibatches of 16 are served within 1 s; at 9/s they take too long to fill.
        let (profiled, plans) = try play(arrivals([20, 9, 20, 9], board), board)
        #expect(plans[1].profiles > 0 && plans[0].profiles + plans[1].profiles == profiled.count)
        #expect(plans[2].profiles == 0 && plans[3].profiles == 0)
        guard case .run(let observation) = plans[1].outcome else {
            Issue.record("\(plans[1])")
            return
        }
        #expect(problem(9).isFeasible(observation) && plans[3].outcome == plans[1].outcome)
    }

    @Test func knownObservationsCoverWithoutAProfile() throws {
        let board = try board()
        let (profiled, plans) = try play(arrivals([20, 9], board, known: board.all), board)
        #expect(profiled.isEmpty)
        #expect(plans.map(\.outcome) == [20, 9].map { .run(problem($0).optimum(over: board.all) ?? board.all[0]) })
    }

    @Test func aFiniteReachSearchesAgainWhereTheRateIsFarOff() throws {
        let board = try board()
        // Feasible all the way by what 20/s has seen, but further and further from what was searched.
        let rates = [20.0, 22, 30, 44, 60]
        let (_, always) = try play(arrivals(rates, board), board)
        #expect(always.dropFirst().allSatisfy { $0.profiles == 0 })
        let searched = Mutex<[Double]>([])
        let grid = board.grid
        let arrivals = DynamicArrivals(
            ratesPerSecond: rates, problem: PairProblem(budgetWatts: 25, latencySeconds: 1, ratePerSecond: 0),
            known: Observed(board.all), reach: 1.5
        ) { problem in
            searched.withLock { $0.append(problem.ratePerSecond) }
            return GMD.Pair(grid: grid, problem: problem)
        }
        _ = try play(#require(arrivals), board)
        #expect(searched.withLock { $0 } == [20, 44])
    }

    /// Each rate is searched by one search, however many profiles that waits for and however often the rate comes.
    @Test(arguments: [1, 1.5, Double.infinity]) func noRateIsSearchedTwice(reach: Double) throws {
        let board = try board()
        let grid = board.grid
        for odd in [false, true] {
            let searched = Mutex<[Double]>([])
            // Nothing serves 320/s, and nothing keeps within 1 s at 0.5/s.
            let rates = [320.0, 0.5, 320, 20, 320, 0.5, 20, 320]
            let start = DynamicArrivals(
                ratesPerSecond: rates, problem: PairProblem(budgetWatts: 25, latencySeconds: 1, ratePerSecond: 0),
                reach: reach
            ) { problem in
                searched.withLock { $0.append(problem.ratePerSecond) }
                return GMD.Pair(grid: grid, problem: problem)
            }
            var arrivals = try #require(start)
            var observed = Observed<PairObservation>()
            while case .profile(let point) = arrivals.next(observed: observed) {
                try #require(observed[point] == nil)
                var observation = try #require(board.pairs[point])
                // A value that is not a number is no change from one call to the next.
                if odd { observation.backgroundMilliseconds = .nan }
                observed.record(observation)
            }
            guard case .plans(let plans) = arrivals.next(observed: observed) else {
                Issue.record("All points were profiled, and there is no plan.")
                continue
            }
            #expect(searched.withLock { $0.count } == Set(searched.withLock { $0 }).count)
            #expect(searched.withLock { $0.prefix(2) } == [320, 0.5])
            #expect(plans.map(\.ratePerSecond) == rates && plans.map(\.profiles).reduce(0, +) == observed.all.count)
            for plan in plans {
                let best = problem(plan.ratePerSecond).optimum(over: observed.all)
                if plan.ratePerSecond == 20, !odd { #expect(best.map { .run($0) } == plan.outcome) }
                if plan.ratePerSecond != 20 { #expect(best == nil) }
            }
            #expect(Set(plans.suffix(4).filter { $0.ratePerSecond == 320 }.map(\.outcome)).count == 1 || odd)
        }
    }

    @Test func theNearestSearchedRateDecidesAboutReach() throws {
        let board = try board()
        let grid = board.grid
        let searched = Mutex<[Double]>([])
        var generator = SeededGenerator(seed: 3)
        let rates = (0..<60).map { _ in Double.random(in: 5...60, using: &generator) }
        let arrivals = DynamicArrivals(
            ratesPerSecond: rates, problem: PairProblem(budgetWatts: 25, latencySeconds: 1, ratePerSecond: 0),
            known: Observed(board.all), reach: 1.1
        ) { problem in
            searched.withLock { $0.append(problem.ratePerSecond) }
            return GMD.Pair(grid: grid, problem: problem)
        }
        _ = try play(#require(arrivals), board)
        var expected: [Double] = []
        for rate in rates {
            let isNear = expected.contains { max($0, rate) <= 1.1 * min($0, rate) }
            if !isNear || problem(rate).optimum(over: board.all) == nil { expected.append(rate) }
        }
        #expect(searched.withLock { $0 } == expected && expected.count > 5 && expected.count < 60)
    }

    @Test func aPlanNeverUsesWhatALaterWindowProfiled() throws {
        let board = try board()
        let (alone, first) = try play(arrivals([20], board), board)
        let (profiled, plans) = try play(arrivals([20, 9], board), board)
        #expect(plans[0] == first[0] && profiled.count > alone.count)
        // Nor where all of it is passed at once.
        var resumed = try arrivals([20, 9], board)
        #expect(resumed.next(observed: Observed(board.all)) == .plans(plans))
    }

    @Test func resumesFromAnyPrefixInAnyOrder() throws {
        var generator = SeededGenerator(seed: 31)
        var searches = 0
        for _ in 0..<25 {
            let board = try #require(SyntheticPair.random(&generator))
            let rates = (0..<8).map { _ in Double.random(in: 0.5...60, using: &generator) }
            let budget = board.all[board.all.count * 2 / 3].powerWatts
            let start = try arrivals(rates, board, budget: budget, reach: 3)
            let (profiled, plans) = try play(start, board)
            #expect(plans.map(\.profiles).reduce(0, +) == profiled.count && plans.map(\.ratePerSecond) == rates)
            searches += plans.filter { $0.profiles > 0 }.count
            var continued = start
            for count in 0...profiled.count {
                let prefix = Observed(profiled.prefix(count).shuffled(using: &generator))
                let expected: ArrivalStep<PairObservation> =
                    count < profiled.count ? .profile(profiled[count].point) : .plans(plans)
                var fresh = start
                #expect(fresh.next(observed: prefix) == expected)
                #expect(continued.next(observed: prefix) == expected)
            }
            // More than was asked for, none of which may help an earlier window; then fewer than it has built on.
            var informed = start
            #expect(informed.next(observed: Observed(board.all)) == .plans(plans))
            #expect(continued.next(observed: Observed()) == profiled.first.map { .profile($0.point) } ?? .plans(plans))
            for plan in plans {
                if case .run(let observation) = plan.outcome {
                    #expect(problem(plan.ratePerSecond, budget: budget).isFeasible(observation))
                }
            }
        }
        #expect(searches > 30)
    }

    @Test func anUnsolvableWindowSaysWhatComesClosest() throws {
        let board = try board()
        // Within 25 W 16 requests take 100 ms: 160/s at most. 12 W leave 120 ms.
        let (_, plans) = try play(arrivals([320, 20], board, known: board.all), board)
        guard case .unsolvable(let closest, let shortfall) = plans[0].outcome else {
            Issue.record("\(plans[0])")
            return
        }
        #expect(closest.inferenceMilliseconds == 100 && closest.point.minibatch == 16)
        #expect(shortfall.load == 2 && abs(shortfall.latenessSeconds) == 0)
        if case .run = plans[1].outcome {} else { Issue.record("\(plans[1])") }

        // Fast enough, but late: at 20/s and b = 1 it is 50 + 25 ms.
        let (_, late) = try play(arrivals([20], board, latency: 0.0625, known: board.all), board)
        guard case .unsolvable(let nearest, let missing) = late[0].outcome else {
            Issue.record("\(late[0])")
            return
        }
        #expect(nearest.point.minibatch == 1 && nearest.inferenceMilliseconds == 25)
        #expect(missing.load == 0.5 && abs(missing.latenessSeconds - 0.0125) < 1e-12)
    }

    @Test func aBudgetBelowAllIsStated() throws {
        let board = try board()
        let (profiled, plans) = try play(arrivals([20, 20], board, budget: 5), board)
        #expect(plans.map(\.outcome) == [.overBudget, .overBudget])
        #expect(plans[0].profiles == profiled.count && plans[1].profiles == 0)
    }

    @Test func keepingUpComesBeforeBeingInTime() {
        let (late, overrun) = (
            Shortfall(load: 0.9, latenessSeconds: 5), Shortfall(load: 1.1, latenessSeconds: 0)
        )
        #expect(late.isCloser(than: overrun) && !overrun.isCloser(than: late))
        #expect(Shortfall(load: 0.9, latenessSeconds: 1).isCloser(than: late) && !late.isCloser(than: late))
        // Below a load of 1, how far below does not matter.
        #expect(!Shortfall(load: 0.1, latenessSeconds: 5).isCloser(than: late))
    }

    @Test func aWindowWithoutRequestsIsIdle() throws {
        let board = try board()
        let (profiled, plans) = try play(arrivals([0, 0], board), board)
        #expect(profiled.isEmpty && plans.map(\.outcome) == [.idle, .idle])
        #expect(try play(arrivals([], board), board).plans.isEmpty)
    }

    @Test func ratesMustBeNumbers() {
        for rates in [[-1.0], [.nan], [1, .infinity]] {
            let arrivals = DynamicArrivals<InferProblem>(
                ratesPerSecond: rates, problem: InferProblem(budgetWatts: 1, latencySeconds: 1, ratePerSecond: 1)
            ) { SurveySearch(FixedPoints(points: []), problem: $0) }
            #expect(arrivals == nil)
        }
    }

    @Test func inferenceAloneHasItsWindowsToo() throws {
        let board = try board()
        let grid = board.grid
        let start = DynamicArrivals(
            ratesPerSecond: [10, 30, 1_000],
            problem: InferProblem(budgetWatts: 25, latencySeconds: 0.5, ratePerSecond: 1)
        ) { GMD.Infer(grid: grid, problem: $0) }
        var arrivals = try #require(start)
        var observed = Observed<InferenceObservation>()
        var plans: [WindowPlan<InferenceObservation>] = []
        while case .profile(let point) = arrivals.next(observed: observed) {
            observed.record(try #require(board.inference(point)))
        }
        if case .plans(let made) = arrivals.next(observed: observed) { plans = made }
        #expect(plans.count == 3)
        // 25 ms at b = 1 serve both; 1,000/s nothing does.
        if case .run(let one) = plans[0].outcome, case .run(let two) = plans[1].outcome {
            #expect(one == two && one.minibatchMilliseconds == 25)
        } else {
            Issue.record("\(plans)")
        }
        if case .unsolvable = plans[2].outcome {} else { Issue.record("\(plans)") }
    }
}
