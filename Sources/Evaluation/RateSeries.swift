/// Requests in each second, and their means over windows.
public struct RateSeries: Hashable, Sendable {
    /// A longer file is refused.
    public static let byteLimit = 64 << 20
    /// More windows than this are refused.
    public static let windowLimit = 100_000

    /// Requests in each second.
    public let perSecond: [Double]
    private let file: String

    /// Reads the numbers of the file at `path`, with blanks or line ends between them and as many on a line as there are.
    public init(contentsOf path: String) throws(EvaluationError) {
        try self.init(parsing: InputFile.bytes(path, limit: Self.byteLimit), file: path)
    }

    init(parsing bytes: [UInt8], file: String) throws(EvaluationError) {
        var perSecond: [Double] = []
        var rest = bytes[...]
        // One field at a time: all of them together take many times the memory of the file.
        while let start = rest.firstIndex(where: { !Self.isBlank($0) }) {
            let end = rest[start...].firstIndex(where: Self.isBlank) ?? rest.endIndex
            let field = rest[start..<end]
            rest = rest[end...]
            guard let rate = Self.number(field) else {
                let shown = String(decoding: field.prefix(40), as: UTF8.self).debugDescription
                throw EvaluationError(
                    "\(file): Value \(perSecond.count + 1), \(shown), is not a number of requests in a second: digits, and a "
                        + "point if there is a fraction.")
            }
            perSecond.append(rate)
        }
        guard !perSecond.isEmpty else { throw EvaluationError("\(file): The file has no numbers.") }
        self.perSecond = perSecond
        self.file = file
    }

    private static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0D).contains(byte) }

    private static func number(_ field: ArraySlice<UInt8>) -> Double? {
        guard field.count <= 20, field.allSatisfy({ (0x30...0x39).contains($0) || $0 == UInt8(ascii: ".") }) else {
            return nil
        }
        return Double(String(decoding: field, as: UTF8.self))
    }

    /// The series with its least number of requests in a second mapped to `low`, its largest to `high`, and all between on the
    /// straight line through the two; one that never changes is mapped to `low`. Such a number need not be whole.
    public func scaled(from low: Double, to high: Double) -> RateSeries {
        guard let least = perSecond.min(), let most = perSecond.max() else { return self }
        let slope = most > least ? (high - low) / (most - least) : 0
        return RateSeries(perSecond: perSecond.map { low + ($0 - least) * slope }, file: file)
    }

    private init(perSecond: [Double], file: String) {
        self.perSecond = perSecond
        self.file = file
    }

    /// The rate of each window of `seconds`: the mean over its seconds, so that as many requests arrive as did. What follows
    /// the last whole window is left out, and all after `count` windows. Throws where not even one window is full.
    public func windows(seconds: Int, count: Int?) throws(EvaluationError) -> [Double] {
        try secondsByWindow(seconds: seconds, count: count).map { $0.reduce(0, +) / Double(seconds) }
    }

    /// The seconds of each window, as `windows(seconds:count:)` cuts them, after the first `skipped` windows.
    public func secondsByWindow(
        seconds: Int, count: Int?, skipping skipped: Int = 0
    ) throws(EvaluationError) -> [ArraySlice<Double>] {
        guard seconds > 0 else {
            throw EvaluationError("--window-seconds is \(seconds); a number above 0 was expected.")
        }
        if let count, count < 1 { throw EvaluationError("--windows is \(count); a number above 0 was expected.") }
        let all = perSecond.count / seconds
        guard all > 0 else {
            throw EvaluationError(
                "\(file): \(perSecond.count) seconds do not fill a window of \(seconds). Take a smaller --window-seconds."
            )
        }
        guard (0..<all).contains(skipped) else {
            throw EvaluationError(
                "--skip-windows is \(skipped); \(file) has \(all) windows of \(seconds) s, and one at least is to be left."
            )
        }
        let windows = min(all - skipped, count ?? all)
        guard windows <= Self.windowLimit else {
            throw EvaluationError(
                "\(file) has \(windows) windows of \(seconds) s; \(Self.windowLimit) are the most allowed. "
                    + "Take a larger --window-seconds, or limit them with --windows.")
        }
        return (skipped..<(skipped + windows)).map { perSecond[($0 * seconds)..<(($0 + 1) * seconds)] }
    }
}
