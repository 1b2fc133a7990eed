import Policy
import Testing

@Suite struct DispatchedProblemTests {
    private let mode = PowerMode(cores: 4, cpuKHz: 1, gpuHz: 1, emcHz: 1)

    private func pair(_ b: Int, _ inference: Double, _ background: Double, watts: Double = 10) -> PairObservation {
        PairObservation(
            point: InferencePoint(mode: mode, minibatch: b), inferenceMilliseconds: inference, inferenceWatts: watts,
            backgroundMilliseconds: background, backgroundWatts: watts)
    }

    private func problem(_ rate: Double, _ interleaving: Interleaving = .floor) -> PairProblem {
        PairProblem(
            budgetWatts: 20, latencySeconds: 1, ratePerSecond: rate, objective: .throughput, interleaving: interleaving)
    }

    @Test(arguments: [(200.0, 64), (80, 64), (79, 63), (30, 24), (10, 8), (1.5, 1), (0.5, 1)])
    func aMinibatchHasWhatArrivesBeforeItsOldestRequestMustGo(rate: Double, size: Int) {
        // L - t_in = 0.8 s.
        #expect(problem(rate).dispatched(pair(64, 200, 50))?.point.minibatch == size)
    }

    @Test func aLowerRateThanOneThatIsKeptUpWithIsServedInTime() throws {
        var generator = SeededGenerator(seed: 11)
        for _ in 0..<2_000 {
            let point = pair(
                [1, 4, 16, 64][Int.random(in: 0..<4, using: &generator)], Double.random(in: 1...450, using: &generator),
                50)
            let rate = Double.random(in: 2...300, using: &generator)
            guard problem(rate).isFeasible(point) else { continue }
            for share in [1.0, 0.9, 0.6, 0.3, 0.1] {
                // Of a minibatch that is no whole number one request is left out: a point at its limit may miss that one.
                guard point.inferenceMilliseconds < 400, rate * share > 10 else { continue }
                let served = try #require(problem(rate * share).dispatched(point))
                let window = Double(served.point.minibatch) / (rate * share)
                #expect(window + point.inferenceMilliseconds / 1000 <= 1 + 1e-9 && served.point.minibatch >= 1)
            }
        }
    }

    @Test func atThePlannedRateItIsTheSameAsWithFullMinibatches() throws {
        let point = pair(32, 200, 50)
        // 32/40 s + 0.2 s is L.
        let posed = problem(40)
        #expect(posed.isFeasible(point))
        let served = try #require(posed.dispatched(point))
        #expect(served == point && posed.gainPerSecond(served) == posed.backgroundPerSecond(point))
        // (0.8 - 0.2) / 0.05 = 12 in 0.8 s; at 20/s 16 requests in the same time.
        #expect(abs(posed.gainPerSecond(served) - 15) < 1.3)
    }

    @Test func whatCannotBeServedIsNone() {
        #expect(problem(400).dispatched(pair(64, 200, 50)) == nil)
        #expect(problem(30).dispatched(pair(64, 1001, 50)) == nil)
        #expect(problem(30).dispatched(pair(64, 200, 50, watts: 21)) == nil)
        #expect(problem(0).dispatched(pair(64, 200, 50)) == nil)
        #expect(problem(30).dispatched(pair(64, .nan, 50)) == nil)
        #expect(problem(30).dispatched(pair(64, 200, .nan)) == nil)
        #expect(problem(.infinity).dispatched(pair(64, 200, 50)) == nil)
        #expect(problem(.nan).dispatched(pair(64, 200, 50)) == nil)
        #expect(problem(30).dispatched(pair(Int.max, 200, 50))?.point.minibatch == 24)
    }

    @Test func withSlackTheGPUIsNeverIdle() throws {
        let point = pair(64, 200, 70)
        let posed = problem(30, .slack)
        let served = try #require(posed.dispatched(point))
        // 30 (1 - 0.2 - 0.07).
        #expect(served.point.minibatch == 21)
        #expect(abs(posed.gainPerSecond(served) - posed.fluidBackgroundPerSecond(served)) < 1e-9)
        let floored = try #require(problem(30).dispatched(point))
        #expect(posed.gainPerSecond(served) > problem(30).gainPerSecond(floored))
        // Without room for a background minibatch it waits as long as it can.
        #expect(posed.dispatched(pair(64, 200, 900))?.point.minibatch == 24)
    }

    @Test func anInferenceAloneIsDispatchedAlike() throws {
        let point = InferenceObservation(
            point: InferencePoint(mode: mode, minibatch: 16), minibatchMilliseconds: 500, powerWatts: 10)
        let posed = InferProblem(budgetWatts: 20, latencySeconds: 1, ratePerSecond: 20)
        let served = try #require(posed.dispatched(point))
        #expect(served.point.minibatch == 10 && posed.gainPerSecond(served) == 2)
        #expect(InferProblem(budgetWatts: 20, latencySeconds: 1, ratePerSecond: 40).dispatched(point) == nil)
        #expect(InferProblem(budgetWatts: 9, latencySeconds: 1, ratePerSecond: 20).dispatched(point) == nil)
    }
}
