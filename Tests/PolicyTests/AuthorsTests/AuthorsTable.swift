import MeasuredData
import Policy
import Testing

/// One of the result files of the Fulcrum authors.
struct AuthorsTable {
    private let indexByColumn: [String: Int]
    private let fields: [[Substring]]

    init(_ name: String) throws {
        let (columns, rows) = try MeasuredData.authorsFields(name)
        indexByColumn = Dictionary(uniqueKeysWithValues: columns.enumerated().map { ($1, $0) })
        fields = rows
    }

    var count: Int { fields.count }

    var rows: [Row] {
        fields.enumerated().map { Row(line: $0 + 2, indexByColumn: indexByColumn, fields: $1) }
    }

    /// One configuration.
    struct Row {
        /// Its line in the file, for messages.
        let line: Int
        fileprivate let indexByColumn: [String: Int]
        fileprivate let fields: [Substring]

        func text(_ column: String) throws -> Substring {
            let index = try #require(indexByColumn[column], "no column \(column)")
            return try #require(index < fields.count ? fields[index] : nil)
        }

        /// Nil where the field is empty.
        func number(_ column: String) throws -> Double? {
            let text = try text(column)
            if text.isEmpty { return nil }
            guard let number = Double(text) else {
                Issue.record("line \(line): \(column) is \(text)")
                return nil
            }
            return number
        }

        func value(_ column: String) throws -> Double { try #require(try number(column)) }

        /// A mode in four columns; the zeros that stand for none are nil.
        func mode(_ suffix: String) throws -> PowerMode? {
            let cores = Int(try value("cores_\(suffix)"))
            guard cores != 0 else { return nil }
            return PowerMode(
                cores: cores, cpuKHz: Int(try value("cpu_\(suffix)")), gpuHz: Int(try value("gpu_\(suffix)")),
                emcHz: Int(try value("mem_\(suffix)")))
        }

        /// A mode as `cores_cpu_gpu_mem`; nil where the field is empty.
        func modeText(_ column: String) throws -> PowerMode? { try PowerMode(tableText: text(column)) }
    }

    /// The modes of a `random-modes` file.
    static func modes(_ name: String) throws -> [PowerMode] {
        try AuthorsTable(name).rows.map { try #require(try $0.modeText("powermode")) }
    }
}

extension PowerMode {
    fileprivate init?(tableText: Substring) throws {
        guard !tableText.isEmpty else { return nil }
        let values = try tableText.split(separator: "_").map { try #require(Int($0)) }
        try #require(values.count == 4)
        self.init(cores: values[0], cpuKHz: values[1], gpuHz: values[2], emcHz: values[3])
    }
}

/// Collects what differs, as tens of thousands of expectations would say no more.
struct Mismatches {
    private(set) var all: [String] = []
    private(set) var compared = 0

    mutating func compare<Value: Equatable>(_ row: AuthorsTable.Row, _ name: String, _ ours: Value, _ theirs: Value) {
        compared += 1
        if ours != theirs { all.append("line \(row.line): \(name) is \(ours), theirs \(theirs)") }
    }

    /// Measurements, which their reader left off by a unit in the last place here and there.
    mutating func compareMeasured(_ row: AuthorsTable.Row, _ name: String, _ ours: Double?, _ theirs: Double?) {
        compared += 1
        switch (ours, theirs) {
        case (nil, nil): return
        case (let ours?, let theirs?) where abs(ours - theirs) <= 1e-12 * abs(theirs): return
        default:
            all.append(
                "line \(row.line): \(name) is \(String(describing: ours)), theirs \(String(describing: theirs))")
        }
    }

    /// Fails with the first few where there are any, and where fewer than `least` values were compared.
    func expectNone(least: Int, sourceLocation: SourceLocation = #_sourceLocation) {
        #expect(all.isEmpty, "\(all.count) of \(compared): \(all.prefix(5))", sourceLocation: sourceLocation)
        #expect(compared >= least, sourceLocation: sourceLocation)
    }
}

/// The figures of a column as the papers print them.
struct Figures {
    private var values: [Double] = []

    mutating func add(_ value: Double) { values.append(value) }

    var count: Int { values.count }
    var max: Double { values.max() ?? .nan }
    var mean: Double { values.reduce(0, +) / Double(values.count) }

    var median: Double {
        let sorted = values.sorted()
        guard !sorted.isEmpty else { return .nan }
        return (sorted[(sorted.count - 1) / 2] + sorted[sorted.count / 2]) / 2
    }

    static func rounded(_ value: Double, _ places: Int) -> Double {
        var scale = 1.0
        for _ in 0..<places { scale *= 10 }
        return (value * scale).rounded() / scale
    }
}
