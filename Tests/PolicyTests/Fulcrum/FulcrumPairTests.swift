import Testing

@testable import Policy

/// An inference alone, and with a training beside it.
@Suite struct FulcrumPairTests {
    private func references(_ count: Int) throws -> [ReferenceWorkload] {
        var family = WorkloadFamily(seed: 21)
        return try (0..<count).flatMap { number in
            let pair = try family.nextPair()
            return [pair.reference("inference \(number)"), pair.backgroundReference("training \(number)")]
        }
    }

    private func problem(_ pair: SyntheticPair, _ share: Double, rate: Double = 20) -> PairProblem {
        PairProblem(
            budgetWatts: pair.budget(share), latencySeconds: 1.5, ratePerSecond: rate, objective: .throughput)
    }

    private func search(
        _ pair: SyntheticPair, _ problem: PairProblem, _ references: [ReferenceWorkload], risk: Double? = 0.05,
        profiles: Int = FulcrumSearch.Settings.pairProfiles
    ) -> FulcrumSearch.Pair {
        FulcrumSearch.Pair(
            grid: pair.grid, problem: problem,
            inference: SurfacePriors(inference: pair.grid, references: references),
            background: SurfacePriors(training: pair.grid.modes, references: references),
            settings: FulcrumSearch.Settings(profileLimit: profiles, overBudgetRisk: risk))
    }

    private func inferSearch(
        _ pair: SyntheticPair, _ problem: InferProblem, _ references: [ReferenceWorkload], risk: Double? = 0.05
    ) -> FulcrumSearch.Infer {
        FulcrumSearch.Infer(
            grid: pair.grid, problem: problem, priors: SurfacePriors(inference: pair.grid, references: references),
            settings: FulcrumSearch.Settings(overBudgetRisk: risk))
    }

