import Glibc
import Policy
import Synchronization
import SystemCalls
import Testing

@testable import Evaluation

@Suite struct ThreadTests {
    @Test func resultsAreInOrderForAnyNumberOfThreads() throws {
        for threads in [-1, 0, 1, 2, 5, 1000] {
            #expect(try ParallelMap.map(count: 100, threads: threads) { $0 * $0 } == (0..<100).map { $0 * $0 })
        }
        #expect(try ParallelMap.map(count: 0, threads: 4) { $0 }.isEmpty)
        #expect(ParallelMap.coreCount >= 1)
    }

    @Test func coresAreThoseThatTheThreadMayRunOn() throws {
        #expect(ParallelMap.allowedCores(status: "Name:\tx\nCpus_allowed:\tff,00000003\nMems_allowed:\t1\n") == 10)
        for status in ["", "Cpus_allowed_list:\t0-3\n", "Cpus_allowed:\t\n", "Cpus_allowed:\t0,0\n"] {
            #expect(ParallelMap.allowedCores(status: status) == nil)
        }
        typealias SetAffinity = @convention(c) (Int32, Int, UnsafeRawPointer) -> Int32
        let symbol = try #require(dlsym(dlopen(nil, RTLD_NOW), "sched_setaffinity"))
        let setAffinity = unsafeBitCast(symbol, to: SetAffinity.self)
        let count = Mutex(0)
        // The mask of a thread of its own, on the first CPU that it may use.
        let thread = try SystemThread(name: "one-core") {
            for cpu in 0..<1024 {
                var set = [UInt8](repeating: 0, count: 128)
                set[cpu / 8] = 1 << (cpu % 8)
                if setAffinity(0, set.count, set) == 0 { break }
            }
            count.withLock { $0 = ParallelMap.coreCount }
        }
        thread.join()
        #expect(count.withLock { $0 } == 1)
    }

    @Test func theLowestFailureIsThrownForAnyNumberOfThreads() {
        for threads in [1, 2, 5] {
            let error = #expect(throws: EvaluationError.self) {
                try ParallelMap.map(count: 100, threads: threads) { index throws(EvaluationError) -> Int in
                    if index % 10 == 7 { throw EvaluationError("\(index)") }
                    return index
                }
            }
            #expect(error?.description == "7")
        }
    }

    @Test func eachIndexIsDoneOnce() throws {
        let counts = Mutex([Int](repeating: 0, count: 500))
        _ = try ParallelMap.map(count: 500, threads: 5) { index in counts.withLock { $0[index] += 1 } }
        #expect(counts.withLock { $0.allSatisfy { $0 == 1 } })
    }

    @Test(arguments: [StrategyName.optimum, .gmd, .als, .random, .network, .maxn])
    func configurationsAreTheSameForAnyNumberOfThreads(name: StrategyName) throws {
        let table = try SyntheticTables.manyPoints()
        let takesProfiles = [.als, .random, .network].contains(name)
        let options = try StrategyOptions(
            name, profiles: takesProfiles ? 12 : nil, seed: 3,
            schedule: name == .network ? TrainingSchedule(.paper, steps: 30) : nil)
        func run(_ threads: Int) throws -> [Configuration] {
            try SyntheticTables.infer(
                options, power: "10..40/6", latency: "20..400/40", rate: "20..80/30", on: table, threads: threads
            ).configurations
        }
        let alone = try run(1)
        #expect(alone.count == 6 * 10 * 3)
        #expect(alone.contains { $0.answer != nil } && alone.contains { $0.answer == nil })
        #expect(try run(2) == alone)
        #expect(try run(5) == alone)
        if name == .optimum {
            // The ranking against the definition.
            for configuration in alone {
                let problem = InferProblem(configuration.limits)
                #expect(configuration.answer == problem.optimum(over: table.rows).map(problem.choice))
            }
        }
    }

    @Test func theRankingOfAPairIsThatOfItsDefinition() throws {
        let inference = try SyntheticTables.manyPoints()
        let table = try PairTable(joining: inference, inference.background(minibatch: 4))
        for objective in PairProblem.Objective.allCases {
            let (_, configurations) = try SyntheticTables.pair(
                StrategyOptions(.optimum).pair(on: table), power: "10..30/4", latency: "100..900/200",
                rate: "20..80/30",
                objective: objective, on: table, threads: 3)
            #expect(configurations.contains { $0.answer != nil } && configurations.contains { $0.answer == nil })
            for configuration in configurations {
                let problem = PairProblem(configuration.limits, objective: objective, background: .training)
                let feasible = table.rows.filter(problem.isFeasible)
                #expect(configuration.answer == problem.optimum(over: feasible).map(problem.choice))
                #expect(configuration.bestThroughput == feasible.compactMap(problem.backgroundPerSecond).max())
                #expect(configuration.fluidThroughput == feasible.map(problem.fluidBackgroundPerSecond).max())
            }
        }
    }
}
