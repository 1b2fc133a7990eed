import Policy

/// The rows of a table, best first, for all configurations that differ in power and latency alone: the optimum of each is the
/// first row that it finds feasible.
struct Ranking<Problem: EvaluatedProblem> {
    private let byObjective: [Problem.Observation]
    private let byThroughput: [(row: Problem.Observation, value: Double)]
    private let byFluidThroughput: [(row: Problem.Observation, value: Double)]

    /// Ranks `rows` for `unlimited` and all problems with that `unlimited`. O(n log n).
    init(_ rows: [Problem.Observation], unlimited: Problem) {
        let feasible = rows.filter(unlimited.isFeasible)
        func descending(_ value: (Problem.Observation) -> Double?) -> [(row: Problem.Observation, value: Double)] {
            feasible.compactMap { row in value(row).map { (row, $0) } }.sorted { $0.value > $1.value }
        }
        byObjective = feasible.sorted(by: unlimited.precedes)
        byThroughput = descending(unlimited.backgroundThroughput)
        byFluidThroughput = descending(unlimited.fluidThroughput)
    }

    /// What `optimum(over:)` finds in all rows. O(n), and O(1) where the limits are wide.
    func optimum(_ problem: Problem) -> Problem.Observation? { byObjective.first(where: problem.isFeasible) }

    /// The largest background throughput of the feasible rows.
    func bestThroughput(_ problem: Problem) -> Double? {
        byThroughput.first { problem.isFeasible($0.row) }?.value
    }

    /// The largest fluid limit of the feasible rows.
    func fluidThroughput(_ problem: Problem) -> Double? {
        byFluidThroughput.first { problem.isFeasible($0.row) }?.value
    }
}
