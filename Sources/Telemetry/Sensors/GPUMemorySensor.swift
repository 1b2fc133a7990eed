import Glibc
import SystemCalls
import SystemPackage

/// GPU memory per process, from nvmap's debugfs, and the total, from /proc/meminfo. For one thread.
///
/// The kernel walks all handles of all clients for each reading: ask once a second, not more.
public final class GPUMemorySensor {
    /// What each process and the kernel hold; nil while it cannot be read, which `support` explains.
    public var clients: NvmapClients? { isCurrent ? table : nil }
    /// All memory that nvmap gave out, bytes; nil when not readable.
    public private(set) var totalBytes: UInt64?
    /// Whether memory per process can be had here, and if not, why and what helps.
    public private(set) var support: FeatureAnswer = .unknown("GPU memory per process has not been read yet.")

    private let root: String
    private var table = NvmapClients()
    private var isCurrent = false
    private var clientsFile: OpenTextFile?
    private var memoryFile: OpenTextFile?
    private var search: SensorSearch
    private var buffer = [UInt8](repeating: 0, count: 16_384)

    /// Longer text than this is refused: 4,096 processes need a quarter of it.
    private static let limit = 1 << 20

    /// Opens the files that are there.
    ///
    /// - Parameters:
    ///   - root: put in front of every path; "" on a board.
    ///   - retryNanoseconds: how often the files are looked for anew while they are missing.
    public init(root: String = "", retryNanoseconds: UInt64 = 10_000_000_000) {
        self.root = root
        search = SensorSearch(intervalNanoseconds: retryNanoseconds)
        discover()
    }

    /// Reads both files once. `now` is CLOCK_MONOTONIC nanoseconds. No allocation while the text does not outgrow all
    /// before it.
    public func update(now: UInt64) {
        if search.isDue(now: now) { discover() }
        readTotal()
        readClients()
    }

    private func readTotal() {
        totalBytes = nil
        guard let memoryFile, case .bytes(let count) = memoryFile.read(into: &buffer, limit: Self.limit) else { return }
        totalBytes = MemoryInfo.nvmapBytes(buffer.span.extracting(0..<count))
    }

    private func readClients() {
        isCurrent = false
        guard let clientsFile else { return }
        switch clientsFile.read(into: &buffer, limit: Self.limit) {
        case .bytes(let count):
            table.parse(buffer.span.extracting(0..<count), skipsIndented: clientsFile.path.hasSuffix("/maps"))
            if table.isOverfull {
                support = .unknown(
                    "\(clientsFile.path) lists more than \(NvmapClients.maximumProcesses) processes, so it is not read."
                )
            } else if count > 0, table.totalBytes == nil, table.processes.isEmpty {
                support = .unknown("\(clientsFile.path) holds no table of clients that is known.")
            } else {
                isCurrent = true
                support = .available
            }
        case .tooLong:
            support = .unknown("\(clientsFile.path) is longer than \(Self.limit) bytes, so it is not read.")
        case .failed(let errno):
            search.isWanted = true
            support = .unknown(
                SystemCallError(
                    "read", clientsFile.path, Errno(rawValue: errno), remedy: "It is tried again at a low rate."
                ).description)
        }
    }

    private func discover() {
        if memoryFile == nil { memoryFile = try? OpenTextFile(root + "/proc/meminfo") }
        clientsFile = nil
        let directory = root + "/sys/kernel/debug/nvmap/iovmm"
        search.isWanted = true
        // `maps` lists every mapping besides, and is read only where there is nothing shorter.
        for name in ["clients", "maps"] {
            do {
                clientsFile = try OpenTextFile("\(directory)/\(name)")
                search.isWanted = false
                return
            } catch {
                support = Self.answer(to: error, root: root)
            }
        }
    }

    private static func answer(to error: SystemCallError, root: String) -> FeatureAnswer {
        let debugfs = root + "/sys/kernel/debug"
        switch error.errno {
        case .permissionDenied, .notPermitted:
            return .unavailable(
                "\(error) debugfs is root's, and a kernel under lockdown gives it to nobody: run as root.")
        case .noSuchFileOrDirectory where (try? Directory.names(debugfs))?.isEmpty ?? true:
            return .unavailable(
                "\(debugfs) is empty: debugfs is not mounted. Mount it (mount -t debugfs debugfs \(debugfs)).")
        case .noSuchFileOrDirectory:
            return .unavailable(
                "There is no \(debugfs)/nvmap: this kernel has no nvmap driver, as on Thor and on machines other than Jetson."
            )
        default: return .unknown(error.description)
        }
    }
}
