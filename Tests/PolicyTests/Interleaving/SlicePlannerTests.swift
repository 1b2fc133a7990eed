import Testing

@testable import Policy

@Suite struct SlicePlannerTests {
    /// Two workloads on a small grid, with times and powers that rise and fall with the knobs, and noise.
    private func rows(using generator: inout Policy.SeededGenerator) -> [PairObservation] {
        var rows: [PairObservation] = []
        let weights = (0..<8).map { _ in generator.fraction() }
        for cores in [4, 8] {
            for cpu in [1, 2, 3] {
                for gpu in [1, 2, 3] {
                    for emc in [1, 2] {
                        let mode = PowerMode(cores: cores, cpuKHz: cpu * 100, gpuHz: gpu * 100, emcHz: emc * 100)
                        func speed(_ from: Int) -> Double {
                            1 + weights[from] * Double(cpu) + 2 * weights[from + 1] * Double(gpu)
                                + weights[from + 2] * Double(emc) + weights[from + 3] * Double(cores) / 4
                        }
                        let background = (300 / speed(0) * (0.9 + 0.2 * generator.fraction()), 5 + 3 * speed(0))
                        for minibatch in [4, 16] {
                            rows.append(
                                PairObservation(
                                    point: InferencePoint(mode: mode, minibatch: minibatch),
                                    inferenceMilliseconds: (40 + 8 * Double(minibatch)) / speed(4)
                                        * (0.9 + 0.2 * generator.fraction()),
                                    inferenceWatts: 5 + 3 * speed(4) + generator.fraction(),
                                    backgroundMilliseconds: background.0, backgroundWatts: background.1))
                        }
                    }
                }
            }
        }
        return rows
    }

    /// The most that any two modes reach, all pairs tried.
    private func most(_ problem: PairProblem, _ rows: [PairObservation], _ cost: SwitchCost) -> Double? {
        var most: Double?
        for inference in rows {
            for background in rows {
                guard let moving = MovingKnobs(from: inference.mode, to: background.mode), let price = cost[moving]
                else { continue }
                // The pair as one observation, with its two powers; then the latency, which counts one switch and not
                // two.
                let both = 2 * price.seconds * 1000
                let joined = PairObservation(
                    point: inference.point, inferenceMilliseconds: inference.inferenceMilliseconds + both,
                    inferenceWatts: inference.inferenceWatts, backgroundMilliseconds: background.backgroundMilliseconds,
                    backgroundWatts: background.backgroundWatts)
                var posed = problem
                posed.inference.latencySeconds += price.seconds
                guard posed.isFeasible(joined) else { continue }
                most = max(most ?? 0, posed.reached(joined))
            }
        }
        return most
    }

    @Test(arguments: Interleaving.allCases) func noTwoModesReachMore(interleaving: Interleaving) throws {
        var generator = Policy.SeededGenerator(seed: 50)
        var (moved, solved) = (0, 0)
        for round in 0..<4 {
            let rows = rows(using: &generator)
            var cost = SwitchCost(.init(seconds: 0.004), moving: [.gpu, .emc])
            if round % 2 == 0 { cost[.all] = .init(seconds: 0.015) }
            let planner = SlicePlanner(rows, cost: cost)
            for budget in [14.0, 20, 26] {
                for latency in [0.4, 0.9] {
                    for objective in PairProblem.Objective.allCases {
                        let problem = PairProblem(
                            budgetWatts: budget, latencySeconds: latency, ratePerSecond: 30, objective: objective,
                            interleaving: interleaving)
                        let plan = planner.plan(problem)
                        let most = most(problem, rows, cost)
                        guard let plan, let most else {
                            #expect(plan == nil && most == nil)
                            continue
                        }
                        solved += 1
                        let reached = objective == .window ? plan.backgroundPerWindow : plan.backgroundPerSecond
                        #expect(abs(reached - most) <= 1e-9 * most)
                        let single = problem.optimum(over: rows).map(problem.reached) ?? 0
                        #expect(reached >= single)
                        #expect(plan.powerWatts <= budget && plan.inference.mode.cores == plan.background.mode.cores)
                        #expect(plan.moving == MovingKnobs(from: plan.inference.mode, to: plan.background.mode))
                        if !plan.moving.isEmpty { moved += 1 }
                    }
                }
            }
        }
        #expect(solved > 20 && moved > 3)
    }

