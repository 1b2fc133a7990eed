/// What this kernel and board give the governor, in groups, with what to do about the rest: the daemon's `features` file or the answers
/// of one's own probes.
public struct FeatureReport: Sendable {
    /// Unknown is not no: it could not be found out.
    public enum Answer: String, Sendable, Encodable {
        /// It works here.
        case yes
        /// It does not work here.
        case no
        /// It could not be found out.
        case unknown
    }

    /// One feature.
    public struct Feature: Sendable, Equatable, Encodable {
        /// As in the `features` file.
        public let name: String
        /// Whether it works.
        public let answer: Answer
        /// Why not, and what to do, as a sentence; else details.
        public let reason: String

        /// Names an answer.
        public init(_ name: String, _ answer: Answer, _ reason: String = "") {
            self.name = name
            self.answer = answer
            self.reason = reason
        }
    }

    private enum Need {
        case each, one, none
    }

    /// All answers, in the order in which they came.
    public private(set) var features: [Feature] = []

    private static let groups: [(title: String, need: Need, names: [String])] = [
        ("GPU time of each process (one is enough)", .one, ["ctxsw", "cuda_probes"]),
        ("Power", .each, ["power_rails"]),
        ("Clocks and cores", .each, ["board", "knob_cpu", "knob_gpu", "knob_emc"]),
        ("Beside (the governor works without)", .none, []),
    ]

    /// An empty report.
    public init() {}

    /// Reads a `features` file: `name yes|no|unknown reason`, one a line. Another answer is unknown.
    public init(text: String) {
        for line in text.split(separator: "\n") {
            let fields = line.split(separator: " ", maxSplits: 2)
            guard fields.count >= 2 else { continue }
            let answer = Answer(rawValue: String(fields[1]))
            let reason = fields.count > 2 ? String(fields[2]) : ""
            add(Feature(String(fields[0]), answer ?? .unknown, answer == nil ? "It says \(fields[1])." : reason))
        }
    }

    /// Adds an answer.
    public mutating func add(_ feature: Feature) {
        features.append(feature)
    }

    /// What the governor needs and does not have: names, several where one of them is enough.
    public var missing: [String] {
        Self.groups.flatMap { group -> [String] in
            let known = features.filter { group.names.contains($0.name) }
            switch group.need {
            case .each: return known.filter { $0.answer != .yes }.map(\.name)
            case .one:
                return known.contains { $0.answer == .yes } ? [] : [group.names.joined(separator: " or ")]
            case .none: return []
            }
        }
    }

    /// The page for people. `!` stands before what is missing and needed.
    public var text: String {
        let named = Set(Self.groups.flatMap(\.names))
        var lines = [String]()
        let missing = missing.flatMap { $0.split(separator: " ").map(String.init) }
        for group in Self.groups {
            let members =
                group.need == .none
                ? features.filter { !named.contains($0.name) } : features.filter { group.names.contains($0.name) }
            if members.isEmpty { continue }
            lines.append(group.title)
            for feature in members {
                let mark = missing.contains(feature.name) ? "!" : " "
                let answer = feature.answer == .unknown ? "?" : feature.answer.rawValue
                let line =
                    "\(mark) \(DisplayText.left(answer, 4)) \(DisplayText.left(feature.name, 17))"
                    + DisplayText.printable(feature.reason)
                lines.append(DisplayText.trimmed(line))
            }
        }
        lines.append(
            missing.isEmpty
                ? "All that the governor needs is there." : "Missing: \(self.missing.joined(separator: ", ")).")
        return lines.joined(separator: "\n")
    }
}
