import Testing

@testable import Policy

@Suite struct FulcrumTrainTests {
    private func references(_ count: Int, seed: UInt64 = 1) throws -> [ReferenceWorkload] {
        var family = WorkloadFamily(seed: seed)
        return try (0..<count).map { try family.next().reference("reference \($0)") }
    }

    private func search(
        _ workload: SyntheticWorkload, _ budget: Double, _ references: [ReferenceWorkload], profiles: Int = 10,
        risk: Double? = 0.05
    ) -> FulcrumSearch.Train {
        FulcrumSearch.Train(
            grid: workload.grid, problem: TrainProblem(budgetWatts: budget), references: references,
            settings: FulcrumSearch.Settings(profileLimit: profiles, overBudgetRisk: risk))
    }

    /// How much slower than the best within the budget, as a share.
    private func excess(_ answer: TrainingObservation, _ workload: SyntheticWorkload, _ budget: Double) throws -> Double
    {
        let optimum = try #require(TrainProblem(budgetWatts: budget).optimum(over: workload.rows))
        return answer.minibatchMilliseconds / optimum.minibatchMilliseconds - 1
    }

    @Test func placesOfTheGrid() throws {
        let grid = try #require(ModeGrid(cores: [2, 4], cpuKHz: [1, 5, 9], gpuHz: [3, 4], emcHz: [8, 9, 10]))
        for (index, mode) in grid.allModes.enumerated() {
            #expect(grid.index(of: mode) == index && grid.mode(index) == mode)
        }
        #expect(grid.index(of: PowerMode(cores: 2, cpuKHz: 2, gpuHz: 3, emcHz: 8)) == nil)
        let points = try #require(InferenceGrid(modes: grid, minibatches: [1, 8, 64]))
        #expect((0..<points.count).allSatisfy { points.index(of: points.point($0)) == $0 })
        #expect(Set((0..<points.count).map { points.point($0) }).count == points.count)
        #expect(points.index(of: InferencePoint(mode: grid.lowest, minibatch: 2)) == nil)
    }

    /// Searches of a family from `count` references; what came of them.
    private func sweep(_ count: Int, risk: Double?, profiles: Int = 10, workloads: Int = 12) throws -> (
        searches: Int, unsolved: Int, profiles: Int, over: Int, meanExcess: Double
    ) {
        let known = try references(count)
        var family = WorkloadFamily(seed: 77)
        var result = (searches: 0, unsolved: 0, profiles: 0, over: 0, meanExcess: 0.0)
        for _ in 0..<workloads {
            let workload = try family.next()
            let priors = SurfacePriors(training: workload.grid, references: known)
            for share in [0.1, 0.3, 0.5, 0.7, 0.9] {
                let budget = workload.budget(share)
                let search = FulcrumSearch.Train(
                    grid: workload.grid, problem: TrainProblem(budgetWatts: budget), priors: priors,
                    settings: FulcrumSearch.Settings(profileLimit: profiles, overBudgetRisk: risk))
                let played = try #require(workload.play(search))
                result.searches += 1
                result.profiles += played.profiled.count
                result.over += played.profiled.count { $0.powerWatts > budget }
                if let answer = played.answer {
                    result.meanExcess += try excess(answer, workload, budget)
                } else {
                    result.unsolved += 1
                }
            }
        }
        result.meanExcess /= Double(max(1, result.searches - result.unsolved))
        return result
    }

    @Test func profilesOverTheBudgetStayNearTheBound() throws {
        let bounded = try sweep(3, risk: 0.05)
        #expect(bounded.searches == 60 && bounded.unsolved == 0)
        #expect(Double(bounded.over) <= 0.1 * Double(bounded.profiles), "\(bounded)")
        #expect(bounded.meanExcess < 0.1, "\(bounded)")
        let unbounded = try sweep(3, risk: nil)
        #expect(unbounded.unsolved == 0 && unbounded.meanExcess < 0.02, "\(unbounded)")
        // There is something to bound.
        #expect(unbounded.over > 2 * bounded.over, "\(unbounded)")
    }

