import Glibc
public import Policy
import Synchronization
import SystemCalls
import SystemPackage
import VirtualFiles

/// Why a virtual board could not start: what was attempted, on which path, what the system said, what to do.
public struct VirtualBoardError: Error, Sendable, CustomStringConvertible {
    /// Full sentences.
    public let description: String

    init(_ description: String) { self.description = description }
}

/// A Jetson for machines without one: a file tree that behaves like the kernel's, and a GPU that real processes share.
public final class VirtualBoard: Sendable {
    /// What to build.
    public struct Configuration: Sendable {
        /// Where the tree is mounted: the prefix of every path of the board.
        public var root: String
        /// Directory of the GPU's shared memory and of the driver library.
        public var stateDirectory: String
        /// The stand-in CUDA driver to copy; nil for none.
        public var libcudaSource: String?
        /// The board.
        public var board: BoardDescription
        /// Name of the nvpmodel mode that the knobs start in; nil for the board's own default.
        public var preset: String?
        /// Minibatch work is this many times shorter than on the board; the native timeslice is not.
        public var timeScale: Double
        /// Averaging of the power monitors is this many times shorter.
        public var railScale: Double
        /// Workload surfaces by name, beside the built-in ones.
        public var surfaces: [String: any WorkloadSurface]
        /// Gets a sentence for every refused write and every error of the file server.
        public var log: @Sendable (String) -> Void

        /// An AGX Orin with its own default mode at real speed.
        public init(root: String, stateDirectory: String, libcudaSource: String? = nil) {
            self.root = root
            self.stateDirectory = stateDirectory
            self.libcudaSource = libcudaSource
            board = .agxOrin64GB
            preset = nil
            timeScale = 1
            railScale = 1
            surfaces = [:]
            log = { _ in }
        }
    }

    private struct Running {
        var engine: GPUEngine
        var server: FileServer
        var removals: [String]
    }

    /// The workload surfaces that every board has.
    public static let builtInSurfaces: [String: any WorkloadSurface] = InferenceSurface.all.merging([
        "resnet18-train": FittedSurface.resNet18Training,
        "mobilenetv3-train": FittedSurface.mobileNetV3Training,
    ]) { _, own in own }

    private let configuration: Configuration
    private let preset: BoardDescription.Preset
    private let running = Mutex<Running?>(nil)

    /// Checks the configuration; touches nothing.
    public init(_ configuration: Configuration) throws(VirtualBoardError) {
        let name = configuration.preset ?? configuration.board.defaultPreset
        guard let preset = configuration.board.presets.first(where: { $0.name == name }) else {
            let known = configuration.board.presets.map(\.name).joined(separator: ", ")
            throw VirtualBoardError(
                "There is no preset \"\(name)\" for \(configuration.board.name). Use one of \(known).")
        }
        guard configuration.timeScale > 0, configuration.timeScale.isFinite, configuration.railScale >= 1,
            configuration.railScale.isFinite
        else {
            throw VirtualBoardError("The time scale must be above 0 and the rail scale 1 or more.")
        }
        for path in [configuration.root, configuration.stateDirectory] where !path.hasPrefix("/") {
            throw VirtualBoardError("Could not use \(path): the board's directories must be absolute paths.")
        }
        self.configuration = configuration
        self.preset = preset
    }

    /// The prefix of every path of the board.
    public var root: String { configuration.root }
    /// The GPU's shared memory, for VIRTUAL_JETSON_GPU.
    public var gpuPath: String { configuration.stateDirectory + "/gpu" }
    /// The stand-in driver that workloads load.
    public var libcudaPath: String { libraryDirectory + "/libcuda.so.1" }
    private var libraryDirectory: String { configuration.stateDirectory + "/lib" }

    /// The engine's accounts and the power monitors' registers; nil unless started.
    public var readings: EngineReadings? { running.withLock { $0?.engine.readings } }

    /// Whether the tree was unmounted by somebody else.
    public var hasEnded: Bool { running.withLock { $0?.server.hasEnded ?? false } }

