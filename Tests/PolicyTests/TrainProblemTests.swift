import Policy
import Testing

@Suite struct TrainProblemTests {
    private func row(_ cores: Int, _ milliseconds: Double, _ watts: Double) -> TrainingObservation {
        TrainingObservation(
            mode: PowerMode(cores: cores, cpuKHz: 1, gpuHz: 1, emcHz: 1), minibatchMilliseconds: milliseconds,
            powerWatts: watts)
    }

    @Test func aPowerEqualToTheBudgetIsWithinIt() {
        let problem = TrainProblem(budgetWatts: 20)
        #expect(problem.isFeasible(row(1, 5, 20)))
        #expect(!problem.isFeasible(row(1, 5, 20.nextUp)))
    }

    @Test func theOptimumIsTheFastestWithinTheBudget() {
        let rows = [row(1, 50, 10), row(2, 30, 20), row(3, 10, 30)]
        #expect(TrainProblem(budgetWatts: 29).optimum(over: rows) == rows[1])
        #expect(TrainProblem(budgetWatts: 30).optimum(over: rows) == rows[2])
        #expect(TrainProblem(budgetWatts: 9).optimum(over: rows) == nil)
    }

    @Test func tiesGoToTheLowerPowerThenTheLowerModeInAnyOrder() {
        let rows = [row(4, 10, 15), row(3, 10, 14), row(2, 10, 14), row(1, 11, 1)]
        for order in [rows, rows.reversed(), [rows[2], rows[0], rows[3], rows[1]]] {
            #expect(TrainProblem(budgetWatts: 20).optimum(over: order) == rows[2])
            #expect(ObservedModes(order).fastest(withinWatts: 20) == rows[2])
        }
    }

    @Test func whatIsNotANumberNeverWins() {
        let rows = [row(1, .nan, 10), row(2, 5, .nan), row(3, 80, 10)]
        #expect(TrainProblem(budgetWatts: 20).optimum(over: rows) == rows[2])
        #expect(TrainProblem(budgetWatts: 20).optimum(over: rows.reversed()) == rows[2])
        #expect(TrainProblem(budgetWatts: .nan).optimum(over: rows) == nil)
    }
}
