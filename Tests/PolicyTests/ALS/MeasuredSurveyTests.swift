import MeasuredData
import Testing

@testable import Policy

/// One seed of ALS on each measured workload, on every third of the papers' budgets.
@Suite(.enabled(if: MeasuredData.folder != nil, "\(MeasuredData.absence)"))
struct MeasuredSurveyTests {
    /// Shares of the optimum that were lost, and how many of the solvable problems were solved.
    private func score<Problem: PlanningProblem>(
        _ problems: [Problem], _ answers: any Answers<Problem>, _ all: [Problem.Observation],
        _ loss: (Problem, Problem.Observation, Problem.Observation) -> Double?
    ) throws -> (meanLoss: Double, solved: Double) where Problem.Observation: ParetoComparable {
        let optimum = ParetoFront<Problem>(all)
        var (losses, solvable, solved): ([Double], Int, Int) = ([], 0, 0)
        for problem in problems {
            guard let best = optimum.answer(problem) else { continue }
            solvable += 1
            guard let answer = answers.answer(problem) else { continue }
            solved += 1
            if let loss = loss(problem, answer, best) { losses.append(loss) }
        }
        try #require(!losses.isEmpty)
        return (losses.reduce(0, +) / Double(losses.count), Double(solved) / Double(solvable))
    }

    @Test(arguments: [("resnet18", "mobilenetv3"), ("mobilenetv3", "mobilenetv3"), ("mobilenetv3", "lstm")])
    func aPairLosesLessThanSevenPercent(training: String, inference: String) throws {
        let table = try PairTable(
            inference: MeasuredData.inferenceTable(inference), background: MeasuredData.trainingTable(training))
        let grid = try #require(InferenceGrid(modes: .orinAGX441, minibatches: table.minibatches))
        let played = try #require(
            ALSTests.survey(ALS<PairProblem>(grid: grid, seed: 0), limit: 150) { table[$0] })
        let problems = stride(from: 10, through: 50, by: 3).flatMap { watts in
            (5...20).flatMap { latency in
                (3...12).map {
                    PairProblem(
                        budgetWatts: Double(watts), latencySeconds: Double(latency) / 10, ratePerSecond: Double($0 * 10)
                    )
                }
            }
        }
        let score = try score(problems, played.answers, table.rows) { problem, answer, best in
            guard let most = problem.backgroundPerSecond(best), most > 0 else { return nil }
            return 1 - (problem.backgroundPerSecond(answer) ?? 0) / most
        }
        #expect(score.meanLoss < 0.07)
        #expect(score.solved > 0.97)
    }

    @Test(arguments: [("resnet50", 0.96), ("mobilenetv3", 0.97), ("lstm", 0.99)])
    func anInferenceIsNearTheOptimum(workload: String, solved: Double) throws {
        let table = try MeasuredData.inferenceTable(workload)
        let grid = try #require(InferenceGrid(modes: table.grid, minibatches: table.minibatches))
        let played = try #require(
            ALSTests.survey(ALS<InferProblem>(grid: grid, seed: 0), limit: 150) { table[$0] })
        let problems = stride(from: 10, through: 50, by: 3).flatMap { watts in
            (5...15).flatMap { latency in
                (6...18).map {
                    InferProblem(
                        budgetWatts: Double(watts), latencySeconds: Double(latency) / 100, ratePerSecond: Double($0 * 5)
                    )
                }
            }
        }
        let score = try score(problems, played.answers, table.rows) {
            $1.minibatchMilliseconds / $2.minibatchMilliseconds - 1
        }
        #expect(score.meanLoss < 0.05)
        #expect(score.solved > solved)
    }

    @Test(arguments: [("resnet18", 0.08), ("mobilenetv3", 0.03)])
    func aTrainingIsNearTheOptimum(workload: String, most: Double) throws {
        let all = try MeasuredData.trainingTable(workload)
        let problems = (10...50).map { TrainProblem(budgetWatts: Double($0)) }
        for (table, most) in [(try all.restricted(to: .orinAGX441), most), (all, 0.25)] {
            let played = try #require(
                ALSTests.survey(ALS<TrainProblem>(grid: table.grid, seed: 0), limit: 50) { table[$0] })
            let score = try score(problems, played.answers, table.rows) {
                $1.minibatchMilliseconds / $2.minibatchMilliseconds - 1
            }
            #expect(score.meanLoss < most)
            // One mode of the 4,368 meets the lowest budget.
            #expect(score.solved > 0.97)
        }
    }
}