    /// Makes the directories, starts the GPU and mounts the tree. Needs the rights to mount (root). On an error nothing
    /// is left behind.
    public func start() throws(VirtualBoardError) {
        try running.withLock { (running: inout sending Running?) throws(VirtualBoardError) in
            guard running == nil else { throw VirtualBoardError("This virtual board runs already.") }
            var removals: [String] = []
            do {
                try makeDirectories(&removals)
                // First the engine: where another board has this state directory, its library is left alone.
                let engine = try makeEngine()
                do {
                    try installLibrary(&removals)
                    let server = try makeServer(engine)
                    running = Running(engine: engine, server: server, removals: removals)
                } catch {
                    engine.stop()
                    throw error
                }
            } catch {
                Self.remove(removals)
                throw VirtualBoardError("\(error)")
            }
        }
    }

    /// Unmounts, ends the GPU and removes what `start` made. Harmless when nothing runs.
    public func stop() {
        running.withLock { running in
            guard let current = running else { return }
            current.server.stop()
            current.engine.stop()
            Self.remove(current.removals)
            running = nil
        }
    }

    private func makeDirectories(_ removals: inout [String]) throws(SystemCallError) {
        for path in [configuration.root, configuration.stateDirectory, libraryDirectory] {
            // A mount point whose server died exists but cannot be reached; the file server takes it off.
            let exists = Directory.exists(path) || Glibc.errno == ENOTCONN
            if !exists { try Directory.create(path) }
            // One left by a board that was killed is ours as well.
            if !exists || path == libraryDirectory { removals.append(path) }
        }
    }

    private func installLibrary(_ removals: inout [String]) throws(SystemCallError) {
        guard let source = configuration.libcudaSource else { return }
        let bytes = try SmallFile.bytes(source, limit: 64 << 20)
        try SmallFile.replaceAtomically(libcudaPath, with: bytes, mode: 0o755)
        removals.append(libcudaPath)
        // The mode above is cut by the umask; processes of other users must be able to map the library.
        guard unsafe chmod(libcudaPath, 0o755) == 0 else {
            throw SystemCallError("make executable", libcudaPath, Errno(rawValue: Glibc.errno))
        }
    }

    private func makeEngine() throws(EngineError) -> GPUEngine {
        let knobs = Knobs(configuration.board, preset: preset)
        return try GPUEngine(
            GPUEngine.Configuration(
                path: gpuPath,
                surfaces: Self.builtInSurfaces.merging(configuration.surfaces) { _, own in own },
                idle: configuration.board.idle, chips: configuration.board.chips.map(\.channels),
                timeScale: configuration.timeScale, railScale: configuration.railScale, clocks: knobs.clocks))
    }

    private func makeServer(_ engine: GPUEngine) throws -> FileServer {
        let state = BoardState(
            board: configuration.board, knobs: Knobs(configuration.board, preset: preset), engine: engine)
        let files = try BoardTree(state: state, libcudaPath: libcudaPath)
        let server = FileServer(tree: files.tree, log: configuration.log)
        try server.mount(at: configuration.root, name: "virtual-jetson")
        return server
    }

    /// Removes files and the directories that are empty, newest first.
    private static func remove(_ paths: [String]) {
        for path in paths.reversed() {
            if unsafe unlink(path) != 0 { _ = unsafe rmdir(path) }
        }
    }
}

extension VirtualBoard.Configuration {
    /// Adds a surface that follows a measured table.
    public mutating func addTable(_ table: TrainingTable, as name: String) throws(VirtualBoardError) {
        // The name travels in a field of 48 bytes with its end.
        guard (1...47).contains(name.utf8.count), !name.utf8.contains(where: { $0 <= 0x20 }) else {
            throw VirtualBoardError("Could not name a surface \"\(name)\": use 1 to 47 bytes without blanks.")
        }
        do throws(TableError) {
            surfaces[name] = try TableSurface(table)
        } catch {
            throw VirtualBoardError(error.description)
        }
    }
}
