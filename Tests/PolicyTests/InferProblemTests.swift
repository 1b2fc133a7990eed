import Policy
import Testing

@Suite struct InferProblemTests {
    private func row(_ minibatch: Int, _ milliseconds: Double, _ watts: Double, cores: Int = 1) -> InferenceObservation
    {
        InferenceObservation(
            point: InferencePoint(mode: PowerMode(cores: cores, cpuKHz: 1, gpuHz: 1, emcHz: 1), minibatch: minibatch),
            minibatchMilliseconds: milliseconds, powerWatts: watts)
    }

    private let problem = InferProblem(budgetWatts: 20, latencySeconds: 0.75, ratePerSecond: 8)

    @Test func eachLimitMayBeReached() {
        // 4 requests in 0.5 s; 0.5 + 0.25 = 0.75.
        #expect(problem.isFeasible(row(4, 250, 20)))
        #expect(!problem.isFeasible(row(4, 250, 20.0.nextUp)))
        #expect(!problem.isFeasible(row(4, 251, 20)))
        // 1 request in 0.125 s: 125 ms are just quick enough.
        #expect(problem.isFeasible(row(1, 125, 20)))
        #expect(!problem.isFeasible(row(1, 125.0.nextUp, 20)))
        #expect(
            problem.keepsUp(minibatch: 4, milliseconds: 500) && !problem.meetsLatency(minibatch: 4, milliseconds: 500))
    }

    @Test func theShortestMinibatchWinsThenTheLowerPowerThenTheLowerPoint() {
        let rows = [row(2, 100, 15), row(1, 100, 15), row(1, 100, 14, cores: 4), row(4, 101, 5), row(1, 99, 25)]
        for order in [rows, rows.reversed()] {
            #expect(problem.optimum(over: order) == rows[2])
            #expect(problem.optimum(over: order.filter { $0.powerWatts != 14 }) == rows[1])
        }
    }

    @Test func whatIsNotFiniteNeverWins() {
        let good = row(1, 120, 10)
        for odd in [
            row(1, .nan, 10), row(1, 100, .nan), row(1, -.infinity, 10), row(1, .infinity, 10), row(1, 100, -.infinity),
        ] {
            #expect(!problem.isFeasible(odd))
            #expect(problem.optimum(over: [odd, good]) == good && problem.optimum(over: [good, odd]) == good)
        }
        let unlimited = InferProblem(budgetWatts: .infinity, latencySeconds: .infinity, ratePerSecond: 1)
        #expect(!unlimited.isFeasible(row(1, 1, .infinity)) && !unlimited.isFeasible(row(1, .infinity, 1)))
        #expect(!InferProblem(budgetWatts: 20, latencySeconds: 1, ratePerSecond: .nan).isFeasible(good))
        #expect(!InferProblem(budgetWatts: 20, latencySeconds: 1, ratePerSecond: 0).isFeasible(good))
    }
}
