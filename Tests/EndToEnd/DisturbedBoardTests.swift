import Demonstration
import Glibc
import SystemCalls
import Testing

/// Throttling, pauses, other writers, lost hardware: each of these went wrong once.
@Suite(.serialized, .enabled(if: Machine.canGovern, Machine.remedy)) struct DisturbedBoardTests {
    /// A settled scene at `budget` watts, struck however the test ends.
    private func settled(_ name: String, budget: Int, _ play: (Stage) throws -> Void) throws {
        let stage = try Stage(binaries: Machine.binaries, pace: .init(time: 20, rails: 10), name: name)
        defer { stage.strike() }
        try stage.startBoard()
        try stage.startDaemon(configuration: "[budget]\npower_w = \(budget)\nreturn_s = 1")
        try stage.startWorkload()
        #expect(try stage.tree.wait(seconds: 60) { summary(stage).hasPrefix("settled") }, "\(log(stage))")
        try play(stage)
    }

    private func summary(_ stage: Stage) -> String { stage.tree.text("state") ?? "" }

    private func log(_ stage: Stage) -> String {
        (try? SmallFile.text(stage.daemonLog, limit: 4_194_304)) ?? ""
    }

    private func predictedMicrowatts(_ stage: Stage) -> Double? {
        stage.tree.value("workload/resnet18/stat", "predicted_power_uw")
    }

    @Test func aThrottleIsNeitherManualNorDriftAndPasses() throws {
        try settled("throttle", budget: 30) { stage in
            let cooling = stage.board.root + "/sys/class/thermal/cooling_device3/cur_state"
            try SmallFile.write("8", to: cooling)
            #expect(try stage.tree.wait(seconds: 30) { summary(stage).hasPrefix("throttled") }, "\(log(stage))")
            #expect(stage.tree.text("knob/gpu/limiter")?.contains("cooling device") == true)
            // A new plan while throttled: what cannot be measured is not profiled.
            try SmallFile.write("29000000", to: stage.tree.root + "/budget/power_uw")
            try SmallFile.write("30000000", to: stage.tree.root + "/budget/power_uw")
            try SmallFile.write("0", to: cooling)
            #expect(
                try stage.tree.wait(seconds: 60) {
                    log(stage).contains("No clock is throttled any more.")
                        && stage.tree.text("knob/gpu/limiter") == "none"
                }, "\(log(stage))")
            // The plan goes on from where it was; how, depends on what else this machine does meanwhile.
            #expect(
                try stage.tree.wait(seconds: 60) { ["settled", "guarding"].contains { summary(stage).hasPrefix($0) } },
                "\(log(stage))")
            #expect(!log(stage).contains("Stepping back"))
            let during = log(stage).split(separator: "Throttled:").dropFirst().first?
                .split(separator: "No clock is throttled").first
            #expect(during?.contains("drifted") == false, "\(log(stage))")
        }
    }

    @Test func aPausedWorkloadDoesNotMakeItsModeLookCheap() throws {
        try settled("paused", budget: 30) { stage in
            let before = try #require(predictedMicrowatts(stage))
            stage.workload?.signal(SIGSTOP)
            // The board falls to its idle power, and stays there for longer than a refinement takes.
            #expect(waitForPower(stage) { $0 < before / 1e6 - 8 })
            var samples = 0
            let waited = waitForPower(stage) { _ in
                samples += 1
                return samples > 60
            }
            #expect(waited)
            stage.workload?.signal(SIGCONT)
            #expect(try #require(predictedMicrowatts(stage)) > 0.9 * before, "\(log(stage))")
        }
    }

    /// Waits for a reading of the tree's power, looking at each new one once.
    private func waitForPower(_ stage: Stage, _ condition: (Double) -> Bool) -> Bool {
        for _ in 0..<2000 {
            if let watts = stage.tree.number("power/total_uw"), condition(watts / 1e6) { return true }
            var pause = timespec(tv_sec: 0, tv_nsec: 45_000_000)
            nanosleep(&pause, nil)
        }
        return false
    }

    @Test func theSameBudgetWrittenAgainChangesNothing() throws {
        try settled("again", budget: 28) { stage in
            let decisions = stage.tree.value("events", "decisions")
            for _ in 0..<50 { try SmallFile.write("28000000", to: stage.tree.root + "/budget/power_uw") }
            try SmallFile.write("27900000", to: stage.tree.root + "/budget/power_uw")
            #expect(try stage.tree.wait(seconds: 30) { stage.tree.text("budget/power_uw") == "27900000" })
            let repeated = log(stage).split(separator: "\n").filter { $0.contains("The budget is now") }
            #expect(repeated.count == 1, "\(repeated)")
            #expect(decisions != nil)
        }
    }

    @Test func whatSomebodySetIsNotRestoredOverAtTheEnd() throws {
        try settled("kept", budget: 28) { stage in
            let cap = stage.board.root + "/sys/class/devfreq/17000000.gpu/max_freq"
            try SmallFile.write("408000000", to: cap)
            #expect(try stage.tree.wait(seconds: 30) { summary(stage).hasPrefix("manual") }, "\(log(stage))")
            #expect(stage.stopDaemon() == 0)
            #expect(try SmallFile.text(cap) == "408000000")
            #expect(log(stage).contains("gpu stays as it is, since somebody else has set it."))
        }
    }

    @Test func aBoardThatVanishesIsSaidAndSurvived() throws {
        try settled("vanish", budget: 28) { stage throws in
            stage.killBoard()
            #expect(try stage.tree.wait(seconds: 30) { summary(stage).hasPrefix("degraded") }, "\(log(stage))")
            #expect(stage.tree.text("power/total_uw") == "unmeasured")
            #expect(log(stage).contains("The power of the module cannot be measured."))
            // What could not be restored is no success.
            #expect(stage.stopDaemon() == 1)
        }
    }
}
