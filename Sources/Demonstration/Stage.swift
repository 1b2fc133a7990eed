import CLinux
import Glibc
import SystemCalls
import SystemPackage

/// The processes of the demo and the folder that they work in; leaves nothing mounted, running or stopped, whatever happens.
final class Stage {
    static let timeScale = 10
    static let railScale = 5

    let privilege: Privilege
    let folder: String
    let binaries: String
    let board: VirtualBoardFiles
    let tree: GovernorTree
    private var gpu = ""
    private var library = ""
    private var boardProcess: ChildProcess?
    private var daemon: ChildProcess?
    private var workload: ChildProcess?
    private(set) var workloadLog = ""
    private var workloadCount = 0

    init(binaries: String, privilege: Privilege) throws {
        self.privilege = privilege
        self.binaries = binaries
        folder = "/tmp/fulcrum-demo-\(getpid())"
        try Directory.create(folder)
        board = VirtualBoardFiles(root: folder + "/board")
        tree = GovernorTree(root: folder + "/tree")
    }

    /// Starts the virtual board and waits until it says that it is there.
    func startBoard() throws {
        let process = try ChildProcess(
            privilege.command([
                binaries + "/virtual-jetson", "--root", board.root, "--state", folder + "/state", "--time-scale",
                "\(Self.timeScale)", "--rail-scale", "\(Self.railScale)", "--stop-at-end-of-input",
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

    /// Starts the governor on the virtual board with windows that fit its time scale, and waits for its READY=1.
    func startDaemon(budgetWatts: Double) throws {
        let configuration = """
            # The demo's windows: minibatches run \(Self.timeScale) times and rail averaging \(Self.railScale) times as fast as on a board.
            [budget]
            power_w = \(budgetWatts)
            return_s = 2.0
            [rails]
            interval_ms = 90.0
            averaging_ms = 86.0
            [profiling]
            settle_ms = 300.0
            [[workload]]
            name = "resnet18"
            class = "training"
            match = { exe = "virtual-workload", cmdline = "\(folder)" }
            [defaults]
            class = "ignore"

            """
        let file = folder + "/fulcrum.toml"
        try SmallFile.replaceAtomically(file, with: [UInt8](configuration.utf8), mode: 0o644)
        let notification = try NotificationSocket(folder + "/notify")
        let process = try ChildProcess(
            privilege.command(
                [
                    binaries + "/fulcrumd", "--root", board.root, "--tree", tree.root, "--service", folder + "/fulcrumd",
                    "--config", file, "--stop-at-end-of-input",
                ], environment: ["NOTIFY_SOCKET": notification.path]),
            outputPath: folder + "/fulcrumd.log", errorPath: folder + "/fulcrumd.log")
        daemon = process
        for _ in 0..<100 {
            if notification.receives("READY=1", withinMilliseconds: 300) { return }
            if process.poll() != nil { break }
        }
        throw failure("The governor did not start", log: "fulcrumd.log")
    }

    /// Starts a training process, without root.
    func startWorkload() throws {
        workloadCount += 1
        workloadLog = folder + "/workload-\(workloadCount).log"
        workload = try ChildProcess(
            [
                binaries + "/virtual-workload", "train", "--surface", "resnet18-train", "--libcuda", library,
            ], environment: ["VIRTUAL_JETSON_GPU": gpu], outputPath: workloadLog, errorPath: folder + "/workload.err")
    }

    /// Whether all that was started still runs.
    func check() throws {
        if boardProcess?.poll() != nil { throw failure("The virtual board ended", log: "virtual-jetson.log") }
        if daemon?.poll() != nil { throw failure("The governor ended", log: "fulcrumd.log") }
        if workload?.poll() != nil { throw failure("The training process ended", log: "workload.err") }
    }

    func stopWorkload() {
        workload?.signal(SIGTERM)
        _ = workload?.wait()
        workload = nil
    }

    /// Ends the governor; it gives the board back first. Returns its exit status.
    @discardableResult
    func stopDaemon() -> Int32 {
        daemon?.closeInput()
        let status = daemon?.wait() ?? 0
        daemon = nil
        return status
    }

    /// Ends everything in the order that lets each give back what it took.
    func strike() {
        stopWorkload()
        stopDaemon()
        boardProcess?.closeInput()
        _ = boardProcess?.wait()
        boardProcess = nil
        let mounts = (try? SmallFile.text("/proc/self/mounts", limit: 4_194_304)) ?? folder
        guard !mounts.contains(folder) else { return }
        let removal = try? ChildProcess(privilege.command(["rm", "-rf", "--one-file-system", folder]))
        _ = removal?.wait()
    }

    private func failure(_ what: String, log: String) -> DemonstrationError {
        let text = (try? SmallFile.text(folder + "/" + log, limit: 1_048_576)) ?? ""
        let tail = text.split(separator: "\n").suffix(8).joined(separator: "\n  ")
        return DemonstrationError("\(what). The end of its log:\n  \(tail.isEmpty ? "(empty)" : tail)")
    }
}

/// Receives what a service tells its manager (sd_notify(3)).
private final class NotificationSocket {
    let path: String
    private let descriptor: OwnedDescriptor

    init(_ path: String) throws {
        self.path = path
        let number = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard number >= 0 else { throw SystemCallError("create a socket for", path, Errno(rawValue: errno)) }
        descriptor = OwnedDescriptor(adopting: number)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let bytes = [UInt8](path.utf8)
        guard bytes.count < 108 else { throw SystemCallError("bind", path, Errno(rawValue: ENAMETOOLONG)) }
        unsafe withUnsafeMutableBytes(of: &address.sun_path) { unsafe $0.copyBytes(from: bytes) }
        let result = unsafe withUnsafePointer(to: &address) {
            unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe bind(number, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        guard result == 0 else { throw SystemCallError("bind", path, Errno(rawValue: errno)) }
    }

    func receives(_ text: String, withinMilliseconds timeout: Int32) -> Bool {
        var entry = pollfd(fd: descriptor.rawValue, events: Int16(POLLIN), revents: 0)
        guard unsafe poll(&entry, 1, timeout) > 0 else { return false }
        var buffer = [UInt8](repeating: 0, count: 512)
        let count = unsafe recv(descriptor.rawValue, &buffer, buffer.count, 0)
        return count > 0 && String(decoding: buffer[..<count], as: UTF8.self).contains(text)
    }
}
