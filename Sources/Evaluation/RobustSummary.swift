/// What a strategy reached over all configurations of a run, beside the optimum of the rows that are not odd.
public struct RobustSummary: Sendable {
    /// Odd rows.
    public let rowsLeftOut: Int
    /// How far a time or a power may be off from what its neighbours say, percent.
    public let boundPercent: Double
    /// Configurations that have a point which keeps all limits and is not an odd row.
    public let solvable: Int
    /// Answers that keep the limits of a configuration in which only odd rows do: they are in none of the losses.
    public let solvedByOddRowsAlone: Int
    /// Answers that are an odd row and keep the limits.
    public let oddAnswers: Int
    /// Answers that `throughputLossPercent` leaves out, as their robust optimum runs nothing; nil without background work.
    public let optimumIdle: Int?
    /// As of the summary, against the robust optimum.
    public let excessPercent: Distribution?
    /// As of the summary, against the robust optimum.
    public let throughputLossPercent: Distribution?
    /// As of the summary, against the rows that are not odd.
    public let lossToBestPercent: Distribution?
    /// As of the summary, against the rows that are not odd.
    public let lossToFluidPercent: Distribution?

    init(of configurations: [Configuration], rowsLeftOut: Int, hasBackground: Bool) {
        self.rowsLeftOut = rowsLeftOut
        boundPercent = RobustFit.boundPercent
        solvable = configurations.count { $0.robustOptimum != nil }
        solvedByOddRowsAlone = configurations.count { $0.isSolvedByOddRowsAlone }
        oddAnswers = configurations.count { $0.robust?.isAnswerLeftOut == true && $0.violations.isEmpty }
        optimumIdle = hasBackground ? configurations.count { $0.isRobustOptimumIdle } : nil
        excessPercent = Distribution(configurations.compactMap(\.robustExcessPercent))
        throughputLossPercent = Distribution(configurations.compactMap(\.robustThroughputLossPercent))
        lossToBestPercent = Distribution(configurations.compactMap(\.robustLossToBestPercent))
        lossToFluidPercent = Distribution(configurations.compactMap(\.robustLossToFluidPercent))
    }

    /// What was left out, for people.
    var rowsText: String {
        "\(rowsLeftOut) \(rowsLeftOut == 1 ? "row is" : "rows are") odd"
            + (solvedByOddRowsAlone > 0 ? ", \(solvedByOddRowsAlone) answers solvable by them alone" : "")
    }
}

extension RobustSummary: Encodable {
    private enum Key: String, CodingKey {
        case solvable
        case rowsLeftOut = "rows_left_out"
        case boundPercent = "bound_percent"
        case solvedByOddRowsAlone = "solved_by_odd_rows_alone"
        case oddAnswers = "odd_answers"
        case optimumIdle = "optimum_idle"
        case excessPercent = "excess_percent"
        case throughputLossPercent = "throughput_loss_percent"
        case lossToBestPercent = "throughput_loss_to_best_percent"
        case lossToFluidPercent = "throughput_loss_to_fluid_percent"
    }

    /// Writes every key, with null where a value does not exist.
    public func encode(to encoder: any Encoder) throws {
        var object = encoder.container(keyedBy: Key.self)
        try object.encode(rowsLeftOut, forKey: .rowsLeftOut)
        try object.encode(boundPercent, forKey: .boundPercent)
        try object.encode(solvable, forKey: .solvable)
        try object.encode(solvedByOddRowsAlone, forKey: .solvedByOddRowsAlone)
        try object.encode(oddAnswers, forKey: .oddAnswers)
        try object.encode(optimumIdle, forKey: .optimumIdle)
        try object.encode(excessPercent, forKey: .excessPercent)
        try object.encode(throughputLossPercent, forKey: .throughputLossPercent)
        try object.encode(lossToBestPercent, forKey: .lossToBestPercent)
        try object.encode(lossToFluidPercent, forKey: .lossToFluidPercent)
    }
}
