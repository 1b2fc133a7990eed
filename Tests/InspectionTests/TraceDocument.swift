import Foundation

/// A trace as any reader of the trace-event format sees it, read by Foundation and checked against what the format asks of each
/// phase.
struct TraceDocument {
    let events: [[String: Any]]
    let metadata: [String: Any]
    /// One sentence for each thing that the format forbids.
    private(set) var problems: [String] = []

    init(_ data: Data) throws {
        let object = try JSONSerialization.jsonObject(with: data) as? [String: Any] ?? [:]
        events = object["traceEvents"] as? [[String: Any]] ?? []
        metadata = object["metadata"] as? [String: Any] ?? [:]
        if object["traceEvents"] as? [[String: Any]] == nil { problems.append("traceEvents is no array of objects") }
        if object["displayTimeUnit"] as? String != "ms" { problems.append("displayTimeUnit is not ms") }
        if metadata["clock"] as? String != "monotonic" || !(metadata["version"] is NSNumber) {
            problems.append("metadata lacks version or clock")
        }
        var lastOfRow: [String: Double] = [:]
        for (index, event) in events.enumerated() {
            problems += Self.check(event, &lastOfRow).map { "event \(index): \($0)" }
        }
    }

    private static func check(_ event: [String: Any], _ lastOfRow: inout [String: Double]) -> [String] {
        guard let name = event["name"] as? String, !name.isEmpty, let phase = event["ph"] as? String,
            let process = event["pid"] as? Int, let row = event["tid"] as? Int, event["cat"] is String
        else { return ["name, cat, ph, pid or tid is missing or of the wrong type"] }
        let arguments = event["args"] as? [String: Any]
        if phase == "M" {
            switch name {
            case "process_name", "thread_name": return arguments?["name"] is String ? [] : ["\(name) without a name"]
            case "process_sort_index": return arguments?["sort_index"] is Int ? [] : ["no sort_index"]
            default: return ["unknown metadata \(name)"]
            }
        }
        guard let time = event["ts"] as? Double, time >= 0 else { return ["no ts"] }
        var problems = [String]()
        // Counters are a row each.
        let key = phase == "C" ? "\(process) \(name)" : "\(process) \(row)"
        if let last = lastOfRow[key], time < last { problems.append("ts falls from \(last) to \(time) on row \(key)") }
        var end = time
        switch phase {
        case "X":
            guard let length = event["dur"] as? Double, length >= 0 else { return ["no dur"] }
            end += length
        case "C":
            if arguments?.isEmpty ?? true { problems.append("a counter without a value") }
            for value in (arguments ?? [:]).values where !(value is NSNumber) {
                problems.append("\(value) is no number")
            }
        case "i":
            if !["g", "p", "t"].contains(event["s"] as? String) { problems.append("no scope") }
        default: problems.append("unknown phase \(phase)")
        }
        // Microseconds of a Double: two ends of one nanosecond may differ in the last bit.
        lastOfRow[key] = end - 0.000_5
        return problems
    }

    func events(_ phase: String, named name: String? = nil) -> [[String: Any]] {
        events.filter { $0["ph"] as? String == phase && (name == nil || $0["name"] as? String == name) }
    }
}
