public import Policy

/// A problem that strategies can be compared on.
public protocol EvaluatedProblem: PlanningProblem where Observation: JudgedObservation {
    /// The name of the problem: `train`, `infer`, `pair`.
    static var name: String { get }

    /// The same question with unlimited power and latency. Points that it finds infeasible are so under any budget, and it
    /// orders the others as this question does, by the arrival rate and the objective alone; but see `ordersByLatency`.
    var unlimited: Self { get }

    /// Whether the latency budget has a part in the order too: then `reached` and `backgroundThroughput` of the question
    /// without limits only bound from above what they are with them.
    var ordersByLatency: Bool { get }

    /// What `precedes` compares first, the more the better; asked for only where `ordersByLatency`.
    func reached(_ observation: Observation) -> Double

    /// The question as the papers' optimum answers it; nil where the papers have no such question.
    var papers: Self? { get }

    /// The same question without a limit of power.
    var ignoringPower: Self { get }

    /// An observation as a choice, with what this problem makes of it.
    func choice(_ observation: Observation) -> Choice

    /// The limits that an observation breaks.
    func violations(_ observation: Observation) -> Violations

    /// Background minibatches per second; nil where nothing runs in the background.
    func backgroundThroughput(_ observation: Observation) -> Double?

    /// The same if the GPU were never idle.
    func fluidThroughput(_ observation: Observation) -> Double?

    /// Watts over the budget times seconds of one profile, `Configuration.minibatchesPerProfile` minibatches of each workload.
    func wattSecondsOverBudget(_ observation: Observation) -> Double
}

extension EvaluatedProblem {
    /// The latency budget is a limit and no more.
    public var ordersByLatency: Bool { false }

    /// Asked for by none.
    public func reached(_ observation: Observation) -> Double { 0 }

    /// It is compared with nothing but its own optimum.
    public var papers: Self? { nil }

    /// Nothing runs in the background.
    public func backgroundThroughput(_ observation: Observation) -> Double? { nil }

    /// Nothing runs in the background.
    public func fluidThroughput(_ observation: Observation) -> Double? { nil }

    func wattSecondsOverBudget(watts: Double, milliseconds: Double) -> Double {
        max(0, watts - budgetWatts) * (milliseconds / 1000 * Configuration.minibatchesPerProfile)
    }
}

extension TrainProblem: EvaluatedProblem {
    /// `train`.
    public static var name: String { "train" }

    /// Any mode.
    public var unlimited: TrainProblem { TrainProblem(budgetWatts: .infinity) }

    /// Any mode.
    public var ignoringPower: TrainProblem { unlimited }

    /// The mode with its own throughput.
    public func choice(_ observation: TrainingObservation) -> Choice {
        Choice(
            mode: observation.mode, minibatch: nil, milliseconds: observation.minibatchMilliseconds,
            powerWatts: observation.powerWatts, backgroundMilliseconds: nil, tau: nil,
            throughput: 1000 / observation.minibatchMilliseconds)
    }

    /// Power is the only limit.
    public func violations(_ observation: TrainingObservation) -> Violations {
        Violations(power: !(observation.powerWatts <= budgetWatts))
    }

    /// Of the training's minibatches.
    public func wattSecondsOverBudget(_ observation: TrainingObservation) -> Double {
        wattSecondsOverBudget(watts: observation.powerWatts, milliseconds: observation.minibatchMilliseconds)
    }
}

extension InferProblem: EvaluatedProblem {
    /// `infer`.
    public static var name: String { "infer" }

    /// The rate alone.
    public var unlimited: InferProblem {
        InferProblem(budgetWatts: .infinity, latencySeconds: .infinity, ratePerSecond: ratePerSecond)
    }

    /// Latency and rate.
    public var ignoringPower: InferProblem {
        InferProblem(budgetWatts: .infinity, latencySeconds: latencySeconds, ratePerSecond: ratePerSecond)
    }

    /// The point; requests are served as they arrive, so it has no throughput of its own.
    public func choice(_ observation: InferenceObservation) -> Choice {
        Choice(
            mode: observation.mode, minibatch: observation.point.minibatch,
            milliseconds: observation.minibatchMilliseconds, powerWatts: observation.powerWatts,
            backgroundMilliseconds: nil, tau: nil, throughput: nil)
    }

    /// Power, latency and rate.
    public func violations(_ observation: InferenceObservation) -> Violations {
        violations(
            watts: observation.powerWatts, minibatch: observation.point.minibatch,
            milliseconds: observation.minibatchMilliseconds)
    }

    func violations(watts: Double, minibatch: Int, milliseconds: Double) -> Violations {
        Violations(
            power: !(watts <= budgetWatts),
            latency: !meetsLatency(minibatch: minibatch, milliseconds: milliseconds),
            rate: !keepsUp(minibatch: minibatch, milliseconds: milliseconds))
    }

    /// Of the inference's minibatches.
    public func wattSecondsOverBudget(_ observation: InferenceObservation) -> Double {
        wattSecondsOverBudget(watts: observation.powerWatts, milliseconds: observation.minibatchMilliseconds)
    }
}

extension PairProblem: EvaluatedProblem {
    /// `pair`.
    public static var name: String { "pair" }

    /// The rate, the objective, the interleaving and the goals of the other inference.
    public var unlimited: PairProblem {
        PairProblem(
            budgetWatts: .infinity, latencySeconds: .infinity, ratePerSecond: inference.ratePerSecond,
            objective: objective, background: background, interleaving: interleaving)
    }

    /// The slack of an inference minibatch is what its latency leaves.
    public var ordersByLatency: Bool { interleaving == .slack }

    /// Whole background minibatches per window, as many as can be.
    public var papers: PairProblem? {
        var papers = self
        (papers.objective, papers.interleaving) = (.window, .floor)
        return papers
    }

    /// Latency, rate and the goals of the other inference.
    public var ignoringPower: PairProblem {
        var problem = self
        problem.inference = inference.ignoringPower
        return problem
    }

    /// The point with its background throughput.
    public func choice(_ observation: PairObservation) -> Choice {
        Choice(
            mode: observation.mode, minibatch: observation.point.minibatch,
            milliseconds: observation.inferenceMilliseconds, powerWatts: observation.powerWatts,
            backgroundMilliseconds: observation.backgroundMilliseconds,
            tau: backgroundPerWindow(observation), throughput: backgroundPerSecond(observation))
    }

    /// Power of both, latency and rate of the inference, and where there are two inferences the goals of the other one.
    public func violations(_ observation: PairObservation) -> Violations {
        var violations = inference.violations(
            watts: observation.powerWatts, minibatch: observation.point.minibatch,
            milliseconds: observation.inferenceMilliseconds)
        if case .inference = background { violations.nonUrgent = !meetsBackgroundGoal(observation) }
        return violations
    }

    /// theta.
    public func backgroundThroughput(_ observation: PairObservation) -> Double? { backgroundPerSecond(observation) }

    /// (1 - t_in * a / b) / t_bg.
    public func fluidThroughput(_ observation: PairObservation) -> Double? { fluidBackgroundPerSecond(observation) }

    /// Of the minibatches of both: a profile of a pair runs each of them.
    public func wattSecondsOverBudget(_ observation: PairObservation) -> Double {
        wattSecondsOverBudget(watts: observation.inferenceWatts, milliseconds: observation.inferenceMilliseconds)
            + wattSecondsOverBudget(
                watts: observation.backgroundWatts, milliseconds: observation.backgroundMilliseconds)
    }
}
