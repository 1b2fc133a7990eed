import CLinux
import Glibc
package import SystemCalls
import SystemPackage

/// The processes of a scene on a virtual board, and the folder that they work in. `strike` leaves nothing mounted, running or
/// stopped. The demo plays on it, and so do the end-to-end tests.
package final class Stage {
    /// How much faster than on a board the virtual one runs.
    package struct Pace: Sendable {
        package var time: Int
        package var rails: Int

        package init(time: Int, rails: Int) {
            self.time = time
            self.rails = rails
        }

        /// Configuration of the daemon's windows that fits this pace.
        package var configuration: String {
            """
            # Minibatches run \(time) times and rail averaging \(rails) times as fast as on a board.
            [rails]
            interval_ms = \(400 / rails)
            averaging_ms = \(430 / rails)
            [profiling]
            settle_ms = \(3000 / time)
            slow_s = \(20 / time)
            """
        }
    }

    let privilege: Privilege
    let pace: Pace
    package let folder: String
    package let board: VirtualBoardFiles
    package let tree: GovernorTree
    /// Where the governor keeps its profiles.
    package var statePath: String
    /// The workloads of a scene; the board has a surface of each.
    package static let workloads = ["resnet18", "mobilenetv3"]

    private let binaries: String
    private var paceFile: String { folder + "/pace.toml" }
    private var gpu = ""
    private var library = ""
    private var boardProcess: ChildProcess?
    package private(set) var daemon: ChildProcess?
    package private(set) var workload: ChildProcess?
    package private(set) var workloadLog = ""
    private var workloadCount = 0

    /// Makes the folder below /tmp. `binaries` is where the programs lie. The scene's governor has the reference models that ship
    /// with Fulcrum, less those of `unknown`, the workload that nobody has profiled.
    package init(binaries: String, pace: Pace, name: String = "demo", unknown: String = "resnet18") throws {
        privilege = try Privilege()
        self.binaries = binaries
        self.pace = pace
        folder = try Directory.createTemporary("/tmp/fulcrum-\(name)-")
        board = VirtualBoardFiles(root: folder + "/board")
        tree = GovernorTree(root: folder + "/tree")
        statePath = folder + "/store"
        let models = folder + "/models"
        try Self.copyModels(of: binaries, without: unknown, into: models)
        try SmallFile.replaceAtomically(
            paceFile, with: [UInt8]((pace.configuration + "\n[search]\nmodels = \"\(models)\"\n").utf8), mode: 0o644)
    }

    /// Finds the models of the checkout that the programs were built in, or the installed ones.
    private static func copyModels(of binaries: String, without unknown: String, into folder: String) throws {
        try Directory.create(folder)
        let places = (1...4).map { binaries + String(repeating: "/..", count: $0) + "/models" }
        for place in places + ["/usr/share/fulcrum/models"] {
            let names = ((try? Directory.names(place)) ?? []).filter { $0.hasSuffix(".fulcrum-model") }
            for name in names where !name.contains(unknown) {
                let bytes = try SmallFile.bytes(place + "/" + name, limit: 1 << 20)
                try SmallFile.replaceAtomically(folder + "/" + name, with: bytes, mode: 0o644)
            }
            if !names.isEmpty { return }
        }
    }

    package var daemonLog: String { folder + "/fulcrumd.log" }

    /// Starts the virtual board and waits until it says that it is there.
    package func startBoard() throws {
        let process = try ChildProcess(
            privilege.command([
                binaries + "/virtual-jetson", "--root", board.root, "--state", folder + "/state", "--time-scale",
                "\(pace.time)", "--rail-scale", "\(pace.rails)", "--stop-at-end-of-input",
            ]), errorPath: folder + "/virtual-jetson.log")
        boardProcess = process
        guard let line = process.readLine(), line.hasPrefix("ready ") else {
            throw failure("The virtual board did not start", log: "virtual-jetson.log")
        }
        for field in line.split(separator: " ") {
            if field.hasPrefix("gpu=") { gpu = String(field.dropFirst(4)) }
            if field.hasPrefix("libcuda=") { library = String(field.dropFirst(8)) }
        }
    }

    /// A daemon's configuration: `text`, and rules that take the scene's own workloads and no others that may run on the
    /// machine. The windows of this pace stand in a file of their own, which is applied before it.
    package func writeConfiguration(_ text: String) throws -> String {
        let file = folder + "/fulcrum.toml"
        var whole = text + "\n[defaults]\nclass = \"ignore\"\n"
        for name in Self.workloads {
            whole += """
                [[workload]]
                name = "\(name)"
                class = "training"
                match = { exe = "virtual-workload", cmdline = "--surface \(name)-train --libcuda \(folder)/" }

                """
        }
        try SmallFile.replaceAtomically(file, with: [UInt8](whole.utf8), mode: 0o644)
        return file
    }

    /// Starts the governor on the virtual board. Does not wait.
    package func launchDaemon(configuration file: String, environment: [String: String] = [:]) throws -> ChildProcess {
        let process = try ChildProcess(
            privilege.command(
                [
                    binaries + "/fulcrumd", "--root", board.root, "--tree", tree.root, "--service",
                    folder + "/fulcrumd", "--state", statePath, "--config", paceFile, "--config", file,
                    "--stop-at-end-of-input",
                ], environment: environment),
            outputPath: daemonLog, errorPath: daemonLog)
        daemon = process
        return process
    }

    /// Starts the governor and waits for its READY=1.
    package func startDaemon(configuration text: String) throws {
        let notification = try NotificationSocket(folder + "/notify")
        let process = try launchDaemon(
            configuration: writeConfiguration(text), environment: ["NOTIFY_SOCKET": notification.path])
        for _ in 0..<100 {
            if notification.receives("READY=1", withinMilliseconds: 300) { return }
            if process.poll() != nil { break }
        }
        throw failure("The governor did not start", log: "fulcrumd.log")
    }

    /// Starts a training process, without root; endless unless `minibatches` is given. `shape` are further options of it.
    package func startWorkload(_ name: String = "resnet18", minibatches: Int? = nil, shape: [String] = []) throws {
        workloadCount += 1
        workloadLog = folder + "/workload-\(workloadCount).log"
        workload = try ChildProcess(
            [binaries + "/virtual-workload", "train", "--surface", "\(name)-train", "--libcuda", library]
                + (minibatches.map { ["--minibatches", "\($0)"] } ?? []) + shape,
            environment: ["VIRTUAL_JETSON_GPU": gpu], outputPath: workloadLog, errorPath: folder + "/workload.err")
    }

    /// Throws if something that was started has ended.
    func check() throws {
        if boardProcess?.poll() != nil { throw failure("The virtual board ended", log: "virtual-jetson.log") }
        if daemon?.poll() != nil { throw failure("The governor ended", log: "fulcrumd.log") }
        if workload?.poll() != nil { throw failure("The training process ended", log: "workload.err") }
    }

    package func stopWorkload() {
        workload?.signal(SIGTERM)
        _ = workload?.wait()
        workload = nil
    }

    /// Ends the governor; it gives the board back first. Returns its exit status.
    @discardableResult
    package func stopDaemon() -> Int32 {
        daemon?.closeInput()
        let status = daemon?.wait() ?? 0
        daemon = nil
        return status
    }

    /// Ends the governor as a crash would.
    package func killDaemon() {
        daemon?.signal(SIGKILL)
        _ = daemon?.wait()
        daemon = nil
    }

    /// Takes the board away under the governor, as if its driver had crashed.
    package func killBoard() {
        boardProcess?.signal(SIGKILL)
        _ = boardProcess?.wait()
        boardProcess = nil
        if mounts.contains(board.root + " ") { unmount(board.root) }
    }

    /// Ends everything in the order that lets each give back what it took, and removes the folder.
    package func strike() {
        stopWorkload()
        stopDaemon()
        if mounts.contains(tree.root + " ") { unmount(tree.root) }
        boardProcess?.closeInput()
        _ = boardProcess?.wait()
        boardProcess = nil
        guard !mounts.contains(folder) else { return }
        run(["rm", "-rf", "--one-file-system", folder])
    }

    /// What is mounted on this machine, as the kernel lists it.
    package var mounts: String {
        (try? SmallFile.text("/proc/self/mounts", limit: 4_194_304)) ?? ""
    }

    private func unmount(_ path: String) {
        run(["umount", "--lazy", path])
    }

    private func run(_ command: [String]) {
        let process = try? ChildProcess(privilege.command(command))
        _ = process?.wait()
    }

    private func failure(_ what: String, log: String) -> DemonstrationError {
        let text = (try? SmallFile.text(folder + "/" + log, limit: 1_048_576)) ?? ""
        let tail = text.split(separator: "\n").suffix(8).joined(separator: "\n  ")
        return DemonstrationError("\(what). The end of its log:\n  \(tail.isEmpty ? "(empty)" : tail)")
    }
}
