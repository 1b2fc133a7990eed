import Policy

/// What a simulated plan did, beside the papers' rule and the fluid limit.
public struct SimulationSummary: Sendable {
    private let outcome: SimulationEvaluation.Outcome
    private let subject: Subject
    private let limits: Limits
    private let arrivals: String
    private let settings: SimulationEvaluation.Settings

    /// Sums up a simulation.
    public init(
        of outcome: SimulationEvaluation.Outcome, subject: Subject, limits: Limits, arrivals: String,
        settings: SimulationEvaluation.Settings
    ) {
        self.outcome = outcome
        self.subject = subject
        self.limits = limits
        self.arrivals = arrivals
        self.settings = settings
    }

    private func milliseconds(_ played: SimulationEvaluation.Played, _ quantile: Double) -> Double? {
        played.result.latencies.seconds(quantile: quantile).map { $0 * 1000 }
    }

    /// The summary as aligned lines for people, without a line end at the end.
    public var text: String {
        let chosen = outcome.chosen
        var lines: [(name: String, value: String)] = [
            ("train", subject.train ?? ""), ("infer", subject.infer ?? ""),
            (
                "limits",
                "\(shortest(limits.budgetWatts)) W, \(shortest(limits.latencyMilliseconds ?? 0)) ms, planned for "
                    + "\(shortest(limits.ratePerSecond ?? 0)) requests per second"
            ),
            ("arrivals", "\(arrivals), jitter \(shortest(settings.jitter))"),
            (
                "strategy",
                "\(subject.strategy), \(outcome.profiles) profiles, interleaving \(subject.interleaving ?? "")"
            ),
            ("plan", planText(chosen.plan)),
            (
                "margin",
                "inference \(fixed((chosen.margin.inference - 1) * 100, 1)) %, background "
                    + "\(fixed((chosen.margin.background - 1) * 100, 1)) % over the median; "
                    + "\(chosen.result.minibatchesBeyondBound) minibatches took longer"
            ),
        ]
        if let reserve = chosen.reserve {
            lines.append(
                (
                    "reserve",
                    "\(reserve.requests) requests at once, from \(reserve.samples) arrivals; up to "
                        + "\(chosen.toleratedBurst ?? 0) are in time"
                ))
        }
        lines += [
            ("late requests", lateText(chosen.result)), ("latency", latencyText(chosen)),
            ("throughput", throughputText(chosen)),
        ]
        if let floor = outcome.floor {
            lines += [
                ("papers' rule", planText(floor.plan)), ("  late requests", lateText(floor.result)),
                ("  latency", latencyText(floor)), ("  throughput", throughputText(floor)),
            ]
        }
        return AlignedText.of(lines)
    }

    private func planText(_ plan: Choice) -> String {
        let own = plan.backgroundMode.map { $0 == plan.mode ? "" : ", background in \($0)" } ?? ""
        return "\(plan.mode)\(own), minibatch \(plan.minibatch ?? 0), \(fixed(plan.milliseconds, 1)) and "
            + "\(fixed(plan.backgroundMilliseconds ?? 0, 1)) ms"
    }

    private func lateText(_ result: InterleavingSimulation.Result) -> String {
        let first = result.firstLateness.map {
            "; the first came at \(fixed($0.arrivalSeconds, 3)) s and was answered after "
                + "\(fixed(($0.answerSeconds - $0.arrivalSeconds) * 1000, 1)) ms"
        }
        return "\(result.lateRequests) of \(result.requests), \(fixed(result.lateShare * 100, 4)) %" + (first ?? "")
            + (result.refusedRequests > 0 ? "; \(result.refusedRequests) refused" : "")
    }

    private func latencyText(_ played: SimulationEvaluation.Played) -> String {
        func text(_ quantile: Double) -> String { milliseconds(played, quantile).map { fixed($0, 1) } ?? "-" }
        return "p50 \(text(0.5)), p99 \(text(0.99)), p99.9 \(text(0.999)), max "
            + "\(fixed(played.result.latencies.maximumSeconds * 1000, 1)) ms"
    }

    private func throughputText(_ played: SimulationEvaluation.Played) -> String {
        let result = played.result
        let fluid = outcome.fluidThroughput.map {
            ", \(fixed(result.backgroundPerSecond / $0 * 100, 1)) % of the fluid limit of one mode at uniform arrivals"
        }
        return "\(fixed(result.backgroundPerSecond, 4)) background minibatches per second, planned "
            + "\(fixed(played.plannedThroughput, 4))\(fluid ?? ""); idle \(fixed(result.idleShare * 100, 1)) %, "
            + "\(result.partialMinibatches) of \(result.inferenceMinibatches) inference minibatches not full"
    }

    /// The summary as a JSON object with sorted keys.
    public func json() throws(EvaluationError) -> String { try JSONText.of(self) }
}

