public import Policy

/// The limits of one configuration, as the swept axes spell them.
public struct Limits: Hashable, Sendable {
    /// The power budget, watts.
    public let budgetWatts: Double
    /// The latency budget of a request, milliseconds; nil where there is no inference.
    public let latencyMilliseconds: Double?
    /// The arrival rate, requests per second; nil where there is no inference.
    public let ratePerSecond: Double?

    /// Names one configuration.
    public init(budgetWatts: Double, latencyMilliseconds: Double? = nil, ratePerSecond: Double? = nil) {
        self.budgetWatts = budgetWatts
        self.latencyMilliseconds = latencyMilliseconds
        self.ratePerSecond = ratePerSecond
    }
}

/// What was chosen for one configuration, all values as measured in the table.
public struct Choice: Hashable, Sendable {
    /// The power mode.
    public let mode: PowerMode
    /// Requests per inference minibatch; nil for a training, whose minibatch size is fixed.
    public let minibatch: Int?
    /// Time of a minibatch, milliseconds: of the training, or where there is one of the (urgent) inference.
    public let milliseconds: Double
    /// Power, watts; of two workloads that of the hungrier one.
    public let powerWatts: Double
    /// Time of a minibatch of what runs beside the inference, milliseconds; nil where nothing does.
    public let backgroundMilliseconds: Double?
    /// Background minibatches per window of one inference minibatch; nil where nothing runs beside it.
    public let tau: Int?
    /// Minibatches per second of the training, or of what runs beside the inference; nil for an inference alone.
    public let throughput: Double?
}

/// Which limits the measured values of an answer break; nil where the problem has no such limit.
public struct Violations: Hashable, Sendable {
    /// More power than the budget, by any of the workloads.
    public var power = false
    /// b/a + t_in is above the latency budget.
    public var latency: Bool?
    /// Minibatches take longer than their requests take to arrive.
    public var rate: Bool?
    /// The inference that is not urgent falls behind or is late.
    public var nonUrgent: Bool?

    /// Whether all limits are kept.
    public var isEmpty: Bool { ![power, latency ?? false, rate ?? false, nonUrgent ?? false].contains(true) }
}

/// One configuration of a run with what the strategy made of it.
public struct Configuration: Hashable, Sendable {
    /// The limits.
    public let limits: Limits
    /// What the strategy answered; nil where it gave no answer.
    public let answer: Choice?
    /// Which limits the answer breaks; none without an answer.
    public let violations: Violations
    /// The exact optimum of the table; nil where no point keeps all limits.
    public let optimum: Choice?
    /// The largest background throughput of any point that keeps all limits, minibatches per second. The optimum of the
    /// objective `window` may have less. Nil where nothing runs in the background, and without such a point.
    public let bestThroughput: Double?
    /// The largest background throughput of any such point if the GPU were never idle: the best (1 - t_in a / b) / t_tr.
    public let fluidThroughput: Double?
    /// Points that the strategy profiled; those of a survey that was made once are counted in each configuration.
    public let profiles: Int
    /// Profiled points that drew more than the budget.
    public let overBudgetProfiles: Int
    /// Watts over the budget times seconds, over those profiles; see `minibatchesPerProfile`.
    public let overBudgetWattSeconds: Double

    /// A profile of one point runs about this many minibatches of each workload, in the papers and here.
    public static let minibatchesPerProfile = 40.0

    /// The answer if it keeps all limits.
    private var sound: Choice? { violations.isEmpty ? answer : nil }

    /// How much longer the answer's minibatch takes than the optimum's, percent. Nil without an answer that keeps the limits,
    /// and where something runs in the background, whose throughput is what counts.
    public var excessPercent: Double? {
        guard let sound, let optimum, optimum.tau == nil else { return nil }
        return (sound.milliseconds / optimum.milliseconds - 1) * 100
    }

    /// Whether the answer keeps the limits while the optimum runs nothing in the background, so that there is no throughput to
    /// compare with.
    public var isOptimumIdle: Bool { sound != nil && (optimum?.tau ?? 1) <= 0 }

    /// How much less background throughput the answer has than the optimum of the objective, percent; below 0 where it has
    /// more. Nil without an answer that keeps the limits, and where the optimum runs nothing.
    public var throughputLossPercent: Double? { lossPercent(to: optimum?.throughput) }

    /// The same against the largest background throughput of any point.
    public var lossToBestPercent: Double? { lossPercent(to: bestThroughput) }

    /// The same against the fluid limit.
    public var lossToFluidPercent: Double? { lossPercent(to: fluidThroughput) }

    private func lossPercent(to reference: Double?) -> Double? {
        guard let sound, sound.tau != nil, let throughput = sound.throughput, let reference, reference > 0 else {
            return nil
        }
        return (1 - throughput / reference) * 100
    }
}
