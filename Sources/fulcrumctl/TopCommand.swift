public import ArgumentParser
import Foundation
public import Inspection

/// `fulcrumctl top`: who has the GPU now, and what it costs.
struct TopCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "top", abstract: "Watch processes, their GPU time, power and energy.",
        discussion: """
            GPU% and ms/s are GPU time, mW and J what the rails' power and energy are attributed to the process, mini/s its \
            minibatches per second, SOURCE how its GPU time was measured. A dash is a value that nobody measured. Numbers of other \
            users' processes can be read by root and the group fulcrum.
            Keys: q quits; g, p, j and m sort by GPU time, power, energy and memory.
            Where the output is no terminal, blocks are printed one after the other.
            """)

    @Option(help: "Where the governor's tree is mounted.") var tree = "/run/fulcrum"
    @Option(help: "Seconds between two readings.") var interval = 1.0
    @Option(help: "What to sort by: \(ProcessOrder.allCases.map(\.rawValue).joined(separator: ", ")).")
    var sort = ProcessOrder.gpu
    @Flag(help: "Print one block, after one interval, and end.") var once = false
    @Flag(help: "Print a JSON object on a line of its own for each reading.") var json = false

    func validate() throws {
        guard interval >= 0.1, interval <= 3_600 else {
            throw ValidationError("--interval takes 0.1 to 3600 seconds.")
        }
    }

    func run() throws {
        var session = TopSession(tree: tree, intervalNanoseconds: UInt64(interval * 1e9), order: sort)
        let signals = try StopSignals(TopSession.signals)
        if !once, !json, isatty(STDIN_FILENO) == 1, isatty(STDOUT_FILENO) == 1 {
            guard TreeFiles(root: tree).isServed else { throw InspectionError.noTree(at: tree) }
            try session.show(input: STDIN_FILENO, output: STDOUT_FILENO, signals: signals)
            return
        }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let columns = ProcessInfo.processInfo.environment["COLUMNS"].flatMap { Int($0) } ?? 120
        try session.print(
            to: STDOUT_FILENO, columns: max(40, columns), isOnce: once, signals: signals,
            encode: json ? { String(decoding: try encoder.encode($0), as: UTF8.self) } : nil)
    }
}

extension ProcessOrder: ExpressibleByArgument {}