extension SimulationSummary: Encodable {
    private enum Key: String, CodingKey {
        case problem, strategy, train, infer, interleaving, seed, arrivals, jitter, rate, seconds, profiles, chosen,
            floor
        case sliceModes = "slice_modes"
        case switchMilliseconds = "switch_ms"
        case powerWatts = "power_w"
        case latencyMilliseconds = "latency_ms"
        case fluidThroughput = "fluid_throughput"
    }

    private enum PlayedKey: String, CodingKey {
        case mode, minibatch, reserve, requests, throughput
        case backgroundMode = "background_mode"
        case milliseconds = "time_ms"
        case backgroundMilliseconds = "background_time_ms"
        case plannedThroughput = "planned_throughput"
        case inferenceMargin = "inference_margin"
        case backgroundMargin = "background_margin"
        case beyondBound = "minibatches_beyond_bound"
        case toleratedBurst = "tolerated_burst"
        case lateRequests = "late_requests"
        case refusedRequests = "refused_requests"
        case latePercent = "late_percent"
        case firstLateSeconds = "first_late_s"
        case p50 = "latency_p50_ms"
        case p99 = "latency_p99_ms"
        case p999 = "latency_p999_ms"
        case most = "latency_max_ms"
        case idlePercent = "idle_percent"
        case inferenceMinibatches = "inference_minibatches"
        case partialMinibatches = "partial_minibatches"
        case switches
    }

    /// Writes every key, with null where a value does not exist.
    public func encode(to encoder: any Encoder) throws {
        var object = encoder.container(keyedBy: Key.self)
        try object.encode("simulate", forKey: .problem)
        try object.encode(subject.strategy, forKey: .strategy)
        try object.encode(subject.train, forKey: .train)
        try object.encode(subject.infer, forKey: .infer)
        try object.encode(subject.interleaving, forKey: .interleaving)
        try object.encode(subject.sliceModes, forKey: .sliceModes)
        try object.encode(subject.switchMilliseconds, forKey: .switchMilliseconds)
        try object.encode(limits.budgetWatts, forKey: .powerWatts)
        try object.encode(limits.latencyMilliseconds, forKey: .latencyMilliseconds)
        try object.encode(limits.ratePerSecond, forKey: .rate)
        try object.encode(arrivals, forKey: .arrivals)
        try object.encode(settings.jitter, forKey: .jitter)
        try object.encode(outcome.chosen.result.seconds, forKey: .seconds)
        try object.encode(settings.seed, forKey: .seed)
        try object.encode(outcome.profiles, forKey: .profiles)
        try object.encode(outcome.fluidThroughput, forKey: .fluidThroughput)
        try encode(outcome.chosen, object.nestedContainer(keyedBy: PlayedKey.self, forKey: .chosen))
        if let floor = outcome.floor {
            try encode(floor, object.nestedContainer(keyedBy: PlayedKey.self, forKey: .floor))
        } else {
            try object.encodeNil(forKey: .floor)
        }
    }

    private func encode(
        _ played: SimulationEvaluation.Played, _ container: KeyedEncodingContainer<PlayedKey>
    ) throws {
        var object = container
        let result = played.result
        try object.encode("\(played.plan.mode)", forKey: .mode)
        try object.encode(played.plan.backgroundMode.map { "\($0)" }, forKey: .backgroundMode)
        try object.encode(played.plan.minibatch, forKey: .minibatch)
        try object.encode(played.plan.milliseconds, forKey: .milliseconds)
        try object.encode(played.plan.backgroundMilliseconds, forKey: .backgroundMilliseconds)
        try object.encode(played.plannedThroughput, forKey: .plannedThroughput)
        try object.encode(played.margin.inference, forKey: .inferenceMargin)
        try object.encode(played.margin.background, forKey: .backgroundMargin)
        try object.encode(result.minibatchesBeyondBound, forKey: .beyondBound)
        try object.encode(played.reserve?.requests, forKey: .reserve)
        try object.encode(played.toleratedBurst, forKey: .toleratedBurst)
        try object.encode(result.requests, forKey: .requests)
        try object.encode(result.lateRequests, forKey: .lateRequests)
        try object.encode(result.refusedRequests, forKey: .refusedRequests)
        try object.encode(result.lateShare * 100, forKey: .latePercent)
        try object.encode(result.firstLateness?.arrivalSeconds, forKey: .firstLateSeconds)
        try object.encode(milliseconds(played, 0.5), forKey: .p50)
        try object.encode(milliseconds(played, 0.99), forKey: .p99)
        try object.encode(milliseconds(played, 0.999), forKey: .p999)
        try object.encode(result.latencies.maximumSeconds * 1000, forKey: .most)
        try object.encode(result.backgroundPerSecond, forKey: .throughput)
        try object.encode(result.idleShare * 100, forKey: .idlePercent)
        try object.encode(result.inferenceMinibatches, forKey: .inferenceMinibatches)
        try object.encode(result.partialMinibatches, forKey: .partialMinibatches)
        try object.encode(result.switches, forKey: .switches)
    }
}
