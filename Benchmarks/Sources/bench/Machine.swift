import Glibc
import SystemCalls

/// What the figures were measured on.
struct Machine {
    /// What only the script that starts the program knows: commit, date, version of Swift, command.
    let facts: [(name: String, value: String)]
    /// Taken when the value is made, which is to be before the first measurement.
    private let load = (try? SmallFile.text("/proc/loadavg")) ?? "unknown"

    init(facts: [(name: String, value: String)]) {
        self.facts = facts
    }

    var lines: [String] {
        let own = [
            ("CPU", Self.processor), ("cores", String(sysconf(Int32(_SC_NPROCESSORS_ONLN)))),
            ("kernel", (try? SmallFile.text("/proc/sys/kernel/osrelease")) ?? "unknown"),
            ("virtual machine", Self.isVirtual ? "yes" : "no"),
            ("load before the run", load),
        ]
        return ["| | |", "|---|---|"] + (own + facts.map { ($0.name, $0.value) }).map { "| \($0.0) | \($0.1) |" }
    }

    private static let processorText = (try? SmallFile.text("/proc/cpuinfo", limit: 4_194_304)) ?? ""

    /// On arm64 there is no model name; the device tree names the board.
    private static var processor: String {
        for line in processorText.split(separator: "\n") where line.hasPrefix("model name") {
            return line.split(separator: ":", maxSplits: 1).last.map { String($0.drop { $0 == " " }) } ?? "unknown"
        }
        return (try? SmallFile.text("/proc/device-tree/model")) ?? "unknown"
    }

    private static var isVirtual: Bool {
        processorText.split(separator: "\n").contains {
            $0.hasPrefix("flags") && $0.split(separator: " ").contains("hypervisor")
        }
    }
}
