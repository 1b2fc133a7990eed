import Demonstration
import Glibc
import SystemCalls
import Testing

/// Real processes, real eBPF, real FUSE, real signals, on a virtual board.
@Suite(.serialized, .enabled(if: Machine.canGovern, Machine.remedy)) struct GovernedBoardTests {
    private let pace = Stage.Pace(time: 20, rails: 10)

    /// A scene that is struck however the test ends.
    private func scene(_ name: String, _ play: (Stage) throws -> Void) throws {
        let stage = try Stage(binaries: Machine.binaries, pace: pace, name: name)
        defer { stage.strike() }
        try stage.startBoard()
        try play(stage)
    }

    private func state(_ stage: Stage) -> String {
        stage.tree.workload.flatMap { stage.tree.text("workload/\($0)/state") } ?? ""
    }

    private func log(_ stage: Stage) -> String {
        (try? SmallFile.text(stage.daemonLog, limit: 4_194_304)) ?? ""
    }

    @Test func searchesSettlesReplansAndGivesTheBoardBack() throws {
        try scene("loop") { stage in
            let stock = stage.board.knobs()
            try stage.startDaemon(configuration: "[budget]\npower_w = 30\n[search]\ncover_gain = 0.3")
            #expect(stage.tree.text("features")?.contains("cuda_probes yes") == true)
            #expect(stage.board.knobs() == stock, "the daemon wrote knobs before anything ran")
            try stage.startWorkload()
            #expect(try stage.tree.wait(seconds: 60) { state(stage) == "settled" }, "\(log(stage))")
            let stat = "workload/resnet18/stat"
            let profiled = try #require(stage.tree.value(stat, "modes_known"))
            // The stock mode, and what GMD asks for at most.
            #expect((3...20).contains(profiled))
            #expect(try #require(stage.tree.value(stat, "predicted_power_uw")) <= 30e6)
            #expect(stage.tree.text("mode/requested") == stage.tree.text("mode/effective"))
            #expect(stage.board.knobs() != stock)

            // A budget that what was observed answers: no new profile.
            let predicted = try #require(stage.tree.value(stat, "predicted_power_uw"))
            let covered = Int(predicted * 1.001)
            try SmallFile.write("\(covered)", to: stage.tree.root + "/budget/power_uw")
            #expect(
                try stage.tree.wait(seconds: 30) {
                    log(stage).contains("answered from \(Int(profiled)) observed modes")
                }, "\(log(stage))")
            #expect(stage.tree.value(stat, "modes_known") == profiled)
            #expect(stage.tree.text("budget/source") == "tree uid 0")

            // One that it does not answer: searched, on top of what is known.
            try SmallFile.write("19000000", to: stage.tree.root + "/budget/power_uw")
            #expect(
                try stage.tree.wait(seconds: 60) {
                    state(stage) == "settled" && (stage.tree.value(stat, "predicted_power_uw") ?? 1e9) <= 19e6
                }, "\(log(stage))")
            #expect(try #require(stage.tree.value(stat, "modes_known")) > profiled)

            // The workload goes: the board is its own again.
            stage.stopWorkload()
            #expect(
                try stage.tree.wait(seconds: 30) { stage.tree.workload == nil }, "\(log(stage))")
            #expect(stage.stopDaemon() == 0)
            #expect(stage.board.knobs() == stock)
            #expect(!stage.mounts.contains(stage.tree.root + " "))
        }
    }

    @Test func aKilledDaemonsKnobsAreRestoredByTheNext() throws {
        try scene("kill") { stage in
            let stock = stage.board.knobs()
            try stage.startDaemon(configuration: "[budget]\npower_w = 25")
            try stage.startWorkload()
            let isSearching = try stage.tree.wait(seconds: 30) {
                state(stage) == "searching" && (stage.tree.value("workload/resnet18/stat", "modes_known") ?? 0) >= 2
            }
            #expect(isSearching, "\(log(stage))")
            stage.killDaemon()
            #expect(stage.board.knobs() != stock, "the kill came before any knob was written")
            stage.stopWorkload()
            // The dead daemon's tree is still in the way, and the journal tells what to restore.
            try stage.startDaemon(configuration: "[budget]\npower_w = 25")
            #expect(stage.board.knobs() == stock)
            #expect(log(stage).contains("An earlier daemon left the board changed"))
            #expect(stage.tree.text("version") != nil)
            #expect(stage.stopDaemon() == 0)
            #expect(stage.board.knobs() == stock)
        }
    }

    @Test func restoresWithoutADaemon() throws {
        try scene("restore") { stage in
            let stock = stage.board.knobs()
            try stage.startDaemon(configuration: "[budget]\npower_w = 25")
            try stage.startWorkload()
            #expect(
                try stage.tree.wait(seconds: 30) {
                    (stage.tree.value("workload/resnet18/stat", "modes_known") ?? 0) >= 2
                }, "\(log(stage))")
            let command = [
                Machine.binaries + "/fulcrumctl", "restore", "--root", stage.board.root, "--service",
                stage.folder + "/fulcrumd",
            ]
            // Not while the daemon lives.
            #expect(try ChildProcess(command, errorPath: "/dev/null").wait() != 0)
            stage.killDaemon()
            stage.stopWorkload()
            #expect(stage.board.knobs() != stock)
            #expect(try ChildProcess(command, outputPath: "/dev/null").wait() == 0)
            #expect(stage.board.knobs() == stock)
            // A second time there is nothing left to do.
            #expect(try ChildProcess(command, outputPath: "/dev/null").wait() == 2)
        }
    }

    @Test(arguments: [101, 211]) func countsAPrimeNumberOfMinibatchesExactly(minibatches: Int) throws {
        try scene("count\(minibatches)") { stage in
            try stage.startDaemon(configuration: "[budget]\npower_w = 30")
            try stage.startWorkload(minibatches: minibatches)
            #expect(stage.workload?.wait() == 0)
            #expect(
                try stage.tree.wait(seconds: 30) {
                    log(stage).contains("resnet18: gone after \(minibatches) minibatches")
                }, "\(log(stage))")
            #expect(stage.tree.value("events", "probe_records_lost") == 0)
        }
    }

    @Test func aWorkloadThatReturnsIsNotProfiledAgain() throws {
        try scene("return") { stage in
            try stage.startDaemon(configuration: "[budget]\npower_w = 28")
            try stage.startWorkload()
            #expect(try stage.tree.wait(seconds: 60) { state(stage) == "settled" }, "\(log(stage))")
            let profiles = try #require(stage.tree.value("events", "profiles"))
            stage.stopWorkload()
            #expect(try stage.tree.wait(seconds: 30) { stage.tree.workload == nil })
            try stage.startWorkload()
            #expect(try stage.tree.wait(seconds: 30) { state(stage) == "settled" }, "\(log(stage))")
            #expect(stage.tree.value("events", "profiles") == profiles)
        }
    }

    @Test func withoutProbesItStillHoldsTheBudget() throws {
        try scene("noprobes") { stage in
            try stage.startWorkload()
            try stage.startDaemon(configuration: "[budget]\npower_w = 20\nreturn_s = 60\n[probes]\nlevel = \"off\"")
            #expect(stage.tree.text("features")?.contains("cuda_probes no The probes are off") == true)
            // The stock mode draws over 20 W with this workload; nobody tells the governor of the workload.
            #expect(
                try stage.tree.wait(seconds: 60) {
                    (stage.tree.value("events", "guard_steps") ?? 0) >= 1
                        && (stage.tree.number("power/total_uw") ?? 1e9) <= 21e6
                }, "\(log(stage))")
            #expect(stage.tree.workload == nil)
            #expect(stage.tree.text("state")?.hasPrefix("guarding") == true)
        }
    }

    @Test func somebodyElsesWriteMakesItStepBack() throws {
        try scene("manual") { stage in
            try stage.startDaemon(configuration: "[budget]\npower_w = 28")
            try stage.startWorkload()
            #expect(try stage.tree.wait(seconds: 60) { state(stage) == "settled" }, "\(log(stage))")
            let cap = stage.board.root + "/sys/class/devfreq/17000000.gpu/max_freq"
            try SmallFile.write("408000000", to: cap)
            #expect(
                try stage.tree.wait(seconds: 30) { stage.tree.text("state")?.hasPrefix("manual") == true },
                "\(log(stage))")
            #expect(stage.tree.text("knob/gpu/owner") == "manual")
            #expect(try SmallFile.text(cap) == "408000000")
            // A new budget asks it back.
            try SmallFile.write("27000000", to: stage.tree.root + "/budget/power_uw")
            #expect(
                try stage.tree.wait(seconds: 60) {
                    stage.tree.text("state")?.hasPrefix("settled") == true
                        && (stage.tree.value("workload/resnet18/stat", "predicted_power_uw") ?? 1e9) <= 27e6
                }, "\(log(stage))")
            #expect(
                try SmallFile.text(cap) != "408000000"
                    || stage.tree.text("mode/requested")?.contains("408000000") == true)
        }
    }
}

/// What this machine lets the tests do.
enum Machine {
    /// The folder with the programs: that of the test bundle.
    static let binaries = {
        let program = CommandLine.arguments.first { $0.hasSuffix(".xctest") } ?? CommandLine.arguments[0]
        return program.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/")
    }()

    static let canGovern = geteuid() == 0 && Directory.exists("/dev/fuse")
    static let remedy: Comment = "needs root and /dev/fuse: it mounts two file systems and loads eBPF programs"
}