    @Test(arguments: [0, 1, 8]) func anyNumberOfReferences(count: Int) throws {
        let unbounded = try sweep(count, risk: nil, workloads: 4)
        #expect(unbounded.unsolved == 0 && unbounded.meanExcess < (count == 0 ? 0.1 : 0.03), "\(unbounded)")
        let bounded = try sweep(count, risk: 0.05, workloads: 4)
        #expect(bounded.unsolved <= bounded.searches / 10 && bounded.meanExcess < 0.15, "\(bounded)")
    }

    @Test func itStartsLow() throws {
        let known = try references(3)
        var family = WorkloadFamily(seed: 5)
        for count in [0, 1, 3] {
            for _ in 0..<4 {
                let workload = try family.next()
                for share in [0.05, 0.3, 0.6] {
                    let budget = workload.budget(share)
                    var search = search(workload, budget, Array(known.prefix(count)))
                    guard case .profile(let first) = search.next(observed: Observed()) else {
                        Issue.record("It does not begin.")
                        return
                    }
                    let step = try #require(search.expectation(of: first))
                    let chances = workload.grid.allModes.compactMap { search.expectation(of: $0)?.overBudgetChance }
                    // What is allowed, or where that is nowhere the least.
                    let least = try #require(chances.min())
                    #expect(step.overBudgetChance <= max(0.05, least) + 1e-9)
                    let watts = try #require(workload.observations[first]).powerWatts
                    #expect(watts <= max(budget, workload.budget(0.1)), "\(count) \(share)")
                }
            }
        }
    }

