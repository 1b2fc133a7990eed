import Glibc
public import Policy

/// A workload whose minibatch time and module power come from a measured table.
///
/// Between the table's modes both are interpolated linearly in the logarithms of time, power and of all four dimensions;
/// outside they keep the value of the edge. A table tells neither the lanes nor the rails apart, so, by rule: the GPU works
/// for the whole minibatch time and loading takes `loaderPart` of it, at no extra power; what the power lies above the idle
/// board is 60 % GPU, 20 % CPU, 20 % memory; where it lies below, all domains shrink alike. A workload that runs alone
/// thus has the table's time and the table's mean power.
public struct TableSurface: WorkloadSurface {
    /// Loading time as a part of the minibatch time: hidden behind the GPU, as with enough loaders.
    static let loaderPart = 0.5

    private let table: TrainingTable

    /// Takes a table with a row for each mode of its grid.
    public init(_ table: TrainingTable) throws(TableError) {
        guard table.isComplete else {
            throw TableError(
                file: table.file, line: nil,
                problem:
                    "The table has \(table.rows.count) rows for a grid of \(table.grid.count) modes; a surface needs "
                    + "a row for each combination of the values that occur.")
        }
        self.table = table
    }

    /// Minibatch time (ms) and module power (W) in `mode`.
    public func interpolated(in mode: PowerMode) -> (milliseconds: Double, watts: Double) {
        let brackets = Dimension.allCases.map { Self.bracket(mode[$0], in: table.grid[$0]) }
        var logTime = 0.0
        var logPower = 0.0
        for corner in 0..<(1 << brackets.count) {
            var weight = 1.0
            var cornerMode = mode
            for (index, dimension) in Dimension.allCases.enumerated() {
                let isUpper = corner >> index & 1 == 1
                let bracket = brackets[index]
                weight *= isUpper ? bracket.part : 1 - bracket.part
                cornerMode[dimension] = isUpper ? bracket.upper : bracket.lower
            }
            guard weight > 0, let row = table[cornerMode] else { continue }
            logTime += weight * log(row.minibatchMilliseconds)
            logPower += weight * log(row.powerWatts)
        }
        return (exp(logTime), exp(logPower))
    }

    /// The cost by the rule above.
    public func cost(in mode: PowerMode, idle: DomainPower) -> MinibatchCost {
        let (milliseconds, watts) = interpolated(in: mode)
        let added = watts - idle.total
        let power =
            added >= 0
            ? DomainPower(gpu: 0.6 * added, cpu: 0.2 * added, memory: 0.2 * added) : idle * (added / idle.total)
        return MinibatchCost(
            gpuMilliseconds: milliseconds, loaderMilliseconds: milliseconds * Self.loaderPart, gpuPower: power,
            loaderPower: DomainPower())
    }

    /// The two neighbours of `value` among `values` (ascending, not empty) and how far it is from the lower one, 0 to 1.
    private static func bracket(_ value: Int, in values: [Int]) -> (lower: Int, upper: Int, part: Double) {
        guard let upper = values.firstIndex(where: { $0 >= value }) else {
            let last = values[values.count - 1]
            return (last, last, 0)
        }
        if upper == 0 || values[upper] == value { return (values[upper], values[upper], 0) }
        let below = values[upper - 1]
        let part = (log(Double(value)) - log(Double(below))) / (log(Double(values[upper])) - log(Double(below)))
        return (below, values[upper], part)
    }
}
