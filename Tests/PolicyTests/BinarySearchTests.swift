import Testing

@testable import Policy

@Suite struct BinarySearchTests {
    /// Each step of an index costs a watt and saves a millisecond, from 20 W and 100 ms.
    private func play(_ lengths: [Int], _ budget: Double) throws -> (indices: [[Int]], answer: TrainingObservation?) {
        let workload = try #require(
            SyntheticWorkload(lengths: lengths) { indices in
                let steps = Double(indices.reduce(0, +))
                return (100 - steps, 20 + steps)
            })
        let played = try #require(
            workload.play(BinarySearch(grid: workload.grid, problem: TrainProblem(budgetWatts: budget))))
        return (played.profiled.map { workload.grid.indices(of: $0.mode) }, played.answer)
    }

    @Test func movesCpuGpuCoresMemCpuGpu() throws {
        // cores, gpu, cpu, mem; the budget is out of reach, so all go up.
        let (indices, answer) = try play([3, 7, 7, 3], 1_000)
        #expect(
            indices == [
                [1, 3, 3, 1], [1, 3, 5, 1], [1, 5, 5, 1], [2, 5, 5, 1], [2, 5, 5, 2], [2, 5, 6, 2], [2, 6, 6, 2],
            ])
        #expect(answer?.powerWatts == 36)
    }

    @Test func aPowerEqualToTheBudgetGoesUp() throws {
        // 28 W at the midpoint: up, to 30 W; then down.
        let (indices, answer) = try play([3, 7, 7, 3], 28)
        #expect(indices.prefix(3) == [[1, 3, 3, 1], [1, 3, 5, 1], [1, 1, 5, 1]])
        #expect(answer?.powerWatts == 28)
    }

    @Test func nothingWithinTheBudgetIsNoAnswer() throws {
        #expect(try play([3, 7, 7, 3], 10).answer == nil)
    }

    @Test func aListThatRunsEmptyIsPassedOver() throws {
        #expect(try play([1, 1, 1, 1], 100).indices == [[0, 0, 0, 0]])
        let (indices, _) = try play([2, 1, 3, 1], 100)
        #expect(indices == [[0, 0, 1, 0], [0, 0, 2, 0], [1, 0, 2, 0]])
    }
}
