import Glibc
public import Policy

/// What was measured of one workload in one power mode.
public struct Measurement: Hashable, Sendable {
    /// The power mode.
    public let mode: PowerMode
    /// Requests per minibatch; nil where that is fixed.
    public let minibatch: Int?
    /// Time of a minibatch, milliseconds.
    public let milliseconds: Double
    /// Power, watts.
    public let watts: Double
}

/// A measurement beside what its neighbours say of it.
public struct OddRow: Hashable, Sendable {
    /// What was measured.
    public let measured: Measurement
    /// Time of a minibatch by the neighbours, milliseconds.
    public let expectedMilliseconds: Double
    /// Power by the neighbours, watts.
    public let expectedWatts: Double
    /// Whether the time is what is odd.
    public let isTimeOdd: Bool
    /// Whether the power is what is odd.
    public let isPowerOdd: Bool
}

/// Which measurements of one workload, at one minibatch size, its others contradict.
///
/// Where time or power is a product of one function per knob, of whatever shape, any two knobs i and j and neighbours x+i, x+j
/// and x+i+j of a mode x say what it must read: m(x) = m(x+i) m(x+j) / m(x+i+j). Real tables are nearly so near each mode. A
/// neighbour is one or two values away in one knob, so a mode has up to 96 such predictions. The expected value is their
/// median. A row is odd if one of its two values is off from that
///
/// - by more than `boundPercent`, as a factor in either direction,
/// - by more than three standard deviations of the predictions, taken as 1.4826 times their median absolute deviation (the
///   Hampel identifier; L. Davies and U. Gather, "The Identification of Multiple Outliers", JASA 88, 1993): where a table is
///   noisy, or has an edge across two knobs, its neighbours do not agree,
/// - and by more than the bound still, whichever one neighbour is not asked: a row is not odd for having an odd neighbour.
///
/// Of odd rows that are neighbours the worst is taken out first, and the others are judged again without it.
struct RobustFit {
    /// How far a time or a power may be off, percent: 1.15 times what is expected, or the expected value by 1.15. On the tables
    /// of arXiv 2509.20205 and 2407.13944, 99 % of the powers are off by less than 11 %, of the training times by less than 14 %.
    static let boundPercent = 15.0
    /// Predictions that must be left without any one neighbour; rows that have fewer are not judged.
    static let leastPredictions = 3
    /// Rounds of taking out; on measured tables a handful suffices.
    static let roundLimit = 64

    private static let steps = [-2, -1, 1, 2]
    /// Steps in any of the four dimensions.
    private static let slots = 4 * steps.count
    /// Two steps in different dimensions.
    private static let crossings = (0..<slots).flatMap { first in
        (0..<slots).filter { first / steps.count < $0 / steps.count }.map { (first, $0) }
    }
    private static let boundLogarithm = log1p(boundPercent / 100)
    private static let deviations = 3 * 1.4826

    /// Rows that have enough neighbours to be judged, before any was taken out.
    private(set) var judged = 0
    /// The odd ones, by index.
    private(set) var odd: [Int: OddRow] = [:]

    private let measurements: [Measurement]
    private let logarithms: [[Double]]
    /// The row one step away, per row and slot; -1 where there is none.
    private let neighbours: [Int32]
    private var isTrusted: [Bool]
    private var predictions: [Prediction] = []
    private var values: [Double] = []

    private struct Prediction {
        let first, second: Int
        let rows: (Int, Int, Int)
    }

    /// How far a row is off: above 1 it is odd.
    private struct Judgement {
        var score = 0.0
        var isTimeOdd = false
        var isPowerOdd = false
        var expected = (time: 0.0, power: 0.0)
    }

    /// Judges measurements of different modes. O(n).
    init(_ measurements: [Measurement]) {
        self.measurements = measurements
        logarithms = [measurements.map { log($0.milliseconds) }, measurements.map { log($0.watts) }]
        neighbours = Self.neighbours(of: measurements.map(\.mode))
        // A value without a logarithm says nothing of its neighbours.
        isTrusted = zip(logarithms[0], logarithms[1]).map { $0.isFinite && $1.isFinite }
        takeOut()
    }

    private static func neighbours(of modes: [PowerMode]) -> [Int32] {
        let places = Dimension.allCases.map { dimension in
            let ascending = Set(modes.lazy.map { $0[dimension] }).sorted()
            return (ascending, Dictionary(uniqueKeysWithValues: zip(ascending, ascending.indices)))
        }
        let rows = Dictionary(zip(modes, modes.indices.map { Int32($0) }), uniquingKeysWith: { first, _ in first })
        var neighbours: [Int32] = []
        neighbours.reserveCapacity(modes.count * slots)
        for mode in modes {
            for (dimension, (ascending, place)) in zip(Dimension.allCases, places) {
                for step in steps {
                    let index = (place[mode[dimension]] ?? 0) + step
                    var neighbour = mode
                    if ascending.indices.contains(index) { neighbour[dimension] = ascending[index] }
                    neighbours.append(neighbour == mode ? -1 : rows[neighbour] ?? -1)
                }
            }
        }
        return neighbours
    }

