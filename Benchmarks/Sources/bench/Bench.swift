import Glibc
import SystemCalls

/// Measures what Fulcrum costs and writes the report. Started by scripts/bench.sh, which builds the programs first.
@main
struct Bench {
    static func main() {
        // A closed pipe is an error of write() and not the end of us.
        signal(SIGPIPE, SIG_IGN)
        do {
            try run(Array(CommandLine.arguments.dropFirst()))
        } catch {
            print("bench: \(error)")
            exit(1)
        }
    }

    private static func run(_ arguments: [String]) throws {
        if arguments.count == 3, arguments[0] == "serve-tree", let cpu = Int32(arguments[2]) {
            return try TreeBenchmark.serve(at: arguments[1], cpu: cpu)
        }
        var options: [String: String] = [:]
        var facts: [(String, String)] = []
        var iterator = arguments.makeIterator()
        while let name = iterator.next() {
            guard let value = iterator.next() else { throw BenchmarkError("\(name) has no value.") }
            if name == "--fact" {
                let parts = value.split(separator: "=", maxSplits: 1).map(String.init)
                facts.append((parts[0], parts.count > 1 ? parts[1] : ""))
            } else {
                options[name] = value
            }
        }
        guard let programs = options["--programs"], let output = options["--output"] else {
            throw BenchmarkError("expected --programs FOLDER --output FILE; scripts/bench.sh gives them.")
        }
        let own = try SmallFile.linkTarget("/proc/self/exe")
        let folder = own.lastIndex(of: "/").map { String(own[..<$0]) } ?? "."
        let data = options["--data"] ?? ""
        let seconds = options["--daemon-seconds"].flatMap(Int.init) ?? 20
        let machine = Machine(facts: facts)
        let only = options["--only"]
        var failures = 0
        var sections: [Section] = []
        func measure(_ name: String, _ body: () throws -> Section) {
            if let only, only != name { return }
            print("\(name) ...")
            fflush(nil)
            do {
                sections.append(try body())
            } catch {
                failures += 1
                sections.append(Section(title: name, method: "This part failed.", skipped: "\(error)"))
            }
        }
        measure("tree") { try TreeBenchmark.run(program: own) }
        measure("probe") { try ProbeBenchmark.run(programs: folder) }
        measure("rails") { try RailBenchmark.run() }
        measure("attribution") { try AttributionBenchmark.run() }
        measure("search") { try SearchBenchmark.run(programs: programs, data: data) }
        measure("planning") { try PlanningBenchmark.run() }
        measure("daemon") { try DaemonBenchmark.run(programs: programs, seconds: max(seconds, 10)) }

        let text = Document(machine: machine, sections: sections).text
        print(text)
        try SmallFile.replaceAtomically(output, with: [UInt8](text.utf8), mode: 0o644)
        if failures > 0 { throw BenchmarkError("\(failures) parts failed; \(output) says why.") }
    }
}
