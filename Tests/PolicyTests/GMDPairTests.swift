import Testing

@testable import Policy

@Suite struct GMDPairTests {
    private typealias Reading = (inference: (Double, Double), background: (Double, Double))

    private func board(_ lengths: [Int], _ sizes: [Int], _ measure: ([Int], Int) -> Reading) throws -> SyntheticPair {
        let board = SyntheticPair(lengths: lengths, minibatches: sizes, measure: measure)
        return try #require(board)
    }

    private func play(_ board: SyntheticPair, _ problem: PairProblem) throws
        -> (points: [InferencePoint], trace: GMD.Trace<PairObservation>)
    {
        let search = GMD.Pair(grid: board.grid, problem: problem)
        let played = try #require(PolicyTests.play(search) { board.pairs[$0] })
        let trace = search.trace(observed: played.profiled)
        #expect(trace.answer == played.answer)
        return (played.profiled.all.map(\.point), trace)
    }

    private func moves(_ trace: GMD.Trace<PairObservation>) -> [Dimension] {
        trace.visits.compactMap { visit in
            if case .move(let dimension, _, _) = visit.reason { dimension } else { nil }
        }
    }

    private func startSizes(_ trace: GMD.Trace<PairObservation>) -> [Int] {
        trace.visits.compactMap { visit in
            if case .startSize(let minibatch) = visit.reason { minibatch } else { nil }
        }
    }

    @Test func startsWithTheLargestMinibatchThatTheHighestModeServes() throws {
        // b/a is 1, 0.25, 0.0625 s; 16 of them take 0.25 s: 0.5 s in all, and 0.25 s * 64 = 16. Both limits exactly.
        let board = try board([1, 3, 1, 1], [1, 4, 16, 64]) { _, b in ((b == 16 ? 250 : 10, 50), (20, 50)) }
        var problem = PairProblem(budgetWatts: 60, latencySeconds: 0.5, ratePerSecond: 64)
        #expect(try startSizes(play(board, problem).trace) == [64, 16])
        problem.inference.latencySeconds = 0.5.nextDown
        #expect(try startSizes(play(board, problem).trace) == [64, 16, 4])
        problem.inference.latencySeconds = 0.5
        problem.ratePerSecond = 64.0.nextUp
        #expect(try startSizes(play(board, problem).trace) == [64, 16, 4])
    }

    @Test func powerPlaysNoPartInTheStartSize() throws {
        let board = try board([1, 3, 1, 1], [1, 4]) { indices, _ in
            ((10, indices[1] == 2 ? 500 : 20), (20, indices[1] == 2 ? 500 : 20))
        }
        let trace = try play(board, PairProblem(budgetWatts: 30, latencySeconds: 1, ratePerSecond: 8)).trace
        #expect(startSizes(trace) == [4] && trace.answer?.point.minibatch == 4)
        #expect(trace.visits.first?.point.mode == board.grid.modes.highest)
        #expect(trace.visits.first?.description == "highest mode, whether it serves minibatches of 4")
    }

    @Test func withoutAStartSizeThereIsNoAnswer() throws {
        let board = try board([3, 3, 3, 3], [1, 4, 16]) { _, b in ((1_000 * Double(b), 10), (20, 10)) }
        let (points, trace) = try play(board, PairProblem(budgetWatts: 30, latencySeconds: 1, ratePerSecond: 8))
        #expect(trace.answer == nil && points.map(\.minibatch) == [16, 4, 1])
        #expect(trace.authorsTries == 3 && trace.walkedModes == 0)
    }

    /// A step of gpu saves the inference most, a step of cpu the background; both cost a watt of each.
    private func tugOfWar(inferenceWatts: Double, backgroundWatts: Double) throws -> SyntheticPair {
        try board([1, 3, 3, 1], [1]) { indices, _ in
            let (gpu, cpu) = (Double(indices[1]), Double(indices[2]))
            return (
                (100 - 10 * gpu - 2 * cpu, inferenceWatts + gpu + cpu),
                (100 - 2 * gpu - 10 * cpu, backgroundWatts + gpu + cpu)
            )
        }
    }

    @Test func theScoresAreThoseOfTheWorkloadThatDrawsMore() throws {
        let problem = PairProblem(budgetWatts: 100, latencySeconds: 2, ratePerSecond: 1)
        #expect(try moves(play(tugOfWar(inferenceWatts: 20, backgroundWatts: 21), problem).trace) == [.cpu, .gpu])
        #expect(try moves(play(tugOfWar(inferenceWatts: 21, backgroundWatts: 20), problem).trace) == [.gpu, .cpu])
        // Neither: the inference's.
        #expect(try moves(play(tugOfWar(inferenceWatts: 20, backgroundWatts: 20), problem).trace) == [.gpu, .cpu])
    }