    /// The row at `slot` of `row`, where it is trusted.
    private func neighbour(_ row: Int, _ slot: Int) -> Int? {
        let index = Int(neighbours[row * Self.slots + slot])
        return index >= 0 && isTrusted[index] ? index : nil
    }

    private mutating func takeOut() {
        var judgements = [Judgement](repeating: Judgement(), count: measurements.count)
        for row in measurements.indices where isTrusted[row] {
            guard let judgement = judge(row) else { continue }
            judgements[row] = judgement
            judged += 1
        }
        var candidates = measurements.indices.filter { judgements[$0].score > 1 }
        for _ in 0..<Self.roundLimit {
            let worst = candidates.filter { row in
                let score = judgements[row].score
                return surroundings(of: row).allSatisfy { other in
                    judgements[other].score < score || (judgements[other].score == score && other > row)
                }
            }
            guard !worst.isEmpty else { return }
            var stale = Set(candidates)
            for row in worst {
                stale.formUnion(surroundings(of: row))
                odd[row] = oddRow(row, judgements[row])
            }
            for row in worst {
                isTrusted[row] = false
                judgements[row] = Judgement()
            }
            for row in stale where isTrusted[row] { judgements[row] = judge(row) ?? Judgement() }
            candidates = stale.filter { judgements[$0].score > 1 }.sorted()
        }
    }

    private func oddRow(_ row: Int, _ judgement: Judgement) -> OddRow {
        OddRow(
            measured: measurements[row], expectedMilliseconds: exp(judgement.expected.time),
            expectedWatts: exp(judgement.expected.power), isTimeOdd: judgement.isTimeOdd,
            isPowerOdd: judgement.isPowerOdd)
    }

    /// The trusted rows that `row` has a part in judging.
    private func surroundings(of row: Int) -> [Int] {
        (0..<Self.slots).compactMap { neighbour(row, $0) }
            + Self.crossings.compactMap { first, second in
                neighbour(row, first).flatMap { neighbour($0, second) }
            }
    }

    /// Nil where the row has too few neighbours.
    private mutating func judge(_ row: Int) -> Judgement? {
        guard let used = predict(row) else { return nil }
        let (time, expectedTime) = score(row, logarithms[0], used)
        let (power, expectedPower) = score(row, logarithms[1], used)
        return Judgement(
            score: max(time, power), isTimeOdd: time > 1, isPowerOdd: power > 1,
            expected: (expectedTime, expectedPower))
    }

    /// Collects the predictions of a row, and the slots that they use. Nil where there are too few.
    private mutating func predict(_ row: Int) -> [Int]? {
        predictions.removeAll(keepingCapacity: true)
        var uses = [Int](repeating: 0, count: Self.slots)
        for (first, second) in Self.crossings {
            guard let beside = neighbour(row, first), let other = neighbour(row, second),
                let across = neighbour(beside, second)
            else { continue }
            predictions.append(Prediction(first: first, second: second, rows: (beside, other, across)))
            uses[first] += 1
            uses[second] += 1
        }
        let used = uses.indices.filter { uses[$0] > 0 }
        guard let most = uses.max(), most > 0, predictions.count - most >= Self.leastPredictions else { return nil }
        return used
    }

    /// How far one value of a row is off, and the logarithm that is expected.
    private mutating func score(
        _ row: Int, _ logarithms: [Double], _ used: [Int]
    ) -> (score: Double, expected: Double) {
        func value(_ prediction: Prediction) -> Double {
            let (beside, other, across) = prediction.rows
            return logarithms[beside] + logarithms[other] - logarithms[across]
        }
        values.removeAll(keepingCapacity: true)
        for prediction in predictions { values.append(value(prediction)) }
        let expected = median()
        let off = abs(logarithms[row] - expected)
        guard off > Self.boundLogarithm else { return (0, expected) }
        for index in values.indices { values[index] = abs(values[index] - expected) }
        var score = off / max(Self.boundLogarithm, Self.deviations * median())
        for slot in used where score > 1 {
            values.removeAll(keepingCapacity: true)
            for prediction in predictions where prediction.first != slot && prediction.second != slot {
                values.append(value(prediction))
            }
            score = min(score, abs(logarithms[row] - median()) / Self.boundLogarithm)
        }
        return (score, expected)
    }

    /// The median of `values`, which it sorts.
    private mutating func median() -> Double {
        values.sort()
        let middle = values.count / 2
        return values.count % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2
    }
}
