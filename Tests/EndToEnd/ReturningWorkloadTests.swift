import Demonstration
import Glibc
import SystemCalls
import Testing

/// What was learned of a workload outlives it, the daemon and a crash, and does not outlive its truth.
@Suite(.serialized, .enabled(if: Machine.canGovern, Machine.remedy)) struct ReturningWorkloadTests {
    private func scene(_ name: String, _ play: (Stage) throws -> Void) throws {
        let stage = try Stage(binaries: Machine.binaries, pace: .init(time: 20, rails: 10), name: name)
        defer { stage.strike() }
        try stage.startBoard()
        try play(stage)
    }

    private func log(_ stage: Stage) -> String {
        (try? SmallFile.text(stage.daemonLog, limit: 4_194_304)) ?? ""
    }

    /// Short profiles: what counts here comes after them.
    private let short = "[profiling]\nminibatches = 8\n"

    private func isSettled(_ stage: Stage) -> Bool {
        stage.tree.workload.flatMap { stage.tree.text("workload/\($0)/state") } == "settled"
    }

    private func stat(_ stage: Stage, _ key: String) -> Double? {
        stage.tree.workload.flatMap { stage.tree.value("workload/\($0)/stat", key) }
    }

    @Test func aKnownWorkloadIsNotProfiledAgainAfterAKill() throws {
        try scene("known") { stage in
            let configuration = short + "[budget]\npower_w = 28\n[search]\ncover_gain = 0.3"
            try stage.startDaemon(configuration: configuration)
            try stage.startWorkload()
            #expect(try stage.tree.wait(seconds: 60) { isSettled(stage) }, "\(log(stage))")
            let known = try #require(stat(stage, "modes_known"))
            let predicted = try #require(stat(stage, "predicted_power_uw"))
            // All profiles were committed before the last of them let the workload settle, or are within milliseconds.
            #expect(stage.tree.text("features")?.contains("profile_store yes") == true)
            #expect(try stage.tree.wait(seconds: 5) { stage.tree.value("events", "decisions") != nil })
            var pause = timespec(tv_sec: 0, tv_nsec: 200_000_000)
            nanosleep(&pause, nil)
            stage.killDaemon()

            // The workload runs on; the next daemon sees it come.
            try stage.startDaemon(configuration: configuration)
            #expect(try stage.tree.wait(seconds: 30) { isSettled(stage) }, "\(log(stage))")
            #expect(stage.tree.value("events", "profiles") == 0, "\(log(stage))")
            #expect(stat(stage, "modes_known") == known)
            #expect(stage.tree.text("workload/resnet18/explain") == "")

            // Another budget that the stored front answers.
            try SmallFile.write("\(Int(predicted * 1.02))", to: stage.tree.root + "/budget/power_uw")
            #expect(
                try stage.tree.wait(seconds: 30) {
                    isSettled(stage)
                        && log(stage).contains("answered from \(Int(known)) observed modes: ")
                }, "\(log(stage))")
            // And the one that was searched for before the kill.
            try SmallFile.write("28000000", to: stage.tree.root + "/budget/power_uw")
            #expect(
                try stage.tree.wait(seconds: 30) {
                    stage.tree.text("decision")?.contains("settled") == true && isSettled(stage)
                }, "\(log(stage))")
            #expect(stage.tree.value("events", "profiles") == 0, "\(log(stage))")
        }
    }

    @Test func anotherProgramUnderTheSameNameIsNoticedAndSearchedAnew() throws {
        try scene("drift") { stage in
            try stage.startDaemon(
                configuration: short + """
                    [budget]
                    power_w = 30
                    [[workload]]
                    name = "resnet18-or-not"
                    class = "training"
                    match = { exe = "virtual-workload", cmdline = "\(stage.folder)" }
                    """)
            try stage.startWorkload("resnet18")
            #expect(try stage.tree.wait(seconds: 60) { isSettled(stage) }, "\(log(stage))")
            let before = try #require(stat(stage, "predicted_minibatch_us"))
            stage.stopWorkload()
            #expect(try stage.tree.wait(seconds: 30) { stage.tree.workload == nil })

            try stage.startWorkload("mobilenetv3")
            #expect(
                try stage.tree.wait(seconds: 30) { log(stage).contains("drifted, as minibatches take") },
                "\(log(stage))")
            #expect(try stage.tree.wait(seconds: 60) { isSettled(stage) }, "\(log(stage))")
            // Only what was seen of this program counts now.
            let after = try #require(stat(stage, "predicted_minibatch_us"))
            var measured: Double?
            // The transient of the last change is not measured; nothing tells when it is over.
            for _ in 0..<200 where measured == nil {
                var pause = timespec(tv_sec: 0, tv_nsec: 20_000_000)
                nanosleep(&pause, nil)
                measured = stat(stage, "minibatch_us")
            }
            #expect(abs(after / before - 1) > 0.25)
            #expect(try abs(#require(measured) / after - 1) < 0.25, "\(measured ?? 0) us, expected \(after) us")
            #expect(stat(stage, "modes_known") == stat(stage, "profiles"))
        }
    }

    @Test func theFrontIsFilledBelowTheSettledModeAndStopsForABudget() throws {
        try scene("front") { stage in
            try stage.startDaemon(
                configuration: short + """
                    [budget]
                    power_w = 30
                    [search]
                    strategy = "binary"
                    predictor = "none"
                    grid = "coarse"
                    fill_front = true
                    fill_interval_s = 1
                    """)
            try stage.startWorkload()
            #expect(try stage.tree.wait(seconds: 60) { isSettled(stage) }, "\(log(stage))")
            let known = try #require(stat(stage, "modes_known"))
            #expect(
                try stage.tree.wait(seconds: 60) { (stat(stage, "modes_known") ?? 0) >= known + 2 }, "\(log(stage))")
            #expect(isSettled(stage))
            let steps = stage.tree.text("workload/resnet18/explain")?.split(separator: "\n") ?? []
            let background = steps.filter { $0.contains("makes the front below") }
            #expect(background.count >= 2)
            for step in background {
                let fields = step.split(separator: " ")
                let watts = fields.firstIndex(of: "measured_w").flatMap { Double(fields[$0 + 1]) }
                // The last one may be under way.
                #expect((watts ?? 0) <= 30, "\(step)")
            }
            // While one is under way, a budget comes.
            #expect(
                try stage.tree.wait(seconds: 30) {
                    stage.tree.text("workload/resnet18/mode") != nil
                        && stage.tree.text("mode/requested") == stage.tree.text("workload/resnet18/mode")
                })
            try SmallFile.write("29000000", to: stage.tree.root + "/budget/power_uw")
            #expect(
                try stage.tree.wait(seconds: 60) { isSettled(stage) && stage.tree.number("budget/power_uw") == 29e6 })
            #expect(try #require(stat(stage, "predicted_power_uw")) <= 29e6)
        }
    }

    @Test func withoutAPlaceForProfilesItGovernsFromMemory() throws {
        try scene("nostore") { stage in
            // sysfs takes no new files.
            stage.statePath = "/sys/kernel"
            try stage.startDaemon(configuration: short + "[budget]\npower_w = 28")
            #expect(stage.tree.text("features")?.contains("profile_store no Could not") == true)
            try stage.startWorkload()
            #expect(try stage.tree.wait(seconds: 60) { isSettled(stage) }, "\(log(stage))")
            let profiles = try #require(stage.tree.value("events", "profiles"))
            stage.stopWorkload()
            #expect(try stage.tree.wait(seconds: 30) { stage.tree.workload == nil })
            try stage.startWorkload()
            #expect(try stage.tree.wait(seconds: 30) { isSettled(stage) }, "\(log(stage))")
            #expect(stage.tree.value("events", "profiles") == profiles)
        }
    }
}
