import Glibc
import SystemCalls
import SystemPackage
import VirtualJetson

/// A board of its own for one test, in a directory of its own. Stopped and removed by `stop`, or when it goes.
final class MountedBoard: Sendable {
    static let canMount = geteuid() == 0 && Directory.exists("/dev/fuse")
    static let reason = "Mounting a virtual board needs root and /dev/fuse."

    let board: VirtualBoard
    private let directory: String

    init(preset: String? = nil, timeScale: Double = 1, railScale: Double = 1) throws {
        var template = Array("/tmp/virtual-jetson-test.XXXXXX".utf8CString)
        let made = unsafe template.withUnsafeMutableBufferPointer { buffer in
            unsafe buffer.baseAddress.flatMap { unsafe mkdtemp($0) }.map { unsafe String(cString: $0) }
        }
        guard let made else { throw SystemCallError("make", "a temporary directory", Errno(rawValue: Glibc.errno)) }
        // mkdtemp gives 0700; processes of other users must get through.
        _ = unsafe chmod(made, 0o755)
        directory = made
        let library = Self.products + "/libcuda.so"
        var configuration = VirtualBoard.Configuration(
            root: made + "/root", stateDirectory: made + "/state",
            libcudaSource: Directory.exists(library) ? library : nil)
        configuration.preset = preset
        configuration.timeScale = timeScale
        configuration.railScale = railScale
        board = try VirtualBoard(configuration)
        try board.start()
    }

    deinit { stop() }

    /// Where the build put the executables: this test runs from there.
    static let products: String = {
        guard let path = unsafe realpath("/proc/self/exe", nil) else { return "." }
        defer { unsafe free(path) }
        return FilePath(unsafe String(cString: path)).removingLastComponent().string
    }()

    func stop() {
        board.stop()
        _ = unsafe rmdir(directory)
    }

    func read(_ path: String) throws -> String { try SmallFile.text(board.root + "/" + path, limit: 1 << 20) }

    func write(_ text: String, _ path: String) throws { try SmallFile.write(text, to: board.root + "/" + path) }

    /// The errno that a write ends with; nil for success.
    func errno(writing text: String, _ path: String) throws -> Errno? {
        do throws(SystemCallError) {
            try SmallFile.write(text, to: board.root + "/" + path)
            return nil
        } catch {
            return error.errno
        }
    }

    /// Lets the engine go on until `condition` holds; false after ten seconds.
    func waits(until condition: (EngineReadings) -> Bool) -> Bool {
        for _ in 0..<10_000 {
            if let readings = board.readings, condition(readings) { return true }
            usleep(1000)
        }
        return false
    }
}
