import ArgumentParser
import Board
import Foundation
import Inspection
import Telemetry

/// `fulcrumctl doctor`: what this kernel and board give the governor, and what is missing with its remedy. Writes no knob.
struct DoctorCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor", abstract: "Find out what this machine gives the governor, and what is missing.",
        discussion: """
            Asks the daemon where one runs, else the machine; as root, or much of it answers no.
            Exit status: 0 if all that the governor needs is there, 1 if something is missing or could not be found out.
            """)

    @Option(help: "Ask the board below this path, not the daemon.") var root: String?
    @Option(help: "Where the governor's tree is mounted.") var tree = "/run/fulcrum"
    @Flag(help: "Print JSON.") var json = false

    func run() throws {
        let report: FeatureReport
        if root == nil, let text = TreeFiles(root: tree).text("features") {
            report = FeatureReport(text: text)
        } else {
            report = Self.probe(root ?? "")
        }
        if json {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
            print(String(decoding: try encoder.encode(report.features), as: UTF8.self))
        } else {
            print(report.text)
        }
        if !report.missing.isEmpty { throw ExitCode(1) }
    }

    private static func probe(_ root: String) -> FeatureReport {
        var report = FeatureReport()
        report.add(.init("ctxsw", ContextSwitchDevice.support(root: root)))
        report.add(.init("cuda_probes", CUDAProbes.support()))
        let rails = RailSampler(root: root)
        let labels = rails.descriptions.map { "\($0.label) (\($0.device) channel \($0.channel))" }
        report.add(
            labels.isEmpty
                ? .init("power_rails", .no, "No power sensor was found under \(root)/sys/bus/i2c/devices.")
                : .init("power_rails", .yes, labels.joined(separator: ", ")))
        do {
            let board = try Board.discover(root: root)
            let release = board.identity.release.map { "\($0)" } ?? "unknown"
            report.add(.init("board", .yes, "\(board.identity.model), L4T \(release)"))
            for name in ["cpu", "gpu", "emc"] {
                let lost = board.missingKnobs.filter { $0.name.hasPrefix(name) }
                report.add(
                    .init("knob_\(name)", lost.isEmpty ? .yes : .no, lost.map(\.reason).joined(separator: " ")))
            }
        } catch {
            report.add(.init("board", .no, "\(error)"))
        }
        let memory = GPUMemorySensor(root: root)
        memory.update(now: 0)
        report.add(.init("gpu_memory", memory.support))
        for (name, isThere) in [
            ("temperatures", !ThermalSensors(root: root).zones.isEmpty), ("fan", !FanSensors(root: root).fans.isEmpty),
        ] {
            report.add(
                .init(name, isThere ? .yes : .no, isThere ? "" : "This board shows none under \(root)/sys/class."))
        }
        return report
    }
}

extension FeatureReport.Feature {
    fileprivate init(_ name: String, _ answer: FeatureAnswer) {
        switch answer {
        case .available: self.init(name, .yes)
        case .unavailable(let reason): self.init(name, .no, reason)
        case .unknown(let reason): self.init(name, .unknown, reason)
        }
    }
}
