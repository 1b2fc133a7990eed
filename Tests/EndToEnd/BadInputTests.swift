import Demonstration
import Glibc
import SystemCalls
import SystemPackage
import Testing

@Suite(.serialized, .enabled(if: Machine.canGovern, Machine.remedy)) struct BadInputTests {
    private func scene(_ name: String, _ play: (Stage) throws -> Void) throws {
        let stage = try Stage(binaries: Machine.binaries, pace: .init(time: 20, rails: 10), name: name)
        defer { stage.strike() }
        try stage.startBoard()
        try play(stage)
    }

    private func log(_ stage: Stage) -> String {
        (try? SmallFile.text(stage.daemonLog, limit: 4_194_304)) ?? ""
    }

    @Test func aBadConfigurationIsRefusedWithFileLineAndKey() throws {
        try scene("badconfig") { stage in
            let file = stage.folder + "/bad.toml"
            try SmallFile.replaceAtomically(file, with: [UInt8]("[budget]\npower_watts = 30\n".utf8))
            let daemon = try stage.launchDaemon(configuration: file)
            #expect(daemon.wait() == 1)
            #expect(log(stage).contains("\(file):2: The key \"budget.power_watts\" is not known"), "\(log(stage))")
        }
    }

    @Test func aBadReloadKeepsTheOldConfiguration() throws {
        try scene("badreload") { stage in
            try stage.startDaemon(configuration: "[budget]\npower_w = 26")
            let file = stage.folder + "/fulcrum.toml"
            try SmallFile.replaceAtomically(file, with: [UInt8]("[budget]\npower_w = \"all\"\n".utf8))
            #expect(
                try stage.tree.wait(seconds: 30) { stage.tree.value("events", "rejected_reloads") == 1 },
                "\(log(stage))")
            stage.daemon?.signal(SIGHUP)
            #expect(
                try stage.tree.wait(seconds: 30) { stage.tree.value("events", "rejected_reloads") == 2 },
                "\(log(stage))")
            #expect(stage.tree.text("budget/power_uw") == "26000000")
            #expect(log(stage).contains("\(file):2: The key \"budget.power_w\" is \"all\""), "\(log(stage))")
            // A good one is taken over, without being asked for.
            _ = try stage.writeConfiguration("[budget]\npower_w = 24")
            #expect(
                try stage.tree.wait(seconds: 30) { stage.tree.text("budget/power_uw") == "24000000" }, "\(log(stage))")
        }
    }

    @Test func aBadBudgetIsRefusedAndNothingChanges() throws {
        try scene("badwrite") { stage in
            try stage.startDaemon(configuration: "[budget]\npower_w = 26")
            let path = stage.tree.root + "/budget/power_uw"
            for text in [
                "", "many", "-1", "26000000.0", "999999", "200000001", "1e7", "99999999999999999999", "26\u{0}",
            ] {
                do {
                    try SmallFile.write(text, to: path)
                    // An empty write reaches nobody.
                    #expect(text.isEmpty, "\(text) was taken")
                } catch {
                    #expect((error as? SystemCallError)?.errno == .invalidArgument, "\(text): \(error)")
                }
            }
            #expect(stage.tree.text("budget/power_uw") == "26000000")
            #expect(log(stage).contains("expected a number of microwatts from 1000000 to 200000000"), "\(log(stage))")
        }
    }

    @Test func anUnknownBoardIsNamed() throws {
        let folder = "/tmp/fulcrum-unknown-\(getpid())"
        try Directory.create(folder + "/root/proc/device-tree")
        defer { _ = try? ChildProcess(["rm", "-rf", folder]).wait() }
        try SmallFile.replaceAtomically(folder + "/root/proc/device-tree/model", with: [UInt8]("Some Board\0".utf8))
        try SmallFile.replaceAtomically(
            folder + "/root/proc/device-tree/compatible", with: [UInt8]("vendor,board\0vendor,chip\0".utf8))
        try SmallFile.replaceAtomically(folder + "/x.toml", with: [])
        let daemon = try ChildProcess(
            [
                Machine.binaries + "/fulcrumd", "--root", folder + "/root", "--tree", folder + "/tree", "--service",
                folder + "/service", "--config", folder + "/x.toml",
            ], outputPath: folder + "/log", errorPath: folder + "/log")
        #expect(daemon.wait() == 1)
        let log = try SmallFile.text(folder + "/log")
        #expect(log.contains("Some Board") && log.contains("vendor,board"), "\(log)")
    }

    @Test func aSecondGovernorIsRefused() throws {
        try scene("second") { stage in
            try stage.startDaemon(configuration: "[budget]\npower_w = 26")
            let second = try ChildProcess(
                [
                    Machine.binaries + "/fulcrumd", "--root", stage.board.root, "--tree", stage.folder + "/tree2",
                    "--service", stage.folder + "/fulcrumd", "--config", stage.folder + "/fulcrum.toml",
                ], outputPath: stage.folder + "/second.log", errorPath: stage.folder + "/second.log")
            #expect(second.wait() == 1)
            #expect(try SmallFile.text(stage.folder + "/second.log").contains("Another fulcrumd governs this board"))
            #expect(stage.tree.text("version") != nil)
        }
    }

    @Test func othersReadAndDoNotWrite() throws {
        try scene("nobody") { stage in
            try stage.startDaemon(configuration: "[budget]\npower_w = 26")
            let root = stage.tree.root
            func asNobody(_ script: String) throws -> Int32 {
                try ChildProcess(
                    ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "sh", "-c", script],
                    outputPath: "/dev/null", errorPath: "/dev/null"
                ).wait()
            }
            #expect(try asNobody("cat \(root)/state \(root)/power/total_uw \(root)/budget/power_uw") == 0)
            #expect(try asNobody("echo 20000000 > \(root)/budget/power_uw") != 0)
            #expect(stage.tree.text("budget/power_uw") == "26000000")
        }
    }
}
