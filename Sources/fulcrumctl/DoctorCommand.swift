import ArgumentParser
import Board
import Telemetry

/// `fulcrumctl doctor`: what this kernel and board give the governor, and what is missing with its remedy. Writes no knob.
struct DoctorCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor", abstract: "Find out what this machine gives the governor, and what is missing.",
        discussion: "Exit status: 0 if all is there, 1 if something is missing.")

    @Option(help: "Put in front of every path of the board.") var root = ""

    func run() throws {
        var isMissing = false
        func tell(_ name: String, _ answer: String, _ reason: String = "") {
            print("\(name)  \(answer)\(reason.isEmpty ? "" : "  \(reason)")")
            if answer != "yes" { isMissing = true }
        }
        switch CUDAProbes.support() {
        case .available: tell("cuda_probes", "yes")
        case .unavailable(let reason): tell("cuda_probes", "no", reason)
        case .unknown(let reason): tell("cuda_probes", "unknown", reason)
        }
        do {
            let board = try Board.discover(root: root)
            tell("board", "yes", "\(board.identity.model), L4T \(board.identity.release.map { "\($0)" } ?? "unknown")")
            for knob in board.knobs { tell("knob \(knob.name)", "yes", knob.path) }
            for knob in board.missingKnobs { tell("knob \(knob.name)", "no", knob.reason) }
        } catch {
            tell("board", "no", "\(error)")
        }
        let rails = RailSampler(root: root)
        for rail in rails.descriptions { tell("rail \(rail.label)", "yes", "\(rail.device) channel \(rail.channel)") }
        if rails.descriptions.isEmpty {
            tell("rails", "no", "No power sensor (ina3221) was found under \(root)/sys/bus/i2c/devices.")
        }
        for skipped in rails.skipped { print("note  \(skipped)") }
        if isMissing { throw ExitCode(1) }
    }
}
