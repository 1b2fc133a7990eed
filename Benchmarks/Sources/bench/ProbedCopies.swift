import SystemCalls
import Telemetry

/// Copies of one library of functions that do nothing: with no probe, with empty ones, with the governor's at each level
/// and, where it is installed, with those of bpftrace.
struct ProbedCopies {
    let folder: ScratchFolder
    let boundaries: CUDAProbes
    let launches: CUDAProbes
    let bpftrace: BPFTrace?
    private let names = ["bare", "empty", "boundaries", "launches", "bpftrace"]

    init(programs: String) throws {
        folder = try ScratchFolder("probe")
        let library = try SmallFile.bytes(programs + "/libcalls.so", limit: 16 << 20)
        for name in names {
            try SmallFile.replaceAtomically("\(folder.path)/\(name).so", with: library, mode: 0o755)
        }
        boundaries = try CUDAProbes(level: .boundaries)
        launches = try CUDAProbes(level: .launches)
        bpftrace = try BPFTrace(library: "\(folder.path)/bpftrace.so", folder: folder)
        try boundaries.attach(libraryAt: path("boundaries"))
        try launches.attach(libraryAt: path("launches"))
    }

    func path(_ name: String) -> String { "\(folder.path)/\(name).so" }

    /// All of them, in the order in which the program that calls them prints its times.
    var paths: [String] { names.dropLast(bpftrace == nil ? 1 : 0).map(path) }
}
