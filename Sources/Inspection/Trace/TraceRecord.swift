import SystemCalls

/// One line of the tree's `trace_pipe` (docs/abi/tree.md). Stamps are CLOCK_MONOTONIC nanoseconds.
enum TraceRecord: Equatable {
    /// Comes first: the version of the format and the clock of all stamps.
    case version(UInt64, clock: String)
    case process(pid: Int32, name: String)
    case slice(pid: Int32, start: UInt64, end: UInt64, source: Source)
    case minibatch(pid: Int32, end: UInt64, count: UInt64)
    case rail(label: String, at: UInt64, microwatts: UInt64)
    /// A mode came into force, or with nil the board's own clocks.
    case mode(at: UInt64, Mode?)
    case decision(at: UInt64, text: String)
    /// Lines that did not fit the reader's buffer since the last such line.
    case lost(UInt64)

    /// How a slice was measured, best first.
    enum Source: String, CaseIterable {
        case ctxsw, launches, boundaries

        var index: Int {
            switch self {
            case .ctxsw: 0
            case .launches: 1
            case .boundaries: 2
            }
        }
    }

    struct Mode: Equatable {
        var cores: UInt64
        var cpuKHz: UInt64
        var gpuHz: UInt64
        var emcHz: UInt64

        var label: String {
            "\(cores) cores, CPU \(cpuKHz / 1_000) MHz, GPU \(gpuHz / 1_000_000) MHz, EMC \(emcHz / 1_000_000) MHz"
        }
    }

    /// PID_MAX_LIMIT of linux/threads.h; pids are below.
    static let pidLimit: UInt64 = 4_194_304
    /// A kilowatt: more than a board's supply can give.
    private static let plausibleMicrowatts: ClosedRange<UInt64> = 0...1_000_000_000
    private static let nameLimit = 64
    private static let textLimit = 1_024

    /// Reads one line without its end. Nil for a line that is torn, unknown or absurd.
    init?(line: Span<UInt8>) {
        var fields = Fields()
        guard let keyword = fields.next(line) else { return nil }
        let word = line.extracting(keyword)
        if ASCIIText.equals(word, "slice") {
            guard let pid = fields.pid(line), let start = fields.number(line), let end = fields.number(line),
                let name = fields.next(line), let source = Self.source(line.extracting(name)), fields.isAtEnd(line),
                start <= end
            else { return nil }
            self = .slice(pid: pid, start: start, end: end, source: source)
        } else if ASCIIText.equals(word, "minibatch") {
            guard let pid = fields.pid(line), let end = fields.number(line), let count = fields.number(line),
                fields.isAtEnd(line)
            else { return nil }
            self = .minibatch(pid: pid, end: end, count: count)
        } else if ASCIIText.equals(word, "rail") {
            guard let label = fields.next(line), let time = fields.number(line), let power = fields.number(line),
                fields.isAtEnd(line), Self.plausibleMicrowatts.contains(power)
            else { return nil }
            self = .rail(label: Self.text(line, label, limit: Self.nameLimit), at: time, microwatts: power)
        } else if ASCIIText.equals(word, "process") {
            guard let pid = fields.pid(line), let rest = fields.rest(line) else { return nil }
            self = .process(pid: pid, name: Self.text(line, rest, limit: Self.nameLimit))
        } else if ASCIIText.equals(word, "mode") {
            guard let time = fields.number(line), let mode = Self.mode(line, &fields), fields.isAtEnd(line) else {
                return nil
            }
            self = .mode(at: time, mode)
        } else if ASCIIText.equals(word, "decision") {
            guard let time = fields.number(line), let rest = fields.rest(line) else { return nil }
            self = .decision(at: time, text: Self.text(line, rest, limit: Self.textLimit))
        } else if ASCIIText.equals(word, "lost") {
            guard let count = fields.number(line), fields.isAtEnd(line) else { return nil }
            self = .lost(count)
        } else if ASCIIText.equals(word, "version") {
            guard let number = fields.number(line), let key = fields.next(line),
                ASCIIText.equals(line.extracting(key), "clock"), let clock = fields.next(line), fields.isAtEnd(line)
            else { return nil }
            self = .version(number, clock: Self.text(line, clock, limit: Self.nameLimit))
        } else {
            return nil
        }
    }

    private static func source(_ word: Span<UInt8>) -> Source? {
        for source in Source.allCases where ASCIIText.equals(word, source.rawValue) { return source }
        return nil
    }

    /// The four numbers, or nil in an optional for `stock`; nil for anything else.
    private static func mode(_ line: Span<UInt8>, _ fields: inout Fields) -> Mode?? {
        var numbers = fields
        if let cores = numbers.number(line), let cpu = numbers.number(line), let gpu = numbers.number(line),
            let emc = numbers.number(line)
        {
            fields = numbers
            return Mode(cores: cores, cpuKHz: cpu, gpuHz: gpu, emcHz: emc)
        }
        guard let word = fields.next(line), ASCIIText.equals(line.extracting(word), "stock") else { return nil }
        return .some(nil)
    }

    /// At most `limit` bytes of a field as text; what is no UTF-8 becomes U+FFFD.
    private static func text(_ line: Span<UInt8>, _ field: Range<Int>, limit: Int) -> String {
        let cut = line.extracting(field.lowerBound..<min(field.upperBound, field.lowerBound + limit))
        return unsafe cut.withUnsafeBufferPointer { unsafe String(decoding: $0, as: UTF8.self) }
    }
}

/// Where in a line the next field starts. Fields are parted by single blanks.
private struct Fields {
    private var position = 0

    mutating func next(_ line: Span<UInt8>) -> Range<Int>? {
        guard position < line.count else { return nil }
        let start = position
        var end = start
        while end < line.count, line[end] != UInt8(ascii: " ") { end += 1 }
        position = end + 1
        return start == end ? nil : start..<end
    }

    mutating func number(_ line: Span<UInt8>) -> UInt64? {
        next(line).flatMap { ASCIIText.decimal(line.extracting($0)) }
    }

    mutating func pid(_ line: Span<UInt8>) -> Int32? {
        guard let number = number(line), (1..<TraceRecord.pidLimit).contains(number) else { return nil }
        return Int32(truncatingIfNeeded: number)
    }

    /// All that is left, blanks included; nil for nothing.
    mutating func rest(_ line: Span<UInt8>) -> Range<Int>? {
        position < line.count ? position..<line.count : nil
    }

    func isAtEnd(_ line: Span<UInt8>) -> Bool { position > line.count }
}
