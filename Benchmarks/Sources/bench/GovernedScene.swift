import Glibc
import SystemCalls

/// A virtual board, the daemon and a training process on it, each the program that is installed.
final class GovernedScene {
    private let programs: String
    private let folder: String
    private var root: String { folder + "/board" }
    private var tree: String { folder + "/tree" }
    private var gpu = ""
    private var library = ""
    private var board: ChildProcess?
    private(set) var daemon: ChildProcess?
    private var workload: ChildProcess?

    init(programs: String) throws {
        self.programs = programs
        folder = "/tmp/fulcrum-bench-scene-\(getpid())"
        try Directory.create(folder)
    }

    func startBoard() throws {
        let process = try ChildProcess(
            [
                programs + "/virtual-jetson", "--root", root, "--state", folder + "/state", "--rail-scale", "5",
                "--stop-at-end-of-input",
            ], errorPath: folder + "/board.log")
        board = process
        guard let line = process.readLine(), line.hasPrefix("ready ") else {
            throw BenchmarkError("The virtual board did not start.")
        }
        for field in line.split(separator: " ") {
            if field.hasPrefix("gpu=") { gpu = String(field.dropFirst(4)) }
            if field.hasPrefix("libcuda=") { library = String(field.dropFirst(8)) }
        }
    }

    /// The value files of all rails.
    func railFiles() -> [String] {
        let devices = root + "/sys/bus/i2c/devices"
        var files: [String] = []
        for device in (try? Directory.names(devices)) ?? [] {
            for hwmon in (try? Directory.names("\(devices)/\(device)/hwmon")) ?? [] {
                for channel in 1...3 {
                    let pair = ["in", "curr"].map { "\(devices)/\(device)/hwmon/\(hwmon)/\($0)\(channel)_input" }
                    if pair.allSatisfy({ (try? SmallFile.text($0)) != nil }) { files += pair }
                }
            }
        }
        return files
    }

    /// Copies the board's files to plain ones, on which the daemon runs without a FUSE server. Knobs are no knobs there, so no
    /// workload may be governed on them. Nil if that failed.
    func copyBoard() throws -> String? {
        let plain = folder + "/plain"
        // Files that are only written cannot be copied; that is no matter for a daemon that writes nothing.
        _ = try ChildProcess(["cp", "-a", root, plain], errorPath: "/dev/null").wait()
        return Directory.exists(plain + "/sys/bus/i2c/devices") ? plain : nil
    }

    /// Starts the daemon on the virtual board, or on the files at `other`. Short profiles, as what is measured is the time
    /// after them.
    func startDaemon(on other: String? = nil) throws {
        let configuration = """
            [budget]
            power_w = 30
            [rails]
            interval_ms = 100
            averaging_ms = 86
            [profiling]
            minibatches = 10
            settle_ms = 300
            [defaults]
            class = "ignore"
            [[workload]]
            name = "resnet18"
            class = "training"
            match = { exe = "virtual-workload", cmdline = "\(folder)" }

            """
        let file = folder + "/fulcrum.toml"
        try SmallFile.replaceAtomically(file, with: [UInt8](configuration.utf8), mode: 0o644)
        let log = folder + "/fulcrumd.log"
        daemon = try ChildProcess(
            [
                programs + "/fulcrumd", "--root", other ?? root, "--tree", tree, "--service", folder + "/fulcrumd",
                "--config", file,
                "--stop-at-end-of-input",
            ], outputPath: log, errorPath: log)
        try wait(seconds: 30, "The daemon did not publish its tree") { Directory.exists(tree + "/budget/power_uw") }
    }

    func stopDaemon() {
        daemon?.closeInput()
        _ = daemon?.wait()
        daemon = nil
    }

    func startWorkload() throws {
        workload = try ChildProcess(
            [programs + "/virtual-workload", "train", "--surface", "resnet18-train", "--libcuda", library],
            environment: ["VIRTUAL_JETSON_GPU": gpu], outputPath: "/dev/null", errorPath: folder + "/workload.log")
    }

    /// The state that the daemon publishes for the workload.
    var workloadState: String? {
        guard let names = try? Directory.names(tree + "/workload"),
            let name = names.first(where: { $0.hasPrefix("resnet18") })
        else { return nil }
        return try? SmallFile.text("\(tree)/workload/\(name)/state")
    }

    /// How many GPU processes of the machine the daemon sees that are not of this scene.
    var foreignWorkloads: Int {
        ((try? Directory.names(tree + "/workload")) ?? []).filter {
            (try? SmallFile.text("\(tree)/workload/\($0)/state")) == "ignored"
        }.count
    }

    /// Returns the seconds that it took. Settled, and still so two seconds later.
    func waitUntilSettled(seconds: Int) throws -> Double {
        let begin = MonotonicClock.nanoseconds()
        var settledChecks = 0
        try wait(seconds: seconds, "The workload was not settled") {
            settledChecks = workloadState == "settled" ? settledChecks + 1 : 0
            return settledChecks > 20
        }
        return Double(MonotonicClock.nanoseconds() - begin) / 1e9 - 2
    }

    /// Throws if something that was started has ended.
    func check() throws {
        for (process, name) in [(board, "virtual board"), (daemon, "daemon"), (workload, "training process")] {
            if let status = process?.poll() {
                throw BenchmarkError("The \(name) ended with status \(status).\(logTail)")
            }
        }
    }

    /// Ends everything in the order that lets each give back what it took.
    func strike() {
        workload?.signal(SIGTERM)
        _ = workload?.wait()
        stopDaemon()
        board?.closeInput()
        _ = board?.wait()
        _ = try? ChildProcess(["rm", "-rf", "--one-file-system", folder]).wait()
    }

    private var logTail: String {
        let text = (try? SmallFile.text(folder + "/fulcrumd.log", limit: 1 << 20)) ?? ""
        return text.split(separator: "\n").suffix(4).reduce("") { $0 + "\n  " + $1 }
    }

    private func wait(seconds: Int, _ failure: String, until condition: () -> Bool) throws {
        let deadline = MonotonicClock.nanoseconds() + UInt64(seconds) * 1_000_000_000
        while !condition() {
            try check()
            guard MonotonicClock.nanoseconds() < deadline else {
                throw BenchmarkError("\(failure) within \(seconds) s.\(logTail)")
            }
            usleep(100_000)
        }
    }
}
