public import Policy

/// A plan for one configuration, played minibatch by minibatch against arrivals and jitter, beside the papers' rule.
public struct SimulationEvaluation: Sendable {
    /// What is assumed of the minibatches' times, and what is asked for.
    public struct Settings: Hashable, Sendable {
        /// The coefficient of variation of minibatch times around their medians, log-normal.
        public var jitter = 0.0
        /// The share of minibatches that may take longer than the bound that is planned with.
        public var beyondShare = 0.001
        /// The share of requests that random arrivals may make late.
        public var lateShare = 0.01
        /// How long requests arrive, seconds.
        public var seconds = 3_600.0
        /// The seed of times and arrivals.
        public var seed: UInt64 = 0

        /// The defaults.
        public init() {}
    }

    /// Minibatch times from which the bound is learned, of each workload.
    static let learnedMinibatches = 4_096
    /// More requests, or background minibatches, than this are not simulated.
    static let eventLimit = 50_000_000.0

    private let inference: InferenceTable
    private let background: TrainingTable
    private let limits: Limits
    private let options: InterleavingOptions
    private let arrivals: SimulatedArrivals
    private let settings: Settings
    private let strategy: @Sendable (PairTable) throws(EvaluationError) -> Strategy<PairProblem>

    /// Prepares a simulation. Throws where the settings make no sense.
    ///
    /// `strategy` is asked for a plan of tables whose times are at their bounds, so that what it promises holds under
    /// jitter.
    public init(
        inference: InferenceTable, background: TrainingTable, limits: Limits, options: InterleavingOptions,
        arrivals: SimulatedArrivals, settings: Settings,
        strategy: @escaping @Sendable (PairTable) throws(EvaluationError) -> Strategy<PairProblem>
    ) throws(EvaluationError) {
        guard (0...2).contains(settings.jitter) else {
            throw EvaluationError("--jitter is a share from 0 to 2, such as 0.05 for 5 %.")
        }
        guard settings.beyondShare > 0, settings.beyondShare < 1, settings.lateShare > 0, settings.lateShare < 1 else {
            throw EvaluationError("--beyond-percent and --late-percent must be above 0 and below 100.")
        }
        guard settings.seconds * (limits.ratePerSecond ?? 0) <= Self.eventLimit else {
            throw EvaluationError("--seconds times --rate is more than \(Int(Self.eventLimit)) requests. Take less.")
        }
        if case .recorded(let recording) = arrivals, recording.requests(for: settings.seconds) > Self.eventLimit {
            throw EvaluationError(
                "\(recording.file) has more than \(Int(Self.eventLimit)) requests in that time. Take fewer --seconds.")
        }
        self.inference = inference
        self.background = background
        self.limits = limits
        self.options = options
        self.arrivals = arrivals
        self.settings = settings
        self.strategy = strategy
    }

    /// What came of one plan.
    public struct Played: Sendable {
        /// The plan, its times without a margin.
        public let plan: Choice
        /// Background minibatches per second that the plan promises.
        public let plannedThroughput: Double
        /// The share that planned times are longer than those of the table: the learned bound over the median.
        public let margin: (inference: Double, background: Double)
        /// The requests at once that are planned for, with random arrivals; nil otherwise.
        public let reserve: BurstMargin.Reserve?
        /// The burst up to which requests are in time; nil with uniform arrivals.
        public let toleratedBurst: Int?
        /// What was seen.
        public let result: InterleavingSimulation.Result
    }

    /// Both plans, played.
    public struct Outcome: Sendable {
        /// The plan asked for.
        public let chosen: Played
        /// The best plan of the papers' rule, objective throughput, its times without a margin; nil where there is
        /// none.
        public let floor: Played?
        /// The fluid limit of the points that keep the limits, minibatches per second, at the times of the tables.
        public let fluidThroughput: Double?
        /// Points that the strategy profiled.
        public let profiles: Int
    }

    /// Plans and plays. The same for the same seed.
    public func run() throws(EvaluationError) -> Outcome {
        var generator = SeededGenerator(seed: settings.seed)
        let margin = try margins(using: &generator)
        let stretched = try PairTable(
            joining: inference.stretched(by: margin.inference), background.stretched(by: margin.background))
        let planned = try configuration(stretched, strategy(stretched), options)
        guard let plan = planned.sound, let promised = plan.throughput else {
            throw EvaluationError(
                "Strategy \(try strategy(stretched).name) finds no plan that keeps the limits with a margin of "
                    + "\(fixed((margin.inference - 1) * 100, 1)) % for the inference's jitter and "
                    + "\(fixed((margin.background - 1) * 100, 1)) % for that of what runs beside it.")
        }
        let table = try PairTable(joining: inference, background)
        let floorOptions = try InterleavingOptions(interleaving: .floor, objective: .throughput)
        let floor = try configuration(table, Strategy(name: "optimum", .optimum), floorOptions)
        for (name, choice) in [("plan", plan), ("papers' plan", floor.optimum ?? plan)] {
            guard settings.seconds / ((choice.backgroundMilliseconds ?? 0) / 1000) <= Self.eventLimit else {
                throw EvaluationError(
                    "The \(name) runs more than \(Int(Self.eventLimit)) background minibatches. Take fewer --seconds.")
            }
        }
        let chosen = play(
            unstretched(plan, margin), promised, options.interleaving, margin, floor.limits, using: &generator)
        let reference = floor.optimum.flatMap { optimum in
            optimum.throughput.map {
                play(optimum, $0, .floor, (1, 1), floor.limits, using: &generator)
            }
        }
        return Outcome(
            chosen: chosen, floor: reference, fluidThroughput: floor.fluidThroughput, profiles: planned.profiles)
    }

