/// Bytes of a JSON document in the trace-event format (Google, "Trace Event Format", JSON object form), which Perfetto and
/// chrome://tracing read. Written by hand, as a recording has many small events and none is kept.
struct TraceEventText {
    /// What was written since the owner last took it away.
    var bytes: [UInt8] = []
    private var isFirstEvent = true

    /// Starts an event with its name, a JSON string as `Self.string` makes it.
    mutating func event(named name: [UInt8], category: StaticString, phase: StaticString, process: UInt64, row: UInt64)
    {
        raw(isFirstEvent ? "{\"name\":" : ",\n{\"name\":")
        isFirstEvent = false
        bytes.append(contentsOf: name)
        raw(",\"cat\":\"")
        raw(category)
        raw("\",\"ph\":\"")
        raw(phase)
        raw("\",\"pid\":")
        number(process)
        raw(",\"tid\":")
        number(row)
    }

    /// A time in microseconds with three decimals, as the format wants it.
    mutating func microseconds(_ key: StaticString, _ nanoseconds: UInt64) {
        self.key(key)
        fixed(nanoseconds, scale: 1_000)
    }

    mutating func key(_ name: StaticString) {
        raw(",\"")
        raw(name)
        raw("\":")
    }

    /// `value` / `scale`, a power of ten, with as many decimals as that has zeros: exact, which a Double is not.
    mutating func fixed(_ value: UInt64, scale: UInt64) {
        number(value / scale)
        raw(".")
        var digit = scale / 10
        while digit > 0 {
            number(value / digit % 10)
            digit /= 10
        }
    }

    mutating func number(_ value: UInt64) {
        if value >= 10 { number(value / 10) }
        bytes.append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: value % 10))
    }

    mutating func raw(_ text: StaticString) {
        text.withUTF8Buffer { unsafe bytes.append(contentsOf: $0) }
    }

    /// `text` in quotes, escaped as RFC 8259 section 7 asks.
    static func string(_ text: String) -> [UInt8] {
        let digits = Array("0123456789abcdef".utf8)
        var result = [UInt8(ascii: "\"")]
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"): result += [UInt8(ascii: "\\"), byte]
            case ..<0x20: result += Array("\\u00".utf8) + [digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            default: result.append(byte)
            }
        }
        return result + [UInt8(ascii: "\"")]
    }
}