    @Test(arguments: [(0, 0.35), (1, 0.1), (3, 0.1)])
    func pairsAreSolvedNearTheOptimum(references count: Int, most: Double) throws {
        let known = try references(count)
        var family = WorkloadFamily(seed: 22)
        for (risk, factor) in [(Double?.none, 1.0), (0.05, 2)] {
            var (loss, searches, unsolved, over, profiles) = (0.0, 0, 0, 0, 0)
            for _ in 0..<3 {
                let pair = try family.nextPair()
                for share in [0.3, 0.6, 0.9] {
                    let problem = problem(pair, share)
                    let optimum = try #require(problem.optimum(over: pair.all))
                    let played = try #require(play(search(pair, problem, known, risk: risk)) { pair.pairs[$0] })
                    searches += 1
                    profiles += played.profiled.all.count
                    over += played.profiled.all.count { $0.powerWatts > problem.budgetWatts }
                    #expect(played.answer == problem.optimum(over: played.profiled.all))
                    guard let answer = played.answer else {
                        unsolved += 1
                        continue
                    }
                    loss += 1 - problem.reached(answer) / problem.reached(optimum)
                }
            }
            let mean = loss / Double(max(1, searches - unsolved))
            #expect(unsolved == 0 && mean < most * factor, "\(count), \(String(describing: risk)): \(mean)")
            if risk != nil, count == 3 { #expect(Double(over) <= 0.1 * Double(profiles), "\(over) of \(profiles)") }
        }
    }

    @Test func inferencesAreSolvedNearTheOptimum() throws {
        let known = try references(2)
        var family = WorkloadFamily(seed: 23)
        var (excess, searches, over, profiles) = (0.0, 0.0, 0, 0)
        for _ in 0..<4 {
            let pair = try family.nextPair()
            for (share, rate) in [(0.3, 20.0), (0.6, 40), (0.9, 10)] {
                let problem = problem(pair, share, rate: rate).inference
                let optimum = try #require(problem.optimum(over: pair.all.compactMap { pair.inference($0.point) }))
                let played = try #require(play(inferSearch(pair, problem, known)) { pair.inference($0) })
                profiles += played.profiled.all.count
                over += played.profiled.all.count { $0.powerWatts > problem.budgetWatts }
                let answer = try #require(played.answer)
                excess += answer.minibatchMilliseconds / optimum.minibatchMilliseconds - 1
                searches += 1
            }
        }
        #expect(excess / searches < 0.1, "\(excess / searches)")
        #expect(Double(over) <= 0.1 * Double(profiles), "\(over) of \(profiles)")
    }

    @Test func answersAreThereAtAnyTime() throws {
        let known = try references(1)
        var family = WorkloadFamily(seed: 24)
        let pair = try family.nextPair()
        let problem = problem(pair, 0.6)
        // With a bound on risk a search of more profiles spends more of them on finding the way.
        let whole = try #require(play(search(pair, problem, known, risk: nil)) { pair.pairs[$0] }).profiled.all
        for limit in [1, 3, 5] {
            let played = try #require(play(search(pair, problem, known, risk: nil, profiles: limit)) { pair.pairs[$0] })
            #expect(played.profiled.all == Array(whole.prefix(limit)))
            #expect(played.answer == problem.optimum(over: whole.prefix(limit)))
        }
    }

    @Test func goalsThatNothingMeets() throws {
        let known = try references(2)
        var family = WorkloadFamily(seed: 25)
        let pair = try family.nextPair()
        for references in [[], known] {
            var low = problem(pair, 0)
            low.inference.budgetWatts /= 2
            let hungry = try #require(play(search(pair, low, references)) { pair.pairs[$0] })
            #expect(hungry.answer == nil && hungry.profiled.all.count <= 3)
            // Requests that come faster than any mode can serve: power is no reason to end, but it does end.
            let late = PairProblem(budgetWatts: 100, latencySeconds: 1e-6, ratePerSecond: 1e6)
            let slow = try #require(play(search(pair, late, references)) { pair.pairs[$0] })
            #expect(slow.answer == nil && slow.profiled.all.count <= 15)
        }
    }

    @Test func otherValuesStartItAnewAndStrangersPlayNoPart() throws {
        let known = try references(1)
        var family = WorkloadFamily(seed: 26)
        let pair = try family.nextPair()
        let problem = problem(pair, 0.6)
        let profiled = try #require(play(search(pair, problem, known)) { pair.pairs[$0] }).profiled.all
        try #require(profiled.count >= 4)
        var changed = Array(profiled.prefix(4))
        changed[1].backgroundWatts *= 1.2
        var (used, fresh) = (search(pair, problem, known), search(pair, problem, known))
        _ = used.next(observed: Observed(profiled))
        var stranger = changed[0]
        stranger.point.minibatch = 3
        let step = fresh.next(observed: Observed(changed))
        #expect(used.next(observed: Observed(changed)) == step && used.steps == fresh.steps)
        #expect(used.next(observed: Observed([stranger] + changed)) == step)
    }

    @Test func eachStepTellsOfBothWorkloads() throws {
        let known = try references(2)
        var family = WorkloadFamily(seed: 27)
        let pair = try family.nextPair()
        let problem = problem(pair, 0.5)
        var search = search(pair, problem, known)
        var observed = Observed<PairObservation>()
        while case .profile(let point) = search.next(observed: observed), observed.all.count < 15 {
            observed.record(try #require(pair.pairs[point]))
        }
        #expect(search.steps.count == observed.all.count && observed.all.count > 2)
        for (step, row) in zip(search.steps, observed.all) {
            #expect(step.mode == row.mode && step.minibatch == row.point.minibatch)
            #expect(
                step.workloads.map(\.measuredMilliseconds) == [row.inferenceMilliseconds, row.backgroundMilliseconds])
            #expect(step.workloads.map(\.measuredWatts) == [row.inferenceWatts, row.backgroundWatts])
            #expect(step.workloads.allSatisfy { $0.watts.interval.contains($0.watts.median) })
            #expect((0...1).contains(step.overBudgetChance))
            // An inference's surface over sizes is known from inferences only.
            #expect(
                step.workloads[0].resembled.hasPrefix("inference") || step.workloads[0].resembled == "the mean of all")
        }
        var alone = inferSearch(pair, problem.inference, known)
        var seen = Observed<InferenceObservation>()
        while case .profile(let point) = alone.next(observed: seen), seen.all.count < 10 {
            seen.record(try #require(pair.inference(point)))
        }
        #expect(alone.steps.count == seen.all.count)
        #expect(alone.steps.map(\.minibatch) == seen.all.map(\.point.minibatch))
    }

    @Test func trainingsAloneAreReferencesOfAnInference() throws {
        var family = WorkloadFamily(seed: 28)
        let known = [try family.next().reference("a training")]
        let pair = try family.nextPair()
        let problem = problem(pair, 0.6)
        let played = try #require(play(search(pair, problem, known, risk: nil)) { pair.pairs[$0] })
        let optimum = try #require(problem.optimum(over: pair.all))
        #expect(try problem.reached(#require(played.answer)) > 0.6 * problem.reached(optimum))
    }

    @Test func aGridThatIsTooLargeIsNotSearched() throws {
        let modes = try #require(
            ModeGrid(cores: Array(1...12), cpuKHz: Array(1...60), gpuHz: Array(1...60), emcHz: Array(1...20)))
        let grid = try #require(InferenceGrid(modes: modes, minibatches: [1, 2]))
        #expect(SurfacePriors(inference: grid, references: []) == nil)
        let problem = PairProblem(budgetWatts: 10, latencySeconds: 1, ratePerSecond: 1)
        var pair = FulcrumSearch.Pair(grid: grid, problem: problem, inference: nil, background: nil)
        #expect(pair.next(observed: Observed()) == .answer(nil))
        var infer = FulcrumSearch.Infer(grid: grid, problem: problem.inference, priors: nil)
        #expect(infer.next(observed: Observed()) == .answer(nil))
        let known = InferenceObservation(
            point: InferencePoint(mode: modes.lowest, minibatch: 1), minibatchMilliseconds: 1, powerWatts: 5)
        #expect(
            infer.next(observed: Observed([known]))
                == .answer(problem.inference.isFeasible(known) ? known : nil))
    }
}
