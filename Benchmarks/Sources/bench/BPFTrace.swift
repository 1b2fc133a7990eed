import Glibc
import SystemCalls

/// bpftrace with a script that keeps and tells what the probes of the governor do: for waits the call, the return and the
/// process's count, for launches the process's and the stream's count, the stream and the function, one line per event.
final class BPFTrace {
    private let process: ChildProcess
    private let folder: ScratchFolder
    var pid: Int32 { process.pid }
    private var ready: String { "\(folder.path)/bpftrace.ready" }

    /// Returns when the script is attached to `library`; nil where bpftrace is not installed.
    init?(library: String, folder: ScratchFolder) throws {
        let candidates = ["/usr/bin/bpftrace", "/usr/local/bin/bpftrace", "/usr/sbin/bpftrace"]
        guard let program = candidates.first(where: Directory.exists) else { return nil }
        self.folder = folder
        try folder.write(Self.script(library, ready: "\(folder.path)/bpftrace.ready"), "calls.bt")
        process = try ChildProcess(
            [program, "--unsafe", "-o", "\(folder.path)/bpftrace.out", "\(folder.path)/calls.bt"],
            outputPath: "\(folder.path)/bpftrace.log", errorPath: "\(folder.path)/bpftrace.log")
        for _ in 0..<10_000 {
            if Directory.exists(ready) { return }
            usleep(1_000)
        }
        let log = (try? SmallFile.text("\(folder.path)/bpftrace.log", limit: 1 << 16)) ?? ""
        throw BenchmarkError("bpftrace did not start: \(log.prefix(300))")
    }

    /// The command of BEGIN is run when the events are first looked for, which is when all probes are attached.
    private static func script(_ library: String, ready: String) -> String {
        func probe(_ kind: String, _ names: [String]) -> String {
            names.map { "\(kind):\(library):\($0)" }.joined(separator: ", ")
        }
        let waits = ["cuStreamSynchronize", "cuCtxSynchronize", "cuEventSynchronize", "cuMemcpyDtoH_v2"]
        let launch =
            #"@launches[pid]++; @launched[pid, $stream]++; printf("%d %d %lu %lu %lu %lu\n", pid, tid, "#
            + #"@launches[pid], nsecs, $stream, $what);"#
        return """
            BEGIN { system("touch \(ready)"); }
            \(probe("uprobe", waits)) { @begin[tid] = nsecs; }
            \(probe("uretprobe", waits)) /@begin[tid]/ {
                @waits[pid]++;
                printf("%d %d %lu %lu %lu\\n", pid, tid, @waits[pid], @begin[tid], nsecs);
                delete(@begin[tid]);
            }
            \(probe("uprobe", ["cuLaunchKernel"])) { $stream = sarg2; $what = arg0; \(launch) }
            \(probe("uprobe", ["cuLaunchKernelEx"])) { $stream = *(uint64 *)uptr(arg0 + 32); $what = arg1; \(launch) }
            \(probe("uprobe", ["cuGraphLaunch"])) { $stream = arg1; $what = arg0; \(launch) }
            \(probe("uprobe", ["cuEventRecord"])) { @mark[pid, arg0] = @launched[pid, arg1]; }
            """
    }
}
