import Policy
import Telemetry

/// One line of `trace_pipe`, as bytes: made where things happen, so without text objects for what comes often.
struct TraceLine {
    private(set) var bytes: [UInt8] = []

    /// Longest line, with its end; longer text is cut.
    static let limit = 512

    static let header = TraceLine(["version", "1", "clock", "monotonic"])

    static func slice(_ slice: GPUSlice, source: GPUTimeSource) -> TraceLine {
        let word: StaticString =
            switch source {
            case .contextSwitches: "ctxsw"
            case .launches: "launches"
            case .boundaries: "boundaries"
            case .none: "unmeasured"
            }
        var line = TraceLine("slice")
        line.append(number: slice.pid)
        line.append(number: slice.startNanoseconds)
        line.append(number: slice.endNanoseconds)
        line.append(word)
        line.end()
        return line
    }

    static func minibatches(pid: Int32, endNanoseconds: UInt64, count: Int) -> TraceLine {
        var line = TraceLine("minibatch")
        line.append(number: pid)
        line.append(number: endNanoseconds)
        line.append(number: count)
        line.end()
        return line
    }

    static func process(_ pid: Int32, name: String) -> TraceLine {
        TraceLine(["process", "\(pid)", name])
    }

    static func rail(_ label: String, at nanoseconds: UInt64, microwatts: UInt64) -> TraceLine {
        TraceLine(["rail", WorkloadName.sanitised(label), "\(nanoseconds)", "\(microwatts)"])
    }

    /// nil: the board has its stock values.
    static func mode(_ mode: PowerMode?, at nanoseconds: UInt64) -> TraceLine {
        TraceLine(["mode", "\(nanoseconds)", mode.map { PublishedTree.line($0) } ?? "stock"])
    }

    static func decision(_ text: String, at nanoseconds: UInt64) -> TraceLine {
        TraceLine(["decision", "\(nanoseconds)", text])
    }

    static func lost(_ count: UInt64) -> TraceLine { TraceLine(["lost", "\(count)"]) }

    private init(_ keyword: StaticString) {
        bytes.reserveCapacity(96)
        append(keyword, separated: false)
    }

    private init(_ words: [String]) {
        for (index, word) in words.enumerated() {
            if index > 0 { bytes.append(0x20) }
            // A process may have any name, and a line must stay one.
            for byte in word.utf8.prefix(Self.limit) { bytes.append(byte < 0x20 || byte == 0x7f ? 0x3f : byte) }
        }
        if bytes.count > Self.limit - 1 { bytes.removeLast(bytes.count - Self.limit + 1) }
        end()
    }

    private mutating func append(_ word: StaticString, separated: Bool = true) {
        if separated { bytes.append(0x20) }
        word.withUTF8Buffer { unsafe bytes.append(contentsOf: $0) }
    }

    private mutating func append(number: some FixedWidthInteger) {
        bytes.append(0x20)
        let start = bytes.count
        var rest = number.magnitude
        repeat {
            bytes.append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10))
            rest /= 10
        } while rest > 0
        if number < 0 { bytes.append(UInt8(ascii: "-")) }
        bytes[start...].reverse()
    }

    private mutating func end() { bytes.append(0x0a) }
}
