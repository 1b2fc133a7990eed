import Policy

/// The rows of a table, best first, for all configurations that differ in power and latency alone. The optimum of each is the
/// first row that it finds feasible; or where the latency has a part in the order (`EvaluatedProblem.ordersByLatency`) the best
/// of those whose bound, by which they are ranked, is not below the best found.
struct Ranking<Problem: EvaluatedProblem> {
    /// What the feasible rows reach at best.
    struct Best {
        /// What `optimum(over:)` finds.
        var optimum: Problem.Observation?
        /// The largest background throughput.
        var throughput: Double?
        /// The largest fluid limit.
        var fluidThroughput: Double?
    }

    private struct Ranked {
        let row: Problem.Observation
        let value: Double
    }

    private let byObjective: [Ranked]
    private let byThroughput: [Ranked]
    private let byFluidThroughput: [Ranked]
    private let leftOut: Set<Problem.Observation.Point>

    /// Ranks `rows` for `unlimited` and all problems with that `unlimited`; `leftOut` are the rows that the robust best does
    /// without. O(n log n).
    init(_ rows: [Problem.Observation], unlimited: Problem, leftOut: Set<Problem.Observation.Point>) {
        let feasible = rows.filter(unlimited.isFeasible)
        func descending(_ value: (Problem.Observation) -> Double?) -> [Ranked] {
            feasible.compactMap { row in value(row).map { Ranked(row: row, value: $0) } }
                .sorted { $0.value > $1.value }
        }
        byObjective = feasible.sorted(by: unlimited.precedes).map {
            Ranked(row: $0, value: unlimited.ordersByLatency ? unlimited.reached($0) : 0)
        }
        byThroughput = descending(unlimited.backgroundThroughput)
        byFluidThroughput = descending(unlimited.fluidThroughput)
        self.leftOut = leftOut
    }

    /// The best of all rows, and of those that are not left out. O(n), and O(1) where the limits are wide.
    func best(_ problem: Problem) -> (all: Best, robust: Best) {
        let (optimum, robustOptimum) =
            problem.ordersByLatency
            ? bests(of: byObjective, problem, problem.reached, problem.precedes) : firsts(of: byObjective, problem)
        let (throughput, robustThroughput) =
            problem.ordersByLatency
            ? bests(of: byThroughput, problem, { problem.backgroundThroughput($0) ?? -.infinity }) { _, _ in false }
            : firsts(of: byThroughput, problem)
        let (fluid, robustFluid) = firsts(of: byFluidThroughput, problem)
        return (
            Best(optimum: optimum?.row, throughput: throughput?.value, fluidThroughput: fluid?.value),
            Best(
                optimum: robustOptimum?.row, throughput: robustThroughput?.value, fluidThroughput: robustFluid?.value)
        )
    }

    /// The first feasible row, and the first that is not left out besides: in most cases the same.
    private func firsts(of ranked: [Ranked], _ problem: Problem) -> (all: Ranked?, robust: Ranked?) {
        guard let index = ranked.firstIndex(where: { problem.isFeasible($0.row) }) else { return (nil, nil) }
        let robust = ranked[index...].first { !leftOut.contains($0.row.point) && problem.isFeasible($0.row) }
        return (ranked[index], robust)
    }

    /// The best feasible row with its value, and the best that is not left out. `value` is at most the value by which the row is
    /// ranked; `isBetter` decides between equal ones.
    private func bests(
        of ranked: [Ranked], _ problem: Problem, _ value: (Problem.Observation) -> Double,
        _ isBetter: (Problem.Observation, Problem.Observation) -> Bool
    ) -> (all: Ranked?, robust: Ranked?) {
        var (all, robust): (Ranked?, Ranked?)
        for candidate in ranked {
            // The best of the rows that are not left out is at most the best of all.
            if let robust, candidate.value < robust.value { break }
            guard problem.isFeasible(candidate.row) else { continue }
            let valued = Ranked(row: candidate.row, value: value(candidate.row))
            func isBest(beside best: Ranked?) -> Bool {
                guard let best else { return true }
                return valued.value == best.value ? isBetter(valued.row, best.row) : valued.value > best.value
            }
            if isBest(beside: all) { all = valued }
            if !leftOut.contains(candidate.row.point), isBest(beside: robust) { robust = valued }
        }
        return (all, robust)
    }
}
