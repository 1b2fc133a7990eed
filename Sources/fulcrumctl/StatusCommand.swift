import ArgumentParser
import Foundation
import Inspection
import SystemCalls

/// `fulcrumctl status`: what the governor's tree says, on one page.
struct StatusCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status", abstract: "Show what the governor does, and why (the default).")

    @Option(help: "Where the governor's tree is mounted.") var tree = "/run/fulcrum"
    @Flag(help: "Print JSON.") var json = false

    func run() throws {
        guard Directory.exists(tree + "/version") else { throw InspectionError.noTree(at: tree) }
        let status = Status(tree: tree)
        if json {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
            print(String(decoding: try encoder.encode(status), as: UTF8.self))
        } else {
            print(status.page)
        }
    }
}

/// The tree's values; a value that is not measured is nil.
private struct Status: Codable {
    var state: String
    var decision: String
    var power_uw: Int?
    var budget_uw: Int?
    var mode_effective: String?
    var rails_uw: [String: Int] = [:]
    var workloads: [String: [String: String]] = [:]
    var features: [String]

    init(tree: String) {
        func text(_ path: String) -> String? {
            let text = try? SmallFile.text(tree + "/" + path)
            return text == "unmeasured" ? nil : text
        }
        state = text("state") ?? ""
        decision = text("decision") ?? ""
        power_uw = text("power/total_uw").flatMap { Int($0) }
        budget_uw = text("budget/power_uw").flatMap { Int($0) }
        mode_effective = text("mode/effective")
        for rail in (try? Directory.names(tree + "/rail")) ?? [] {
            rails_uw[rail] = text("rail/\(rail)/power_uw").flatMap { Int($0) }
        }
        for name in (try? Directory.names(tree + "/workload")) ?? [] {
            for file in ["class", "state", "reason", "mode", "pids", "throughput_millihz"] {
                workloads[name, default: [:]][file] = text("workload/\(name)/\(file)")
            }
        }
        features = (text("features") ?? "").split(separator: "\n").map(String.init)
    }

    var page: String {
        func watts(_ microwatts: Int?) -> String {
            microwatts.map { "\($0 / 1_000_000).\($0 / 100_000 % 10) W" } ?? "unmeasured"
        }
        var lines = [
            "state     \(state)",
            "power     \(watts(power_uw)) of \(watts(budget_uw))",
            "mode      \(mode_effective ?? "unmeasured")   (cores cpu_khz gpu_hz emc_hz)",
            "decision  \(decision)",
        ]
        for (rail, power) in rails_uw.sorted(by: { $0.key < $1.key }) {
            lines.append("rail      \(rail) \(watts(power))")
        }
        for (name, values) in workloads.sorted(by: { $0.key < $1.key }) {
            lines.append(
                "workload  \(name)  \(values["class"] ?? "")  \(values["state"] ?? ""): \(values["reason"] ?? "")")
        }
        for feature in features where !feature.hasSuffix(" yes") { lines.append("missing   \(feature)") }
        return lines.joined(separator: "\n")
    }
}
