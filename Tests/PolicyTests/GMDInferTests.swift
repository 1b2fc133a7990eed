import Testing

@testable import Policy

@Suite struct GMDInferTests {
    /// One dimension (gpu) with a list of three, so that the walk is midpoint, one end and perhaps the other; each entry is the
    /// time and power at b = 1 and the time at b = 4, which draws as much.
    private func board(_ values: [(ms1: Double, watts: Double, ms4: Double)], sizes: [Int] = [1, 4, 16]) throws
        -> SyntheticPair
    {
        try #require(
            SyntheticPair(lengths: [1, values.count, 1, 1], minibatches: sizes) { indices, minibatch in
                let value = values[indices[1]]
                return ((minibatch == sizes[0] ? value.ms1 : value.ms4, value.watts), (1, 1))
            })
    }

    private func play(_ board: SyntheticPair, _ problem: InferProblem) throws
        -> (points: [InferencePoint], trace: GMD.Trace<InferenceObservation>)
    {
        let search = GMD.Infer(grid: board.grid, problem: problem)
        let played = try #require(PolicyTests.play(search) { board.inference($0) })
        let trace = search.trace(observed: played.profiled)
        #expect(trace.answer == played.answer)
        return (played.profiled.all.map(\.point), trace)
    }

    private func gpuAndSize(_ points: [InferencePoint], _ board: SyntheticPair) -> [[Int]] {
        points.map { [board.grid.modes.indices(of: $0.mode)[1], $0.minibatch] }
    }

    @Test func theFastestFeasibleModeOfTheWalkWinsAtTheSmallestSize() throws {
        let board = try board([(40, 10, 40), (30, 20, 30), (20, 30, 20)])
        // Below the budget of 25 W: up to index 2, which is over it.
        let (points, trace) = try play(
            board, InferProblem(budgetWatts: 25, latencySeconds: 0.5, ratePerSecond: 10))
        #expect(gpuAndSize(points, board) == [[1, 1], [2, 1]])
        #expect(trace.answer?.point == points[0])
        #expect(trace.walkedModes == 2 && trace.authorsTries == 2 && trace.visitedDimensions == 2)
    }

    @Test func limitsThatAreMetExactlyAreMet() throws {
        let board = try board([(500, 10, 500), (250, 20, 250), (125, 30, 125)])
        // 1/4 + 0.25 = 0.5.
        let inTime = InferProblem(budgetWatts: 20, latencySeconds: 0.5, ratePerSecond: 4)
        #expect(try play(board, inTime).trace.answer?.minibatchMilliseconds == 250)
        var tooLate = inTime
        tooLate.latencySeconds = 0.5.nextDown
        #expect(try play(board, tooLate).trace.answer == nil)
        // At b = 1, 0.25 s * 4 = 1 keeps up. A little more does not, and then b = 4 takes over.
        var faster = InferProblem(budgetWatts: 20, latencySeconds: 100, ratePerSecond: 4)
        #expect(try play(board, faster).trace.answer?.point.minibatch == 1)
        faster.ratePerSecond = 4.0.nextUp
        #expect(try play(board, faster).trace.answer?.point.minibatch == 4)
    }

    @Test func whereOnlyTheRateFailsTheNextSizeIsTriedFastestFirst() throws {
        // At 8/s and b = 1 a minibatch has 125 ms: none of the walk's modes is that fast. At b = 4 it has 500 ms.
        let board = try board([(200, 20, 510), (180, 18, 505), (160, 19, 490)])
        let problem = InferProblem(budgetWatts: 25, latencySeconds: 1, ratePerSecond: 8)
        let (points, trace) = try play(board, problem)
        #expect(gpuAndSize(points, board).prefix(2) == [[1, 1], [2, 1]])
        #expect(gpuAndSize(points, board).last == [2, 4])
        #expect(trace.answer?.minibatchMilliseconds == 490)
        #expect(trace.visits.last?.reason == .largerMinibatch(4))
        #expect(trace.visits.last?.description == "too few requests served, minibatches of 4 instead")
    }

    @Test func modesThatFailThereAreCountedAsTheAuthorsDo() throws {
        // The probe (160 ms) is tried first at b = 4 and fails, then the midpoint, which is over the rate's limit no more.
        let board = try board([(200, 20, 510), (180, 18, 495), (160, 19.5, 505)])
        let problem = InferProblem(budgetWatts: 25, latencySeconds: 1, ratePerSecond: 8)
        let (points, trace) = try play(board, problem)
        // Midpoint; probe up; gpu up, which is the probe again; then index 2 and index 1 at b = 4.
        #expect(gpuAndSize(points, board) == [[1, 1], [2, 1], [2, 4], [1, 4]])
        #expect(trace.answer?.minibatchMilliseconds == 495)
        // Their list, sorted: index 2 twice (probe and move), then the midpoint: its place is 3. The other dimensions' probes
        // are the midpoint itself here, which stands behind its first place.
        #expect(trace.walkedModes == 2 && trace.authorsTries == 2 + 3)
    }

    @Test func theirListHoldsTheMidpointSixTimes() throws {
        // The midpoint is tried first at b = 4 and fails.
        let board = try board([(200, 20, 510), (150, 18, 505), (160, 19.5, 495)])
        let (points, trace) = try play(board, InferProblem(budgetWatts: 25, latencySeconds: 1, ratePerSecond: 8))
        #expect(gpuAndSize(points, board) == [[1, 1], [2, 1], [1, 4], [2, 4]])
        // Six times, and three more as the probe of a dimension with one value; the answer comes after.
        #expect(trace.walkedModes == 2 && trace.authorsTries == 2 + 6 + 3 + 1)
    }

    @Test func noOtherSizeIsEverTried() throws {
        let board = try board([(200, 20, 600), (180, 18, 600), (160, 19, 600)])
        let (points, trace) = try play(
            board, InferProblem(budgetWatts: 25, latencySeconds: 10, ratePerSecond: 8))
        #expect(trace.answer == nil && !points.contains { $0.minibatch == 16 })
        #expect(trace.authorsTries == trace.walkedModes)
    }

    @Test func theSizesAreTheSmallestAndTheSecondOfTheGrid() throws {
        let others = try board([(900, 20, 900), (800, 18, 800), (700, 19, 700)], sizes: [2, 8, 16])
        let answer = try play(others, InferProblem(budgetWatts: 25, latencySeconds: 10, ratePerSecond: 8)).trace.answer
        #expect(answer?.point.minibatch == 8)
        let single = try board([(900, 20, 900), (800, 18, 800), (700, 19, 700)], sizes: [2])
        #expect(
            try play(single, InferProblem(budgetWatts: 25, latencySeconds: 10, ratePerSecond: 8)).trace.answer == nil)
    }

    @Test func aModeOverTheBudgetOrTooLateIsNotTriedAtTheNextSize() throws {
        // Index 2 is over the budget; the midpoint alone may try.
        let board = try board([(200, 10, 450), (180, 18, 450), (160, 30, 450)])
        let (points, _) = try play(board, InferProblem(budgetWatts: 25, latencySeconds: 1, ratePerSecond: 8))
        #expect(points.filter { $0.minibatch == 4 }.map { board.grid.modes.indices(of: $0.mode)[1] } == [1])
        // 1/8 + 0.18 is later than 0.3 s.
        let late = try play(board, InferProblem(budgetWatts: 25, latencySeconds: 0.3, ratePerSecond: 8))
        #expect(!late.points.contains { $0.minibatch == 4 })
    }

    @Test func aFifthOfAWattIsASlope() throws {
        let board = try board([(40, 0.1, 40), (30, 0.2, 30), (20, 0.4, 20)])
        let moved = try play(board, InferProblem(budgetWatts: 25, latencySeconds: 1, ratePerSecond: 1)).trace
        #expect(moved.visitedDimensions == 2)
        let flat = try self.board([(40, 0.1, 40), (30, 0.2, 30), (20, 0.39, 20)])
        let still = try play(flat, InferProblem(budgetWatts: 25, latencySeconds: 1, ratePerSecond: 1)).trace
        #expect(still.visitedDimensions == 1)
    }

    @Test func theWalkDependsOnTheBudgetAlone() throws {
        var generator = SeededGenerator(seed: 11)
        for _ in 0..<30 {
            let board = try #require(SyntheticPair.random(&generator))
            let budget = board.all[board.all.count / 2].inferenceWatts
            let walks = try [(0.01, 100.0), (0.3, 20), (5, 1)].map { latency, rate in
                try play(board, InferProblem(budgetWatts: budget, latencySeconds: latency, ratePerSecond: rate))
                    .trace.visits.filter(\.reason.isOfWalk)
            }
            #expect(walks.allSatisfy { $0 == walks[0] })
        }
    }
}