    private func margins(
        using generator: inout SeededGenerator
    ) throws(EvaluationError) -> (inference: Double, background: Double) {
        guard settings.jitter > 0 else { return (1, 1) }
        func learned(using generator: inout SeededGenerator) throws(EvaluationError) -> Double {
            guard
                var margin = JitterMargin(
                    coverage: 1 - settings.beyondShare, capacity: Self.learnedMinibatches)
            else { throw EvaluationError("--beyond-percent must be above 0 and below 100.") }
            let times = MinibatchTimes.logNormal(medianSeconds: 1, coefficient: settings.jitter)
            for _ in 0..<Self.learnedMinibatches { margin.record(seconds: times.draw(using: &generator)) }
            return max(1, margin.bound?.seconds ?? 1)
        }
        let inference = try learned(using: &generator)
        return (inference, try learned(using: &generator))
    }

    private func configuration(
        _ table: PairTable, _ strategy: Strategy<PairProblem>, _ options: InterleavingOptions
    ) throws(EvaluationError) -> Configuration {
        let evaluation = TableEvaluation(table: table, strategy: strategy, limits: [limits], slices: options.slices) {
            options.problem($0, background: .training)
        }
        guard let configuration = try evaluation.run(threads: 1).configurations.first else {
            throw EvaluationError("There is no configuration to simulate.")
        }
        return configuration
    }

    private func unstretched(_ plan: Choice, _ margin: (inference: Double, background: Double)) -> Choice {
        var choice = Choice(
            mode: plan.mode, minibatch: plan.minibatch, milliseconds: plan.milliseconds / margin.inference,
            powerWatts: plan.powerWatts,
            backgroundMilliseconds: plan.backgroundMilliseconds.map { $0 / margin.background }, tau: plan.tau,
            throughput: plan.throughput)
        choice.backgroundMode = plan.backgroundMode
        choice.switchesPerSecond = plan.switchesPerSecond
        return choice
    }

    private func play(
        _ plan: Choice, _ promised: Double, _ interleaving: Interleaving,
        _ margin: (inference: Double, background: Double), _ limits: Limits, using generator: inout SeededGenerator
    ) -> Played {
        let rate = limits.ratePerSecond ?? 0
        let minibatch = plan.minibatch ?? 1
        let latency = (limits.latencyMilliseconds ?? 0) / 1000
        let isSwitching = plan.switchesPerSecond ?? 0 > 0
        let switching = isSwitching ? (options.switchMilliseconds ?? 0) / 1000 : 0
        let (median, backgroundMedian) = (plan.milliseconds / 1000, (plan.backgroundMilliseconds ?? 0) / 1000)
        let answer = median * margin.inference + switching
        let bounds = SlackDispatcher.Bounds(
            inferenceSeconds: answer + switching, answerSeconds: answer,
            backgroundSeconds: backgroundMedian * margin.background, switchSeconds: switching)
        let (before, process, seconds) = processes(rate)
        var reserve: BurstMargin.Reserve?
        if let before, var bursts = BurstMargin(minibatch: minibatch, inferenceSeconds: bounds.inferenceSeconds) {
            bursts.record(before.process, seconds: before.seconds, using: &generator)
            reserve = bursts.reserve(coverage: 1 - settings.lateShare)
        }
        var simulation = InterleavingSimulation(
            arrivals: process,
            inference: .logNormal(medianSeconds: median, coefficient: settings.jitter),
            background: .logNormal(medianSeconds: backgroundMedian, coefficient: settings.jitter),
            latencySeconds: latency, durationSeconds: seconds, switchSeconds: switching)
        simulation.inferenceBoundSeconds = median * margin.inference
        simulation.backgroundBoundSeconds = bounds.backgroundSeconds
        let expected: SlackDispatcher.Arrivals =
            before == nil ? .uniform(ratePerSecond: rate) : .bursts(reserve: reserve?.requests ?? 1)
        let slack = SlackDispatcher(
            minibatch: minibatch, latencySeconds: latency, arrivals: expected, bounds: bounds, capacity: 1 << 16)
        let window = WindowDispatcher(
            minibatch: minibatch, windowSeconds: Double(minibatch) / rate, tau: Int(exactly: plan.tau ?? 0) ?? 0,
            capacity: 1 << 16)
        // Both are made for any plan that keeps its limits.
        let result =
            interleaving == .slack
            ? slack.map { simulation.run($0, using: &generator) } : window.map { simulation.run($0, using: &generator) }
        return Played(
            plan: plan, plannedThroughput: promised, margin: margin,
            reserve: interleaving == .slack ? reserve : nil,
            toleratedBurst: interleaving == .slack ? slack?.toleratedBurst : nil,
            result: result ?? InterleavingSimulation.Result(latencyBudgetSeconds: latency))
    }

    /// The arrivals to simulate, and those before them that the reserve is learned from; none where they are uniform.
    private func processes(
        _ rate: Double
    ) -> (before: (process: ArrivalProcess, seconds: Double)?, process: ArrivalProcess, seconds: Double) {
        switch arrivals {
        case .uniform: return (nil, .uniform(ratePerSecond: rate), settings.seconds)
        case .poisson:
            let process = ArrivalProcess.poisson(ratePerSecond: rate)
            return ((process, settings.seconds), process, settings.seconds)
        case .recorded(let recording):
            // What was recorded before is all that is known: as much as is simulated, half of the file at most.
            let start = recording.start(for: settings.seconds)
            return (
                (recording.process, start), recording.process(from: start),
                min(settings.seconds, recording.seconds - start)
            )
        }
    }
}
