import Demonstration
import Glibc
import SystemCalls

let program = (try? SmallFile.linkTarget("/proc/self/exe")) ?? CommandLine.arguments.first ?? ""
let path = program.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/")
let folder = path.isEmpty ? "." : path
let arguments = CommandLine.arguments.dropFirst()
if arguments.first == "strategies" {
    var comparison = StrategyComparison(Array(arguments.dropFirst()))
    exit(comparison.run(binaries: folder))
}
guard arguments.isEmpty else {
    print("fulcrum-demo shows the governor at work; fulcrum-demo strategies compares its strategies.")
    exit(2)
}
var demonstration = Demonstration()
exit(demonstration.run(binaries: folder))