    @Test func theDominantWorkloadCanChangeFromMoveToMove() throws {
        // At the midpoint the inference draws more, and gpu goes first. With gpu at its highest the background does, for which
        // emc beats cpu; for the inference cpu beats emc.
        let board = try board([1, 3, 3, 3], [1]) { indices, _ in
            let (gpu, cpu, emc) = (Double(indices[1]), Double(indices[2]), Double(indices[3]))
            return (
                (200 - 60 * gpu - 20 * cpu - 10 * emc, 21 + 2 * gpu + cpu + emc),
                (200 - 10 * gpu - 10 * cpu - 20 * emc, 18.5 + 4 * gpu + cpu + emc)
            )
        }
        let problem = PairProblem(budgetWatts: 100, latencySeconds: 2, ratePerSecond: 1)
        #expect(try moves(play(board, problem).trace) == [.gpu, .emc, .cpu])
    }

    @Test func theModeMovedFromDecidesWhichOfThePairIsReplaced() throws {
        // From index 3, below the budget, up to index 5, above it: the new mode becomes the second of the pair (3, 5), there is a
        // slope, and the search goes down to index 4. With (5, 6), as in Train, half a watt apart, it would end.
        let watts = [10.0, 12, 14, 16, 18, 24, 24.5]
        let board = try board([1, 7, 1, 1], [1]) { indices, _ in
            ((50 - Double(indices[1]), 5), (100 - Double(indices[1]), watts[indices[1]]))
        }
        let problem = PairProblem(budgetWatts: 20, latencySeconds: 2, ratePerSecond: 1)
        let trace = try play(board, problem).trace
        #expect(trace.visits.filter(\.reason.isOfWalk).last?.observation?.backgroundWatts == 18)
        let training = try #require(
            PolicyTests.play(GMD.Train(grid: board.grid.modes, problem: TrainProblem(budgetWatts: 20))) { mode in
                board.pairs[InferencePoint(mode: mode, minibatch: 1)].map {
                    TrainingObservation(
                        mode: mode, minibatchMilliseconds: $0.backgroundMilliseconds, powerWatts: $0.backgroundWatts)
                }
            })
        #expect(training.profiled.all.map(\.powerWatts) == [16, 24.5, 24])
    }

    @Test func theMostBackgroundWinsThenTheShorterInference() throws {
        // A window of 1 s. tau is floor((1 - t_in) / 0.25): 3 for 100 ms and 200 ms, 2 for 300 ms.
        let board = try board([1, 3, 1, 1], [1]) { indices, _ in
            (([300, 200, 100][indices[1]], 20 + Double(indices[1])), (250, 20 + 2 * Double(indices[1])))
        }
        let problem = PairProblem(budgetWatts: 100, latencySeconds: 2, ratePerSecond: 1)
        let answer = try #require(try play(board, problem).trace.answer)
        #expect(problem.backgroundMinibatches(answer) == 3 && answer.inferenceMilliseconds == 100)
    }

    /// At b = 16 all draw 40 W, over the budget, and take 160, 120 and 80 ms; below, they draw what `watts` says.
    private func overBudgetAtTheStart(_ watts: @escaping ([Int], Int) -> Double) throws -> SyntheticPair {
        try board([1, 3, 1, 1], [1, 4, 8, 16]) { indices, b in
            (([160, 120, 80][indices[1]], b == 16 ? 40 - Double(indices[1]) : watts(indices, b)), (50, 10))
        }
    }

    @Test func backtracksToTheLargestSmallerSizeAndThereByTheTimeAtTheStartSize() throws {
        // The walk sees index 1, then the low end, index 0. At b = 8 both are over the budget, at b = 4 only index 1 is.
        let board = try overBudgetAtTheStart { indices, b in b == 8 || (b == 4 && indices[1] == 1) ? 35 : 20 }
        let problem = PairProblem(budgetWatts: 30, latencySeconds: 5, ratePerSecond: 20)
        let (points, trace) = try play(board, problem)
        let backtracked = points.filter { $0.minibatch < 16 }.map {
            [board.grid.modes.indices(of: $0.mode)[1], $0.minibatch]
        }
        #expect(backtracked == [[1, 8], [0, 8], [1, 4], [0, 4]])
        #expect(trace.answer?.point == points.last)
        #expect(trace.visits.last?.reason == .smallerMinibatch(4))
        // One start size, two modes, four smaller ones of which the authors leave out the last.
        #expect(points.count == 7 && trace.walkedModes == 2 && trace.authorsTries == 6)
    }

    @Test func theFirstFeasibleWinsThoughALaterOneWereBetter() throws {
        let board = try overBudgetAtTheStart { _, _ in 20 }
        let problem = PairProblem(budgetWatts: 30, latencySeconds: 5, ratePerSecond: 20)
        let answer = try #require(try play(board, problem).trace.answer)
        #expect(answer.point.minibatch == 8 && answer.inferenceMilliseconds == 120)
    }

    @Test func aModeThatOnlyJustKeepsUpDoesNotBacktrack() throws {
        // 0.16 s * 100 = 16: index 0 keeps up at the start size exactly, and is left out.
        let board = try overBudgetAtTheStart { indices, b in b == 1 && indices[1] == 0 ? 20 : 35 }
        let problem = PairProblem(budgetWatts: 30, latencySeconds: 5, ratePerSecond: 100)
        #expect(0.16 * 100 == 16.0)
        let (points, trace) = try play(board, problem)
        #expect(trace.answer == nil)
        #expect(points.filter { $0.minibatch < 16 }.allSatisfy { board.grid.modes.indices(of: $0.mode)[1] == 1 })
    }

    @Test func aModeTooLateAtTheStartSizeMayDoAtASmaller() throws {
        // The highest mode serves 16 in time, the others only smaller minibatches.
        let board = try board([1, 3, 1, 1], [4, 16]) { indices, b in
            ((indices[1] == 2 ? 10 : Double(b) * 10, indices[1] == 2 ? 50 : 20), (50, indices[1] == 2 ? 50 : 20))
        }
        let problem = PairProblem(budgetWatts: 30, latencySeconds: 0.9, ratePerSecond: 20)
        let trace = try play(board, problem).trace
        #expect(startSizes(trace) == [16] && trace.answer?.point.minibatch == 4)
    }

    @Test func givesUpAfterTwentyFiveProfiles() throws {
        let board = try board([3, 7, 7, 3], [1, 4, 16, 32, 64]) { indices, b in
            let steps = Double(indices.reduce(0, +))
            return ((20 - steps, 30 + steps), (100 - steps, 30 + steps))
        }
        let problem = PairProblem(budgetWatts: 10, latencySeconds: 10, ratePerSecond: 20)
        let (points, trace) = try play(board, problem)
        #expect(points.count == 25 && trace.answer == nil && trace.authorsTries == 25)
    }

    @Test func theLimitAlsoEndsTheSearchForASizeAndTheWalk() throws {
        let sizes = Array(1...40)
        // Only sizes up to `largest` are served.
        for (largest, profiles) in [(0, 25), (10, 25), (20, 25), (40, 25)] {
            let board = try board([3, 7, 7, 3], sizes) { indices, b in
                let steps = Double(indices.reduce(0, +))
                return ((b > largest ? 1e6 : 20 - steps, 30 + steps), (100 - steps, 30 + steps))
            }
            let (points, trace) = try play(
                board, PairProblem(budgetWatts: 10, latencySeconds: 100, ratePerSecond: 20))
            #expect(points.count == profiles && trace.answer == nil)
        }
    }

    @Test func aNonUrgentInferenceAndThroughputChangeTheChoiceAlone() throws {
        var generator = SeededGenerator(seed: 12)
        var different = 0
        for _ in 0..<60 {
            let board = try #require(SyntheticPair.random(&generator))
            let budget = board.all[board.all.count / 2].powerWatts
            var problem = PairProblem(budgetWatts: budget, latencySeconds: 0.6, ratePerSecond: 20)
            let plain = try play(board, problem).trace
            problem.background = .inference(NonUrgentGoal(minibatch: 1, ratePerSecond: 6, latencySeconds: 0.8))
            problem.objective = .throughput
            let other = try play(board, problem).trace
            let walks = [plain, other].map { $0.visits.filter(\.reason.isOfWalk) }
            #expect(walks[0] == walks[1])
            if let answer = other.answer { #expect(problem.isFeasible(answer)) }
            if other.answer != plain.answer { different += 1 }
        }
        #expect(different > 0)
    }
}
