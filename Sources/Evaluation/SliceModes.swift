public import Policy

/// Plans in which each workload's slices have a power mode of their own, made of known points.
public struct SliceModes<Problem: EvaluatedProblem>: Sendable {
    /// A plan as a choice, and the points whose values it uses.
    struct Planned {
        let choice: Choice
        let points: [Problem.Observation.Point]
    }

    /// Makes plans of some points.
    typealias Planner = @Sendable (Problem) -> Planned?

    private let make: @Sendable ([Problem.Observation]) -> Planner

    /// Prepares plans made of `points` alone.
    func planner(_ points: [Problem.Observation]) -> Planner { make(points) }
}

extension SliceModes where Problem == PairProblem {
    /// The best plan for a pair, with switches at `cost`; see `SlicePlanner`.
    public static func perSlice(_ cost: SwitchCost) -> SliceModes {
        SliceModes { points in
            let planner = SlicePlanner(points, cost: cost)
            return { problem in
                planner.plan(problem).map { plan in
                    Planned(
                        choice: Choice(plan),
                        points: [
                            plan.inference.point,
                            InferencePoint(mode: plan.background.mode, minibatch: plan.minibatch),
                        ])
                }
            }
        }
    }
}

extension Choice {
    /// A plan with a mode per slice.
    init(_ plan: SlicePlan) {
        self.init(
            mode: plan.inference.mode, minibatch: plan.minibatch, milliseconds: plan.inference.minibatchMilliseconds,
            powerWatts: plan.powerWatts, backgroundMilliseconds: plan.background.minibatchMilliseconds,
            tau: plan.backgroundPerWindow, throughput: plan.backgroundPerSecond, backgroundMode: plan.background.mode,
            switchesPerSecond: plan.switchesPerSecond)
    }
}
