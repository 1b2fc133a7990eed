import ArgumentParser
import CLinux
import Glibc
import Policy
import SystemCalls
import SystemPackage
import VirtualJetson

@main
struct VirtualJetsonCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "virtual-jetson", abstract: "A Jetson for machines without one.",
        discussion: """
            Mounts the board's files at the directory given by --root and serves its GPU until SIGTERM or SIGINT. Prints \
            "ready root=DIR gpu=FILE libcuda=FILE" once all is there. Needs root to mount. Time and power are modelled; \
            a preset sets clocks and cores only, its TPC mask is not applied.
            """)

    @Option(help: "Where to mount the board's files.") var root: String
    @Option(help: "Directory of the GPU's shared memory and the driver.") var state = "/run/virtual-jetson"
    @Option(help: "The board.") var board = "orin-agx-64gb"
    @Option(name: .customLong("l4t"), help: "Linux for Tegra release.") var release = "r36"
    @Option(help: "nvpmodel mode to start in: maxn, 15w, 30w or 50w.") var preset: String?
    @Option(help: "Minibatch work is this many times shorter.") var timeScale = 1.0
    @Option(help: "Averaging of the rails is this many times shorter.") var railScale = 1.0
    @Option(help: "NAME=FILE: a workload surface from a measured table; repeatable.") var table: [String] = []
    @Flag(help: "Stop when standard input is closed.") var stopAtEndOfInput = false
    @Option(help: "The stand-in CUDA driver; libcuda.so beside this program if not given.") var libcuda: String?

    func run() throws {
        guard geteuid() == 0 else { throw Refusal("Mounting needs root: run virtual-jetson with sudo.") }
        let board = try VirtualBoard(configuration())
        // Blocked before any thread starts, so that the descriptor is the only one to see them.
        var signals = sigset_t()
        _ = unsafe sigemptyset(&signals)
        for number in [SIGTERM, SIGINT] { _ = unsafe sigaddset(&signals, number) }
        _ = unsafe pthread_sigmask(SIG_BLOCK, &signals, nil)
        try board.start()
        defer { board.stop() }
        let line = "ready root=\(board.root) gpu=\(board.gpuPath) libcuda=\(board.libcudaPath)\n"
        try FileDescriptor.standardOutput.writeAll(line.utf8)
        let signal = unsafe signalfd(-1, &signals, Int32(SFD_CLOEXEC))
        var sources = [pollfd(fd: signal, events: Int16(POLLIN), revents: 0)]
        if stopAtEndOfInput { sources.append(pollfd(fd: STDIN_FILENO, events: Int16(POLLIN), revents: 0)) }
        // Also a signal or an end of input ends it; the time is for noticing an unmount.
        while unsafe poll(&sources, nfds_t(sources.count), 500) <= 0 {
            if board.hasEnded { throw Refusal("\(board.root) was unmounted by somebody else; the virtual board ends.") }
        }
    }

    private func configuration() throws -> VirtualBoard.Configuration {
        guard let description = BoardDescription.named(board, release: release) else {
            let known = BoardDescription.all.map { "\($0.name) with \($0.release)" }.joined(separator: ", ")
            throw Refusal("There is no virtual board \(board) with \(release). There is: \(known).")
        }
        let program = try FilePath(Self.readLink("/proc/self/exe"))
        var configuration = try VirtualBoard.Configuration(
            root: Self.absolute(root), stateDirectory: Self.absolute(state),
            libcudaSource: libcuda ?? program.removingLastComponent().appending("libcuda.so").string)
        configuration.board = description
        configuration.preset = preset
        configuration.timeScale = timeScale
        configuration.railScale = railScale
        configuration.log = { message in _ = try? FileDescriptor.standardError.writeAll((message + "\n").utf8) }
        for argument in table {
            let parts = argument.split(separator: "=", maxSplits: 1).map(String.init)
            guard parts.count == 2 else { throw Refusal("Could not use --table \(argument): expected NAME=FILE.") }
            let bytes = try SmallFile.bytes(parts[1], limit: TrainingTable.byteLimit)
            try configuration.addTable(TrainingTable(parsing: bytes, file: parts[1]), as: parts[0])
        }
        return configuration
    }

    private static func absolute(_ path: String) throws -> String {
        if path.hasPrefix("/") { return FilePath(path).lexicallyNormalized().string }
        return FilePath(try readLink("/proc/self/cwd")).appending(path).lexicallyNormalized().string
    }

    private static func readLink(_ path: String) throws -> String {
        guard let target = unsafe realpath(path, nil) else {
            throw Refusal("Could not resolve \(path): \(Errno(rawValue: Glibc.errno)).")
        }
        defer { unsafe free(target) }
        return unsafe String(cString: target)
    }
}

struct Refusal: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}
