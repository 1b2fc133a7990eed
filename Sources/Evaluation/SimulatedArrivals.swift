import Policy
import SystemCalls

/// Where the arrivals of a simulation come from.
public enum SimulatedArrivals: Sendable {
    /// Evenly, at the rate that is planned for.
    case uniform
    /// A Poisson process of that rate.
    case poisson
    /// A recording: of each second its number of requests, or of each request its time.
    case recorded(Recording)

    /// What a file recorded.
    public struct Recording: Sendable {
        let process: ArrivalProcess
        /// How long it lasts, seconds.
        let seconds: Double
        let file: String
    }

    /// `uniform`, `poisson`, or the path of a file. A file whose first line has a column `TIMESTAMP` has one request
    /// per line, any other the number of requests in each second, which `scale` may change (for a file of times it is
    /// refused).
    public init(named name: String, scale: ((RateSeries) -> RateSeries)? = nil) throws(EvaluationError) {
        switch name {
        case "uniform", "poisson":
            guard scale == nil else {
                throw EvaluationError(
                    "--scale-to goes with a file of requests per second, not with --arrivals \(name).")
            }
            self = name == "uniform" ? .uniform : .poisson
        default: self = .recorded(try Recording(contentsOf: name, scale: scale))
        }
    }

    /// `uniform`, `poisson` or the name of the file.
    public var name: String {
        switch self {
        case .uniform: "uniform"
        case .poisson: "poisson"
        case .recorded(let recording): recording.file
        }
    }
}

extension SimulatedArrivals.Recording {
    init(contentsOf path: String, scale: ((RateSeries) -> RateSeries)?) throws(EvaluationError) {
        let bytes = try InputFile.bytes(path, limit: RateSeries.byteLimit)
        try self.init(parsing: bytes, file: path, scale: scale)
    }

    init(parsing bytes: [UInt8], file: String, scale: ((RateSeries) -> RateSeries)?) throws(EvaluationError) {
        self.file = file
        guard let times = try RequestTimes(parsing: bytes, file: file) else {
            let series = try RateSeries(parsing: bytes, file: file)
            let scaled = scale?(series) ?? series
            process = .perSecond(scaled.perSecond)
            seconds = Double(scaled.perSecond.count)
            guard seconds >= 2 else {
                throw EvaluationError("\(file): There is one second only; half of the file is to learn from.")
            }
            return
        }
        guard scale == nil else {
            throw EvaluationError(
                "\(file): --scale-to maps requests per second; this file has the time of each request.")
        }
        process = .recorded(times.seconds)
        seconds = times.seconds.last ?? 0
        guard seconds >= 2 else {
            throw EvaluationError("\(file): The requests last less than 2 seconds; half of that is to learn from.")
        }
    }

    /// Where a simulation of `seconds` begins: what lies before is to learn from, as much as is simulated, half at
    /// most.
    func start(for seconds: Double) -> Double { min(seconds, self.seconds / 2).rounded(.down) }

    /// Requests until the end of a simulation of `seconds`.
    func requests(for seconds: Double) -> Double {
        let end = start(for: seconds) + seconds
        switch process {
        case .perSecond(let counts): return counts.prefix(Int(min(end, Double(counts.count)))).reduce(0, +)
        case .recorded(let times): return Double(times.count)
        case .uniform, .poisson: return 0
        }
    }

    /// The arrivals from `start` on, as if that were the beginning.
    func process(from start: Double) -> ArrivalProcess {
        switch process {
        case .perSecond(let counts): .perSecond(Array(counts.dropFirst(Int(start))))
        case .recorded(let times): .recorded(times.filter { $0 >= start }.map { $0 - start })
        case .uniform, .poisson: process
        }
    }
}

/// The times of requests in a file with a column `TIMESTAMP`, one per line: `2023-11-16 18:17:03.9799600`.
struct RequestTimes {
    /// Seconds after the first request, ascending.
    let seconds: [Double]

