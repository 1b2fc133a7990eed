/// The odd rows of one table, for people and for scripts.
public struct RobustRowsListing: Sendable {
    private let file: String
    private let rows: Int
    private let judged: Int
    private let odd: [OddRow]

    /// Lists what was judged of `rows` rows of `file`.
    public init<Observation>(_ robust: RobustRows<Observation>, rows: Int, file: String) {
        self.file = file
        self.rows = rows
        judged = robust.judged
        odd = robust.odd
    }

    /// The list as lines for people, without a line end at the end.
    public var text: String {
        let head = AlignedText.of([
            ("table", file), ("rows", "\(rows), \(judged) of them with enough neighbours to be judged"),
            (
                "odd",
                "\(odd.count), off by more than \(fixed(RobustFit.boundPercent, 0)) % and by more than their neighbours differ"
            ),
        ])
        return ([head] + odd.map(Self.line)).joined(separator: "\n")
    }

    private static func line(_ row: OddRow) -> String {
        let measured = row.measured
        func value(_ name: String, _ value: Double, _ expected: Double, _ unit: String, _ isOdd: Bool) -> String {
            "\(name) \(fixed(value, 1)) \(unit), expected \(fixed(expected, 1))"
                + (isOdd ? " (\(value > expected ? "+" : "")\(fixed((value / expected - 1) * 100, 0)) %)" : "")
        }
        return "\(measured.mode)" + (measured.minibatch.map { " x \($0)" } ?? "") + ": "
            + value("time", measured.milliseconds, row.expectedMilliseconds, "ms", row.isTimeOdd) + "; "
            + value("power", measured.watts, row.expectedWatts, "W", row.isPowerOdd)
    }

    /// The list as a JSON object with sorted keys.
    public func json() throws(EvaluationError) -> String { try JSONText.of(self) }
}

extension RobustRowsListing: Encodable {
    private enum Key: String, CodingKey {
        case table, rows, judged, odd
        case boundPercent = "bound_percent"
    }

    private struct Entry: Encodable {
        let mode: String
        let minibatch: Int?
        let timeMilliseconds, expectedTimeMilliseconds, powerWatts, expectedPowerWatts: Double
        let isTimeOdd, isPowerOdd: Bool

        private enum CodingKeys: String, CodingKey {
            case mode, minibatch
            case timeMilliseconds = "time_ms"
            case expectedTimeMilliseconds = "expected_time_ms"
            case powerWatts = "power_w"
            case expectedPowerWatts = "expected_power_w"
            case isTimeOdd = "time_is_odd"
            case isPowerOdd = "power_is_odd"
        }

        init(_ row: OddRow) {
            mode = "\(row.measured.mode)"
            minibatch = row.measured.minibatch
            timeMilliseconds = row.measured.milliseconds
            expectedTimeMilliseconds = row.expectedMilliseconds
            powerWatts = row.measured.watts
            expectedPowerWatts = row.expectedWatts
            isTimeOdd = row.isTimeOdd
            isPowerOdd = row.isPowerOdd
        }

        func encode(to encoder: any Encoder) throws {
            var object = encoder.container(keyedBy: CodingKeys.self)
            try object.encode(mode, forKey: .mode)
            try object.encode(minibatch, forKey: .minibatch)
            try object.encode(timeMilliseconds, forKey: .timeMilliseconds)
            try object.encode(expectedTimeMilliseconds, forKey: .expectedTimeMilliseconds)
            try object.encode(powerWatts, forKey: .powerWatts)
            try object.encode(expectedPowerWatts, forKey: .expectedPowerWatts)
            try object.encode(isTimeOdd, forKey: .isTimeOdd)
            try object.encode(isPowerOdd, forKey: .isPowerOdd)
        }
    }

    /// Writes every key, with null where a value does not exist.
    public func encode(to encoder: any Encoder) throws {
        var object = encoder.container(keyedBy: Key.self)
        try object.encode(file, forKey: .table)
        try object.encode(rows, forKey: .rows)
        try object.encode(judged, forKey: .judged)
        try object.encode(RobustFit.boundPercent, forKey: .boundPercent)
        try object.encode(odd.map(Entry.init), forKey: .odd)
    }
}
