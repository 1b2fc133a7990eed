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
    /// Background minibatches per window of one inference minibatch, in the mean; nil where nothing runs beside it.
    public let tau: Double?
    /// Minibatches per second of the training, or of what runs beside the inference; nil for an inference alone.
    public let throughput: Double?
    /// The mode of the background's slices where they may have one of their own; `mode` is then the inference's.
    public var backgroundMode: PowerMode?
    /// Switches of modes per second; nil where slices have no mode of their own.
    public var switchesPerSecond: Double?
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

/// What the rows of a table that are not odd reach at best in one configuration.
public struct RobustBest: Hashable, Sendable {
    /// Their exact optimum; nil where none of them keeps all limits.
    public let optimum: Choice?
    /// Their largest background throughput, minibatches per second; nil where nothing runs in the background.
    public let throughput: Double?
    /// The same if the GPU were never idle.
    public let fluidThroughput: Double?
    /// Whether the strategy's answer is one of the odd rows.
    public let isAnswerLeftOut: Bool
}

/// One configuration of a run with what the strategy made of it.
public struct Configuration: Hashable, Sendable {
    /// The limits.
    public let limits: Limits
    /// What the strategy answered; nil where it gave no answer.
    public internal(set) var answer: Choice?
    /// Which limits the answer breaks; none without an answer.
    public internal(set) var violations: Violations
    /// The exact optimum of the table; nil where no point keeps all limits.
    public internal(set) var optimum: Choice?
    /// The largest background throughput of any point that keeps all limits, minibatches per second. The optimum of the
    /// objective `window` may have less. Nil where nothing runs in the background, and without such a point.
    public internal(set) var bestThroughput: Double?
    /// The largest background throughput of any such point if the GPU were never idle: the best (1 - t_in a / b) / t_tr. Of points
    /// with one mode, also where slices may have modes of their own: those can have more.
    public let fluidThroughput: Double?
    /// Points that the strategy profiled; those of a survey that was made once are counted in each configuration.
    public let profiles: Int
    /// Profiled points that drew more than the budget.
    public let overBudgetProfiles: Int
    /// Watts over the budget times seconds, over those profiles; see `minibatchesPerProfile`.
    public let overBudgetWattSeconds: Double

    /// What the papers' optimum chooses: one mode, whole background minibatches, as many per window as can be. Nil where
    /// the papers have no such question, and where nothing keeps all limits in one mode.
    public internal(set) var papersOptimum: Choice?
    /// The optimum with one mode for all slices, where they may have modes of their own; nil otherwise.
    public internal(set) var singleModeOptimum: Choice?

    /// What the answer is compared with besides; nil where no row was judged.
    public internal(set) var robust: RobustBest?

    /// A profile of one point runs about this many minibatches of each workload, in the papers and here.
    public static let minibatchesPerProfile = 40.0

    /// The answer if it keeps all limits.
    var sound: Choice? { violations.isEmpty ? answer : nil }

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

    /// The exact optimum of the rows that are not odd; nil where none of them keeps all limits.
    public var robustOptimum: Choice? { robust?.optimum }

    /// `excessPercent` against the robust optimum. An answer that is an odd row can be better than that: it counts 0.
    public var robustExcessPercent: Double? {
        guard let sound, let robustOptimum, robustOptimum.tau == nil else { return nil }
        return robustly((sound.milliseconds / robustOptimum.milliseconds - 1) * 100)
    }

    /// `throughputLossPercent` against the robust optimum; an answer that is an odd row loses at least 0.
    public var robustThroughputLossPercent: Double? { lossPercent(to: robustOptimum?.throughput).map(robustly) }

    /// The same against the largest background throughput of the rows that are not odd.
    public var robustLossToBestPercent: Double? { lossPercent(to: robust?.throughput).map(robustly) }

    /// The same against their fluid limit.
    public var robustLossToFluidPercent: Double? { lossPercent(to: robust?.fluidThroughput).map(robustly) }

    /// Whether the answer keeps the limits while no row does that is not odd, so that there is nothing to compare it with.
    public var isSolvedByOddRowsAlone: Bool { robust != nil && sound != nil && robustOptimum == nil }

    /// Whether the answer keeps the limits while the robust optimum runs nothing in the background.
    public var isRobustOptimumIdle: Bool { sound != nil && robustOptimum.map { ($0.tau ?? 1) <= 0 } ?? false }

    private func robustly(_ lossPercent: Double) -> Double {
        robust?.isAnswerLeftOut == true ? max(0, lossPercent) : lossPercent
    }

    private func lossPercent(to reference: Double?) -> Double? {
        guard let sound, sound.tau != nil, let throughput = sound.throughput, let reference, reference > 0 else {
            return nil
        }
        return (1 - throughput / reference) * 100
    }
}