    /// A file with more requests is refused.
    static let requestLimit = 4_000_000

    /// Nil where the first line has no such column. Other columns are passed over; nothing may be quoted.
    init?(parsing bytes: [UInt8], file: String) throws(EvaluationError) {
        var lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)[...]
        // The first line alone decides, so a file of numbers is not split for long.
        guard let header = lines.popFirst() else { return nil }
        let names = Self.fields(header)
        guard let column = names.firstIndex(where: { $0.elementsEqual("TIMESTAMP".utf8) }) else { return nil }
        guard lines.count <= Self.requestLimit else {
            throw EvaluationError(
                "\(file) has \(lines.count) lines; \(Self.requestLimit) requests are the most allowed. Cut it.")
        }
        var times: [Double] = []
        times.reserveCapacity(lines.count)
        for (index, line) in lines.enumerated() where !line.allSatisfy({ $0 == 0x20 || $0 == 0x0D }) {
            let fields = Self.fields(line)
            guard column < fields.count, let time = Self.time(fields[column]) else {
                let shown = String(decoding: (column < fields.count ? fields[column] : line).prefix(40), as: UTF8.self)
                throw EvaluationError(
                    "\(file), line \(index + 2): \(shown.debugDescription) is not a time such as 2023-11-16 18:17:03.98."
                )
            }
            times.append(time)
        }
        guard let first = times.min() else { throw EvaluationError("\(file): The file has no requests.") }
        seconds = times.map { $0 - first }.sorted()
    }

    private static func fields(_ line: ArraySlice<UInt8>) -> [ArraySlice<UInt8>] {
        line.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false).map { field in
            var field = field
            while let byte = field.first, byte == 0x20 { field.removeFirst() }
            while let byte = field.last, byte == 0x20 || byte == 0x0D { field.removeLast() }
            return field
        }
    }

    /// Seconds after the start of 1970; nil for what is no time. Parts of seconds are kept to the microsecond that a
    /// double has room for.
    private static func time(_ field: ArraySlice<UInt8>) -> Double? {
        let bytes = Array(field)
        guard (19...40).contains(bytes.count), bytes[4] == UInt8(ascii: "-"), bytes[7] == UInt8(ascii: "-"),
            bytes[10] == 0x20 || bytes[10] == UInt8(ascii: "T"), bytes[13] == UInt8(ascii: ":"),
            bytes[16] == UInt8(ascii: ":"), let year = number(bytes[0..<4]), let month = number(bytes[5..<7]),
            let day = number(bytes[8..<10]), let hour = number(bytes[11..<13]), let minute = number(bytes[14..<16]),
            let second = number(bytes[17..<19]), (1...12).contains(month), (1...31).contains(day), hour < 24,
            minute < 60, second <= 60
        else { return nil }
        var fraction = 0.0
        if bytes.count > 19 {
            var digits = bytes[19...]
            if digits.last == UInt8(ascii: "Z") { digits.removeLast() }
            if !digits.isEmpty {
                guard digits.first == UInt8(ascii: "."), digits.count > 1 else { return nil }
                var scale = 0.1
                for byte in digits.dropFirst() {
                    guard let digit = number([byte]) else { return nil }
                    fraction += Double(digit) * scale
                    scale /= 10
                }
            }
        }
        // Days of the civil calendar, counted from March on so that a leap day is the last of its year.
        let (y, m) = month > 2 ? (year, month - 3) : (year - 1, month + 9)
        let days = 365 * y + y / 4 - y / 100 + y / 400 + (153 * m + 2) / 5 + day
        return Double(((days - 719_469) * 24 + hour) * 60 + minute) * 60 + Double(second) + fraction
    }

    private static func number(_ digits: some Sequence<UInt8>) -> Int? {
        var value = 0
        for byte in digits {
            guard (0x30...0x39).contains(byte) else { return nil }
            value = value * 10 + Int(byte - 0x30)
        }
        return value
    }
}