    @Test func theAnswerIsThereAtAnyTime() throws {
        let known = try references(2)
        var family = WorkloadFamily(seed: 6)
        for _ in 0..<5 {
            let workload = try family.next()
            for share in [0.2, 0.6] {
                let problem = TrainProblem(budgetWatts: workload.budget(share))
                // With a bound on risk a search of more profiles spends more of them on finding the way.
                let whole = try #require(
                    workload.play(search(workload, problem.budgetWatts, known, risk: nil))
                ).profiled
                for limit in [0, 1, 3, 5, 9] {
                    let played = try #require(
                        workload.play(search(workload, problem.budgetWatts, known, profiles: limit, risk: nil)))
                    #expect(played.profiled == Array(whole.prefix(limit)))
                    #expect(played.answer == problem.optimum(over: whole.prefix(limit)))
                    if whole.prefix(limit).contains(where: problem.isFeasible) { #expect(played.answer != nil) }
                }
            }
        }
        let workload = try family.next()
        var none = search(workload, 20, known, profiles: -1)
        #expect(none.next(observed: Observed(workload.rows.prefix(3))) != .answer(nil))
    }

    @Test func otherValuesStartItAnew() throws {
        let known = try references(2)
        var family = WorkloadFamily(seed: 7)
        let workload = try family.next()
        let budget = workload.budget(0.5)
        let profiled = try #require(workload.play(search(workload, budget, known))).profiled
        try #require(profiled.count >= 3)
        var used = search(workload, budget, known)
        _ = used.next(observed: Observed(profiled))
        var changed = Array(profiled.prefix(3))
        changed[0].powerWatts *= 1.3
        changed[1].minibatchMilliseconds *= 0.7
        var fresh = search(workload, budget, known)
        #expect(used.next(observed: Observed(changed)) == fresh.next(observed: Observed(changed)))
        #expect(used.steps == fresh.steps && used.steps.count == 3)
        // Not a number is not equal to itself, and yet the same.
        changed[1].minibatchMilliseconds = .nan
        #expect(used.next(observed: Observed(changed)) == fresh.next(observed: Observed(changed)))
        #expect(used.next(observed: Observed(changed)) == fresh.next(observed: Observed(changed)))
        #expect(used.steps.count == 3)
    }

    @Test func pointsOffTheGridPlayNoPart() throws {
        let known = try references(1)
        var family = WorkloadFamily(seed: 8)
        let workload = try family.next()
        let budget = workload.budget(0.5)
        let strangers = [1, 105, 100_000].map {
            TrainingObservation(
                mode: PowerMode(cores: $0, cpuKHz: 100, gpuHz: 100, emcHz: 100), minibatchMilliseconds: 1, powerWatts: 1
            )
        }
        var plain = search(workload, budget, known)
        var mixed = search(workload, budget, known)
        var (own, all) = (Observed<TrainingObservation>(), Observed(strangers.prefix(1)))
        for number in 0..<12 {
            let step = plain.next(observed: own)
            #expect(mixed.next(observed: all) == step)
            guard case .profile(let mode) = step, let row = workload.observations[mode] else { break }
            own.record(row)
            all.record(row)
            if number == 1 { for stranger in strangers.dropFirst() { all.record(stranger) } }
        }
        #expect(own.all.count > 3 && mixed.steps == plain.steps)
        #expect(mixed.expectation(of: strangers[0].mode) == nil)
    }

    @Test func aWholeTableOfObservationsIsAnsweredAtOnce() throws {
        let workload = try #require(
            SyntheticWorkload(lengths: [8, 8, 8, 8]) { (1000 / Double(1 + $0[1]), Double(5 + $0.reduce(0, +))) })
        var search = search(workload, 20, [])
        // Learning from all 4096 would take hours.
        let answer = search.next(observed: Observed(workload.rows))
        #expect(answer == .answer(TrainProblem(budgetWatts: 20).optimum(over: workload.rows)))
        #expect(search.steps.count == 10)
    }

    @Test func hostileReferences() throws {
        var family = WorkloadFamily(seed: 9)
        let workload = try family.next()
        func constant(_ milliseconds: Double, _ watts: Double) -> ReferenceWorkload {
            ReferenceWorkload(
                name: "constant",
                training: MeasuredSurface(
                    workload.rows.map {
                        TrainingObservation(
                            mode: $0.mode, minibatchMilliseconds: milliseconds, powerWatts: watts)
                    }, provenance: ""))
        }
        let empty = ReferenceWorkload(
            name: "empty", training: MeasuredSurface([TrainingObservation](), provenance: ""))
        let good = try references(2)
        for share in [0.2, 0.5, 0.8] {
            let budget = workload.budget(share)
            for hostile in [constant(1e9, 1e9), constant(1e-9, 1e-9), empty] {
                for risk in [0.05, nil] {
                    let alone = try #require(workload.play(search(workload, budget, [hostile], risk: risk)))
                    #expect(alone.answer.map { $0.powerWatts <= budget } ?? true && alone.profiled.count <= 10)
                    let beside = try #require(workload.play(search(workload, budget, good + [hostile], risk: risk)))
                    let answer = try #require(beside.answer)
                    #expect(try excess(answer, workload, budget) < 0.15, "\(hostile.name) \(share)")
                }
            }
            // Of the right size, but with nothing to say.
            let flat = try #require(workload.play(search(workload, budget, [constant(80, 15)], risk: nil)))
            #expect(try excess(#require(flat.answer), workload, budget) < 0.25, "\(share)")
        }
    }

    @Test func aGridOfOneMode() throws {
        let workload = try #require(SyntheticWorkload(lengths: [1, 1, 1, 1]) { _ in (50, 12) })
        let played = try #require(workload.play(search(workload, 12, [])))
        #expect(played.profiled == workload.rows && played.answer == workload.rows.first)
        let over = try #require(workload.play(search(workload, 11, [])))
        #expect(over.profiled.count <= 1 && over.answer == nil)
    }

    @Test func budgetsThatNothingKeeps() throws {
        let known = try references(3)
        var family = WorkloadFamily(seed: 10)
        for count in [0, 1, 3] {
            let workload = try family.next()
            for budget in [-1, 0, 0.001, workload.budget(0) * 0.5] {
                let played = try #require(workload.play(search(workload, budget, Array(known.prefix(count)))))
                #expect(played.answer == nil && played.profiled.count <= 3, "\(count) \(budget)")
            }
        }
        // And one that everything keeps.
        let workload = try family.next()
        for budget in [1e300, Double.infinity] {
            let played = try #require(workload.play(search(workload, budget, known)))
            #expect(try excess(#require(played.answer), workload, budget) < 0.05)
        }
        #expect(try #require(workload.play(search(workload, .nan, known))).answer == nil)
    }

    @Test func aGridThatIsTooLargeIsNotSearched() throws {
        let grid = try #require(
            ModeGrid(cores: Array(1...12), cpuKHz: Array(1...100), gpuHz: Array(1...100), emcHz: Array(1...100)))
        #expect(SurfacePriors(training: grid, references: []) == nil)
        let problem = TrainProblem(budgetWatts: 10)
        var search = FulcrumSearch.Train(grid: grid, problem: problem, references: [])
        #expect(search.next(observed: Observed()) == .answer(nil))
        let known = TrainingObservation(mode: grid.lowest, minibatchMilliseconds: 5, powerWatts: 9)
        #expect(search.next(observed: Observed([known])) == .answer(known))
        #expect(search.steps.isEmpty && search.expectation(of: grid.lowest) == nil)
        // Priors of another grid are none.
        let small = try #require(syntheticGrid([2, 2, 2, 2]))
        let other = try #require(syntheticGrid([2, 2, 2, 1]))
        var mismatched = FulcrumSearch.Train(
            grid: small, problem: problem, priors: SurfacePriors(training: other, references: []))
        #expect(mismatched.next(observed: Observed()) == .answer(nil))
    }

    @Test func anOddProfileDoesNotWreckTheAnswer() throws {
        let known = try references(3)
        var family = WorkloadFamily(seed: 12)
        var (plain, odd, searches) = (0.0, 0.0, 0.0)
        for _ in 0..<8 {
            let workload = try family.next()
            let budget = workload.budget(0.6)
            let undisturbed = try #require(workload.play(search(workload, budget, known, risk: nil)))
            plain += try excess(#require(undisturbed.answer), workload, budget)
            // The board was throttled, or something else ran.
            for spoiled in [1, 2] {
                var count = -1
                let played = try #require(
                    play(search(workload, budget, known, risk: nil)) { mode in
                        count += 1
                        return workload.observations[mode].map { row in
                            TrainingObservation(
                                mode: mode,
                                minibatchMilliseconds: row.minibatchMilliseconds * (count == spoiled ? 2 : 1),
                                powerWatts: row.powerWatts * (count == spoiled ? 1.5 : 1))
                        }
                    })
                odd += try excess(#require(played.answer), workload, budget)
                searches += 1
            }
        }
        #expect(plain / 8 < 0.02 && odd / searches < 0.05, "\(plain / 8), \(odd / searches)")
    }

    @Test func itExplainsItself() throws {
        let known = try references(3)
        var family = WorkloadFamily(seed: 13)
        var (inside, all) = (0, 0)
        for _ in 0..<6 {
            let workload = try family.next()
            let budget = workload.budget(0.5)
            var search = search(workload, budget, known)
            #expect(search.steps.isEmpty)
            var observed = Observed<TrainingObservation>()
            while case .profile(let mode) = search.next(observed: observed), observed.all.count < 10 {
                let row = try #require(workload.observations[mode])
                let before = try #require(search.expectation(of: mode))
                #expect(before.workloads.map(\.measuredWatts) == [nil] && before.minibatch == nil)
                observed.record(row)
                _ = search.next(observed: observed)
                let step = try #require(search.steps.last)
                #expect(search.steps.count == observed.all.count && step.mode == mode)
                #expect(step.overBudgetChance == before.overBudgetChance && (0...1).contains(step.overBudgetChance))
                let own = try #require(step.workloads.first)
                #expect(step.workloads.count == 1 && own.watts == before.workloads.first?.watts)
                #expect(own.measuredMilliseconds == row.minibatchMilliseconds && own.measuredWatts == row.powerWatts)
                #expect((known.map(\.name) + ["the mean of all"]).contains(own.resembled))
                for (expected, seen) in [
                    (own.milliseconds, row.minibatchMilliseconds), (own.watts, row.powerWatts),
                ] {
                    #expect(expected.interval.contains(expected.median))
                    all += 1
                    if expected.interval.contains(seen) { inside += 1 }
                }
            }
        }
        #expect(all > 40 && Double(inside) > 0.8 * Double(all), "\(inside) of \(all)")
    }
}
