import Policy

/// One value that a knob had before we first wrote it.
struct JournalEntry: Hashable, Sendable {
    let knob: String
    let role: KnobAttribute.Role
    /// What to write back, as the file gave it.
    let value: String
    /// Below the root, from /sys on.
    let path: String
    /// The clock was held down by somebody else when it was read, so `value` is the top operating point instead.
    let assumed: Bool
}

/// The journal's text, so simple that a shell or a small C program can read it:
///
///     fulcrum-journal 1
///     board AGX Orin 64GB
///     value gpu max 1300500000 /sys/class/devfreq/17000000.gpu/max_freq
///     assumed cpu.policy0 max 2201600 /sys/devices/system/cpu/cpufreq/policy0/scaling_max_freq
///     checksum 1c291ca3
///
/// One space between fields; every line, the last too, ends in a newline. The checksum is the CRC-32 of ISO 3309 over
/// everything before its line, in eight lower-case hexadecimal digits.
enum JournalText {
    /// Far above the entries of any board: 64 cores make about 100.
    static let limit = 65_536
    private static let header = "fulcrum-journal 1"

    static func encode(board: String, _ entries: [JournalEntry]) -> [UInt8] {
        var text = "\(header)\nboard \(board)\n"
        for entry in entries {
            let word = entry.assumed ? "assumed" : "value"
            text += "\(word) \(entry.knob) \(entry.role.rawValue) \(entry.value) \(entry.path)\n"
        }
        let body = Array(text.utf8)
        return body + Array("checksum \(hexadecimal(CRC32.checksum(body)))\n".utf8)
    }

    /// Why a text is no journal.
    struct Refusal: Error {
        let line: Int
        let reason: String
    }

    static func decode(_ bytes: [UInt8]) throws(Refusal) -> (board: String, entries: [JournalEntry]) {
        var lines = bytes.split(separator: 0x0a, omittingEmptySubsequences: false)
        guard bytes.last == 0x0a else {
            throw Refusal(line: lines.count, reason: "the last line has no end: the file is cut short")
        }
        lines.removeLast()
        guard let last = lines.last, lines.count >= 3 else {
            throw Refusal(
                line: lines.count, reason: "a journal has a header, a board and a checksum: the file is cut short")
        }
        let body = bytes.dropLast(last.count + 1)
        let expected = "checksum \(hexadecimal(CRC32.checksum(body)))"
        guard last.elementsEqual(expected.utf8) else {
            throw Refusal(
                line: lines.count, reason: "the checksum of the lines before it is not this: the file was altered")
        }
        guard lines[0].elementsEqual(header.utf8) else {
            throw Refusal(line: 1, reason: "\"\(header)\" was expected: another version wrote this file")
        }
        let boardLine = String(decoding: lines[1], as: UTF8.self)
        guard boardLine.hasPrefix("board "), boardLine.utf8.count <= 128 else {
            throw Refusal(line: 2, reason: "\"board NAME\" was expected")
        }
        var entries = [JournalEntry]()
        var seen = Set<String>()
        for (index, line) in lines.enumerated().dropFirst(2).dropLast() {
            let entry = try entry(line, number: index + 1)
            guard seen.insert("\(entry.knob) \(entry.role.rawValue)").inserted else {
                throw Refusal(line: index + 1, reason: "\(entry.knob) \(entry.role.rawValue) stands there twice")
            }
            entries.append(entry)
        }
        return (String(boardLine.dropFirst(6)), entries)
    }

    private static func entry(_ line: ArraySlice<UInt8>, number: Int) throws(Refusal) -> JournalEntry {
        guard line.count <= 512, line.allSatisfy({ (0x20...0x7e).contains($0) }) else {
            throw Refusal(line: number, reason: "at most 512 printable ASCII characters were expected")
        }
        let fields = line.split(separator: 0x20, omittingEmptySubsequences: false).map {
            String(decoding: $0, as: UTF8.self)
        }
        guard fields.count == 5, fields[0] == "value" || fields[0] == "assumed",
            let role = KnobAttribute.Role(rawValue: fields[2]), fields[4].hasPrefix("/sys/")
        else {
            throw Refusal(line: number, reason: "\"value KNOB ROLE VALUE /sys/PATH\" was expected")
        }
        guard isValue(fields[3], of: role) else {
            throw Refusal(line: number, reason: "\(fields[3]) is no value of a knob's \(role.rawValue)")
        }
        return JournalEntry(
            knob: fields[1], role: role, value: fields[3], path: fields[4], assumed: fields[0] == "assumed")
    }

    /// Whether a knob's file can hold `text`: what is journalled must be safe to write back.
    static func isValue(_ text: String, of role: KnobAttribute.Role) -> Bool {
        switch role {
        case .online: text == "0" || text == "1"
        case .control: text == "auto" || text == "on"
        case .min, .max: Int(text).map { String($0) == text } ?? false
        }
    }

    private static func hexadecimal(_ value: UInt32) -> String {
        let digits = String(value, radix: 16)
        return String(repeating: "0", count: 8 - digits.count) + digits
    }
}
