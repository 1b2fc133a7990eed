/// The background throughput of a run's answers beside that of another optimum, configuration by configuration.
public struct ThroughputComparison: Sendable {
    /// Configurations that the other optimum solves.
    public let solvable: Int
    /// Answers that keep the limits and have an optimum to compare with.
    public let compared: Int
    /// The sum of their throughputs over the sum of the optimum's; nil where that is 0. Configurations with a high
    /// throughput weigh more.
    public let ratioOfSums: Double?
    /// The mean of the ratios, each configuration weighing the same; those in which the optimum runs nothing are left
    /// out.
    public let meanRatio: Double?
    /// The least ratio.
    public let leastRatio: Double?
    /// Answers that run something in the background where the optimum runs nothing: in no mean.
    public let fromNothing: Int
    /// Answers that keep the limits where the optimum solves nothing: not compared.
    public let solvedBesides: Int

    /// Compares; nil where `optimum` is of no configuration.
    init?(of configurations: [Configuration], with optimum: (Configuration) -> Choice?) {
        let pairs = configurations.compactMap { configuration in
            optimum(configuration)?.throughput.map { (configuration.sound?.throughput, $0) }
        }
        guard !pairs.isEmpty else { return nil }
        let compared = pairs.compactMap { answer, optimum in answer.map { ($0, optimum) } }
        solvable = pairs.count
        self.compared = compared.count
        let (sum, optimumSum) = compared.reduce((0, 0)) { ($0.0 + $1.0, $0.1 + $1.1) }
        ratioOfSums = optimumSum > 0 ? sum / optimumSum : nil
        let ratios = compared.compactMap { $1 > 0 ? $0 / $1 : nil }
        meanRatio = ratios.isEmpty ? nil : ratios.reduce(0, +) / Double(ratios.count)
        leastRatio = ratios.min()
        fromNothing = compared.count { $1 <= 0 && $0 > 0 }
        solvedBesides = configurations.count { optimum($0) == nil && $0.sound != nil }
    }

    /// The comparison for people.
    var text: String {
        "ratio of sums \(ratioOfSums.map { fixed($0, 4) } ?? "none"), mean ratio \(meanRatio.map { fixed($0, 4) } ?? "none") over "
            + "\(compared) answers; \(fromNothing) besides run something where it runs nothing, \(solvedBesides) where it "
            + "solves nothing"
    }
}

extension ThroughputComparison: Encodable {
    private enum Key: String, CodingKey {
        case solvable, compared
        case ratioOfSums = "ratio_of_sums"
        case meanRatio = "mean_ratio"
        case leastRatio = "min_ratio"
        case fromNothing = "from_nothing"
        case solvedBesides = "solved_besides"
    }

    /// Writes every key, with null where a value does not exist.
    public func encode(to encoder: any Encoder) throws {
        var object = encoder.container(keyedBy: Key.self)
        try object.encode(solvable, forKey: .solvable)
        try object.encode(compared, forKey: .compared)
        try object.encode(ratioOfSums, forKey: .ratioOfSums)
        try object.encode(meanRatio, forKey: .meanRatio)
        try object.encode(leastRatio, forKey: .leastRatio)
        try object.encode(fromNothing, forKey: .fromNothing)
        try object.encode(solvedBesides, forKey: .solvedBesides)
    }
}