    @Test func onlyTheKnobsThatAreWorthItMove() throws {
        func row(_ cpu: Int, _ gpu: Int, _ inference: (Double, Double), _ background: (Double, Double))
            -> PairObservation
        {
            PairObservation(
                point: InferencePoint(mode: PowerMode(cores: 4, cpuKHz: cpu, gpuHz: gpu, emcHz: 1), minibatch: 10),
                inferenceMilliseconds: inference.0, inferenceWatts: inference.1, backgroundMilliseconds: background.0,
                backgroundWatts: background.1)
        }
        // A window of 1 s. The inference can have gpu 2 within 20 W, the background needs gpu 1; a faster CPU does a
        // little.
        let rows = [
            row(1, 1, (400, 12), (100, 19)), row(1, 2, (200, 18), (60, 25)), row(2, 1, (395, 14), (99, 21)),
            row(2, 2, (198, 19), (59, 27)),
        ]
        func plan(_ cost: SwitchCost) throws -> SlicePlan {
            let problem = PairProblem(
                budgetWatts: 20, latencySeconds: 2, ratePerSecond: 10, objective: .throughput, interleaving: .slack)
            return try #require(SlicePlanner(rows, cost: cost).plan(problem))
        }
        var cost = SwitchCost()
        cost[.gpu] = .init(seconds: 0.01, joules: 0.1)
        cost[[.gpu, .cpu]] = .init(seconds: 0.05, joules: 0.2)
        let some = try plan(cost)
        #expect(some.moving == .gpu && some.inference.mode.gpuHz == 2 && some.background.mode.gpuHz == 1)
        #expect(abs(some.backgroundPerSecond - (1 - 0.22) / 0.1) < 1e-12)
        #expect(some.switchesPerSecond == 2 && some.switchingSecondsPerSecond == 0.02)
        #expect(abs(some.switchingJoulesPerSecond - 0.2) < 1e-12)
        #expect(abs(some.modelledJoulesPerWindow - (18 * 0.2 + 19 * 0.78 + 0.2)) < 1e-9)
        #expect(abs(some.slackSeconds - (2 - 1 - 0.21)) < 1e-12)
        // Where all knobs are quick the CPU moves too, and where none is, none does.
        cost[[.gpu, .cpu]] = .init(seconds: 0.0005)
        #expect(try plan(cost).moving == [.gpu, .cpu])
        let dear = try plan(SwitchCost(.init(seconds: 0.2)))
        #expect(dear.moving.isEmpty && dear.inference.mode == dear.background.mode && dear.switchesPerSecond == 0)
        #expect(dear == (try plan(SwitchCost())))
    }

    @Test func theSwitchBeforeTheInferenceCountsInItsLatency() throws {
        let mode = PowerMode(cores: 4, cpuKHz: 1, gpuHz: 1, emcHz: 1)
        var fast = mode
        fast.gpuHz = 2
        let rows = [(mode, 400.0, 10.0, 100.0), (fast, 200, 10, 90)].map { mode, inference, watts, background in
            PairObservation(
                point: InferencePoint(mode: mode, minibatch: 10), inferenceMilliseconds: inference,
                inferenceWatts: watts, backgroundMilliseconds: background, backgroundWatts: mode == fast ? 30 : 10)
        }
        let planner = SlicePlanner(rows, cost: SwitchCost(.init(seconds: 0.05)))
        func plan(_ latency: Double) -> SlicePlan? {
            planner.plan(
                PairProblem(
                    budgetWatts: 20, latencySeconds: latency, ratePerSecond: 10, objective: .throughput,
                    interleaving: .slack))
        }
        #expect(plan(1.2) == nil && plan(1.249) == nil)
        #expect(plan(1.251)?.moving == .gpu)
        #expect(plan(1.5)?.inference.mode == fast)
    }

    @Test func whatIsNotKnownPlaysNoPart() {
        let mode = PowerMode(cores: 4, cpuKHz: 1, gpuHz: 1, emcHz: 1)
        let odd = [Double.nan, .infinity, 0, -1].map {
            PairObservation(
                point: InferencePoint(mode: mode, minibatch: 4), inferenceMilliseconds: 10, inferenceWatts: 10,
                backgroundMilliseconds: $0, backgroundWatts: 10)
        }
        let problem = PairProblem(budgetWatts: 20, latencySeconds: 2, ratePerSecond: 10)
        #expect(SlicePlanner(odd, cost: SwitchCost(.init(seconds: 0))).plan(problem) == nil)
        #expect(SlicePlanner([], cost: SwitchCost()).plan(problem) == nil)
    }
}

