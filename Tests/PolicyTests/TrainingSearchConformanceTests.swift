import Policy
import Testing

/// What every Train strategy promises, on seeded random workloads. A new strategy joins with one line in `strategies`.
@Suite struct TrainingSearchConformanceTests {
    struct Strategy: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let profileLimit: Int
        let make: @Sendable (ModeGrid, Double) -> any TrainingSearch
    }

    static let strategies = [
        Strategy(testDescription: GMD.name, profileLimit: GMD.profileLimit) { GMD(grid: $0, budgetWatts: $1) }
    ]

    private func forEachCase(
        _ strategy: Strategy,
        _ body: (SyntheticWorkload, any TrainingSearch, Double, inout SeededGenerator) throws -> Void
    ) throws {
        var generator = SeededGenerator(seed: 42)
        for _ in 0..<60 {
            let workload = try #require(SyntheticWorkload.random(&generator))
            let watts = workload.observations.values.map(\.powerWatts).sorted()
            // Below all powers, at exactly one of them, and above all.
            for budget in [watts[0] - 1, watts[watts.count / 3], watts[watts.count - 1] + 1] {
                try body(workload, strategy.make(workload.grid, budget), budget, &generator)
            }
        }
    }

    @Test(arguments: strategies) func profilesEachModeOnceWithinItsBound(strategy: Strategy) throws {
        try forEachCase(strategy) { workload, search, _, _ in
            let played = try #require(workload.play(search))
            #expect(played.profiled.count <= min(strategy.profileLimit, workload.grid.count))
        }
    }

    @Test(arguments: strategies) func answersWithTheFastestProfiledModeWithinTheBudget(strategy: Strategy) throws {
        try forEachCase(strategy) { workload, search, budget, _ in
            let played = try #require(workload.play(search))
            #expect(played.answer == TrainProblem(budgetWatts: budget).optimum(over: played.profiled))
        }
    }

    @Test(arguments: strategies) func resumesFromAnyPrefixInAnyOrder(strategy: Strategy) throws {
        try forEachCase(strategy) { workload, search, _, generator in
            let played = try #require(workload.play(search))
            for count in 0...played.profiled.count {
                let prefix = played.profiled.prefix(count).shuffled(using: &generator)
                let expected: SearchStep =
                    count < played.profiled.count ? .profile(played.profiled[count].mode) : .answer(played.answer)
                #expect(search.next(observed: ObservedModes(prefix)) == expected)
            }
        }
    }
}
