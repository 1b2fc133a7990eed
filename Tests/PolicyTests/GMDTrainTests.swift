import Testing

@testable import Policy

@Suite struct GMDTrainTests {
    /// Each step of any index costs one watt and saves one millisecond, from 20 W and 100 ms: all scores are equal.
    private func even(_ lengths: [Int]) throws -> SyntheticWorkload {
        try #require(
            SyntheticWorkload(lengths: lengths) { indices in
                let steps = Double(indices.reduce(0, +))
                return (100 - steps, 20 + steps)
            })
    }

    private func moves(_ visits: [GMD.Visit<TrainingObservation>]) -> [(dimension: Dimension, direction: GMD.Direction)]
    {
        visits.compactMap { visit in
            guard case .move(let dimension, let direction, _) = visit.reason else { return nil }
            return (dimension, direction)
        }
    }

    private func trace(_ search: GMD.Train, _ workload: SyntheticWorkload) -> [GMD.Visit<TrainingObservation>] {
        search.trace(observed: ObservedModes(Array(workload.observations.values))).visits
    }

    @Test func startsAtTheMidpointThenProbesOneEndOfEachDimension() throws {
        let workload = try even([3, 7, 7, 3])
        let midpoint = workload.grid.midpoint
        for (budget, direction) in [(27.0, GMD.Direction.down), (40, .up)] {
            let visits = trace(GMD.Train(grid: workload.grid, problem: TrainProblem(budgetWatts: budget)), workload)
            #expect(visits.first?.reason == .midpoint && visits.first?.point == midpoint)
            for (visit, dimension) in zip(visits.dropFirst(), Dimension.allCases) {
                var expected = midpoint
                expected[dimension] =
                    direction == .up ? workload.grid.highest[dimension] : workload.grid.lowest[dimension]
                #expect(visit.reason == .probe(dimension, direction) && visit.point == expected)
            }
        }
    }

    @Test func equalScoresGoInTheOrderOfTheDimensions() throws {
        // Lists of 3 give each dimension one move; the budget is out of reach, so all go up.
        let workload = try even([3, 3, 3, 3])
        let moves = moves(trace(GMD.Train(grid: workload.grid, problem: TrainProblem(budgetWatts: 100)), workload))
        #expect(moves.map(\.dimension) == [.cores, .gpu, .cpu, .emc])
        #expect(moves.allSatisfy { $0.direction == .up })
    }

    @Test func theSteepestDimensionGoesFirst() throws {
        let workload = try #require(
            SyntheticWorkload(lengths: [3, 3, 3, 3]) { indices in
                let (cores, gpu, cpu, emc) = (
                    Double(indices[0]), Double(indices[1]), Double(indices[2]), Double(indices[3])
                )
                return (100 - cores - 2 * gpu - 4 * cpu - 3 * emc, 20 + cores + gpu + cpu + emc)
            })
        let moves = moves(trace(GMD.Train(grid: workload.grid, problem: TrainProblem(budgetWatts: 100)), workload))
        #expect(moves.map(\.dimension) == [.cpu, .emc, .gpu, .cores])
    }

    @Test func powersLessThanAWattApartSayNothing() throws {
        let workload = try #require(
            SyntheticWorkload(lengths: [3, 3, 3, 3]) { indices in
                (
                    100 - 50 * Double(indices[0]) - Double(indices[1]),
                    20 + 0.99 * Double(indices[0]) + Double(indices[1])
                )
            })
        let moves = moves(trace(GMD.Train(grid: workload.grid, problem: TrainProblem(budgetWatts: 100)), workload))
        #expect(moves.map(\.dimension) == [.gpu])
    }

    @Test func aPowerEqualToTheBudgetProbesUpMovesDownAndMayBeTheAnswer() throws {
        let workload = try even([3, 3, 3, 3])
        let midpointWatts = try #require(workload.observations[workload.grid.midpoint]).powerWatts
        let search = GMD.Train(grid: workload.grid, problem: TrainProblem(budgetWatts: midpointWatts))
        let visits = trace(search, workload)
        #expect(visits[1].reason == .probe(.cores, .up))
        #expect(moves(visits).first.map { $0 == (.cores, .down) } == true)
        let played = try #require(workload.play(search))
        #expect(played.answer?.powerWatts == midpointWatts)
    }

    @Test func aMoveThatLandsOnTheBudgetReplacesTheLowerModeOfThePair() throws {
        // From index 3 up to 5, at exactly the budget. Its pair is then (5, 6), half a watt apart: no slope, the search ends.
        // With (3, 5) it would go on to index 4.
        let watts = [10.0, 12, 14, 16, 18, 20, 20.5]
        let workload = try #require(
            SyntheticWorkload(lengths: [1, 7, 1, 1]) { (100 - Double($0[1]), watts[$0[1]]) })
        let played = try #require(workload.play(GMD.Train(grid: workload.grid, problem: TrainProblem(budgetWatts: 20))))
        #expect(played.profiled.map(\.powerWatts) == [16, 20.5, 20])
        #expect(played.answer?.powerWatts == 20)
    }

    @Test func theAnswerIsTheFastestOfAllThatItProfiledWithinTheBudget() throws {
        // A probe is the fastest here, though no move leads to it again.
        let workload = try #require(
            SyntheticWorkload(lengths: [3, 3, 3, 3]) { indices in
                indices == [1, 2, 1, 1]
                    ? (1, 25) : (100 - Double(indices.reduce(0, +)), 20 + Double(indices.reduce(0, +)))
            })
        let played = try #require(workload.play(GMD.Train(grid: workload.grid, problem: TrainProblem(budgetWatts: 25))))
        #expect(played.answer?.minibatchMilliseconds == 1)
    }

    @Test func nothingWithinTheBudgetIsNoAnswer() throws {
        let workload = try even([3, 7, 7, 3])
        let played = try #require(workload.play(GMD.Train(grid: workload.grid, problem: TrainProblem(budgetWatts: 19))))
        #expect(played.answer == nil)
        #expect(played.profiled.count >= 5)
    }

    @Test func aGridOfOneModeIsProfiledOnce() throws {
        let workload = try even([1, 1, 1, 1])
        let played = try #require(workload.play(GMD.Train(grid: workload.grid, problem: TrainProblem(budgetWatts: 20))))
        #expect(played.profiled.map(\.mode) == [workload.grid.midpoint])
        #expect(played.answer?.mode == workload.grid.midpoint)
    }

    @Test func listsOfTwoAndFourRunEmptyWithoutAProfile() throws {
        let workload = try even([2, 4, 1, 2])
        for budget in stride(from: 19.5, through: 26, by: 0.5) {
            let played = try #require(
                workload.play(GMD.Train(grid: workload.grid, problem: TrainProblem(budgetWatts: budget))))
            #expect(played.profiled.count <= 9)
            #expect((played.answer == nil) == (budget < 20))
        }
    }

    @Test func longListsStopAtTheMoveLimit() throws {
        let workload = try even([17, 17, 17, 17])
        let search = GMD.Train(grid: workload.grid, problem: TrainProblem(budgetWatts: 1_000))
        #expect(moves(trace(search, workload)).count == GMD.moveLimit)
        #expect(try #require(workload.play(search)).profiled.count <= GMD.Train.profileLimit)
    }

    @Test func oneLongListIsBisectedToTheBudget() throws {
        let workload = try even([1, 64, 1, 1])
        for budget in 20...83 {
            let played = try #require(
                workload.play(GMD.Train(grid: workload.grid, problem: TrainProblem(budgetWatts: Double(budget)))))
            #expect(played.profiled.count <= 8)
            // Down by floor(i / 2) can pass over the best value, by no more than the half that it leaves behind.
            let answer = try #require(played.answer)
            #expect(answer.powerWatts <= Double(budget))
        }
    }

    @Test func modesOfOtherBudgetsAreNotPartOfTheAnswer() throws {
        let workload = try even([3, 7, 7, 3])
        let search = GMD.Train(grid: workload.grid, problem: TrainProblem(budgetWatts: 27))
        let fresh = try #require(workload.play(search))
        let everything = ObservedModes(Array(workload.observations.values))
        #expect(search.next(observed: everything) == .answer(fresh.answer))
        // The exact optimum among everything is faster than what this search visits, or the line above says nothing.
        #expect(everything.fastest(withinWatts: 27) != fresh.answer)
    }

    @Test func knownModesInAnyOrderGiveTheSameTraceAndAnswer() throws {
        var generator = SeededGenerator(seed: 3)
        for _ in 0..<50 {
            let workload = try #require(SyntheticWorkload.random(&generator))
            let known = workload.observations.values.sorted { $0.mode < $1.mode }
            let search = GMD.Train(
                grid: workload.grid, problem: TrainProblem(budgetWatts: known[known.count / 2].powerWatts))
            let played = try #require(workload.play(search))
            let visits = search.trace(observed: ObservedModes(known))
            #expect(search.trace(observed: ObservedModes(known.shuffled(using: &generator))) == visits)
            #expect(search.trace(observed: ObservedModes(played.profiled)) == visits)
            #expect(search.next(observed: ObservedModes(known)) == .answer(played.answer))
        }
    }

    @Test func theTraceSaysWhy() throws {
        let workload = try even([3, 3, 3, 3])
        let visits = trace(GMD.Train(grid: workload.grid, problem: TrainProblem(budgetWatts: 100)), workload)
        #expect(visits[0].description == "midpoint of the grid")
        #expect(visits[1].description == "probe of cores at its highest")
        #expect(visits[5].description == "cores up, 1.0 ms/W is the steepest")
    }
}