@Suite struct SwitchCostTests {
    @Test func moreKnobsAreNeverCheaper() {
        var cost = SwitchCost()
        #expect(MovingKnobs.choices.allSatisfy { cost[$0] == nil } && cost[[]]?.seconds == 0)
        cost[.all] = .init(seconds: 0.02)
        cost[.gpu] = .init(seconds: 0.03)
        #expect(MovingKnobs.choices.allSatisfy { cost[$0]?.seconds == 0.02 })
        cost[[.gpu, .cpu]] = .init(seconds: 0.005)
        #expect(cost[.cpu]?.seconds == 0.005 && cost[.emc]?.seconds == 0.02 && cost[[.gpu, .emc]]?.seconds == 0.02)
        cost[.all] = .init(seconds: .nan)
        #expect(cost[.emc] == nil && cost[.gpu]?.seconds == 0.005)
        let some = SwitchCost(.init(seconds: 0.001), moving: .gpu)
        #expect(some[.gpu] != nil && some[.cpu] == nil && some[.all] == nil)
    }

    @Test func knobsHaveNames() {
        let mode = PowerMode(cores: 4, cpuKHz: 1, gpuHz: 1, emcHz: 1)
        var other = PowerMode(cores: 4, cpuKHz: 2, gpuHz: 1, emcHz: 3)
        #expect(MovingKnobs(from: mode, to: other)?.description == "cpu+emc")
        #expect(MovingKnobs(from: mode, to: mode)?.description == "none")
        other.cores = 8
        #expect(MovingKnobs(from: mode, to: other) == nil)
    }
}

@Suite struct SwitchGateTests {
    private let cost = SwitchCost(.init(seconds: 0.005))

    @Test func shutUntilACostIsMeasured() {
        var gate = SwitchGate(switchesPerSecondLimit: 10)
        #expect(gate.cost == nil && gate.reason != nil && gate.takeSwitch(at: 0) == false)
        gate.measured(cost)
        #expect(gate.cost == cost && gate.reason == nil && gate.takeSwitch(at: 0) == true)
    }

    @Test func shutForGoodWhenAnOverCurrentCounterMoves() throws {
        var gate = SwitchGate(switchesPerSecondLimit: 10)
        gate.measured(cost)
        let moved = [("oc1", 3), ("oc2", 0), ("oc1", 3), ("oc2", 1), ("oc1", 9)].map { name, value in
            gate.read(counter: name, value: UInt64(value))
        }
        #expect(moved == [false, false, false, true, false])
        gate.measured(cost)
        #expect(gate.cost == nil && gate.takeSwitch(at: 5) == false && gate.isShutForGood)
        #expect(gate.state == .overCurrent(counter: "oc2", from: 0, to: 1))
        #expect(try #require(gate.reason).contains("oc2 went from 0 to 1"))
    }

    @Test func switchesKeepToTheLimit() {
        var gate = SwitchGate(switchesPerSecondLimit: 10)
        gate.measured(cost)
        var made = 0
        // Asked a thousand times a second for ten seconds.
        for tick in 0..<10_000 where gate.takeSwitch(at: Double(tick) / 1000) { made += 1 }
        #expect((100...102).contains(made))
        // A clock that goes back gives nothing.
        #expect(gate.takeSwitch(at: .nan) == false)
        var shut = SwitchGate(switchesPerSecondLimit: .nan)
        shut.measured(cost)
        #expect(shut.cost == nil && shut.reason != nil && shut.takeSwitch(at: 1) == false)
    }

    @Test func aPlanMayNotSwitchMoreOftenThanTheLimit() throws {
        let rows = [1, 2].map { gpu in
            PairObservation(
                point: InferencePoint(mode: PowerMode(cores: 4, cpuKHz: 1, gpuHz: gpu, emcHz: 1), minibatch: 10),
                inferenceMilliseconds: gpu == 1 ? 400 : 100, inferenceWatts: 10, backgroundMilliseconds: 100,
                backgroundWatts: gpu == 1 ? 10 : 30)
        }
        let problem = PairProblem(
            budgetWatts: 20, latencySeconds: 2, ratePerSecond: 10, objective: .throughput, interleaving: .slack)
        let plan = try #require(SlicePlanner(rows, cost: cost).plan(problem))
        let single = try #require(SlicePlanner(rows, cost: SwitchCost()).plan(problem))
        #expect(plan.switchesPerSecond == 2)
        for (limit, permitted) in [(2.0, true), (1.9, false)] {
            var gate = SwitchGate(switchesPerSecondLimit: limit)
            #expect(!gate.permits(plan) && gate.permits(single))
            gate.measured(cost)
            #expect(gate.permits(plan) == permitted && gate.permits(single))
            gate.measured(SwitchCost(.init(seconds: 0.005), moving: .cpu))
            #expect(!gate.permits(plan))
        }
    }
}
