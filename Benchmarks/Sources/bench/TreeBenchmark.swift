import CBaseline
import Glibc
import SystemCalls
import VirtualFiles

/// Reading an attribute of a virtual tree, beside the same file on a tmpfs.
enum TreeBenchmark {
    private static let files = ["a/value", "a/b/c/value"]
    private static let text = "24000000\n"

    /// The process that serves the tree, so that a read crosses from one process to another as it does in the field. Ends with its
    /// standard input.
    static func serve(at path: String, cpu: Int32) throws {
        guard baseline_stay_on(cpu) == 0 else { throw BenchmarkError("Could not stay on CPU \(cpu): errno \(errno).") }
        let tree = FileTree()
        for file in files { try tree.add(file, .integer { 24_000_000 }) }
        let server = FileServer(tree: tree) { print($0) }
        try server.mount(at: path, name: "bench")
        print("ready")
        fflush(nil)
        while getchar() != EOF {}
        server.stop()
    }

    static func run(program: String) throws -> Section {
        var section = Section(
            title: "Virtual file tree",
            method: """
                One reader, one server process. Each operation is timed alone, and takes turns with the same operation on a file \
                of the same content and depth on a tmpfs (/dev/shm). The attribute makes its text anew for each read. "One core": both \
                processes are kept on one core, so that no idle core has to be woken, which a virtual machine pays for; "any core": \
                the scheduler places them.
                """)
        guard geteuid() == 0 else {
            section.skipped = "mounting a FUSE file system needs root."
            return section
        }
        let plain = try ScratchFolder("plain", below: "/dev/shm")
        for file in files { try plain.write(text, file) }
        defer { _ = baseline_stay_on(-1) }
        for (cores, cpu) in [("one core", Int32(0)), ("any core", Int32(-1))] {
            guard baseline_stay_on(cpu) == 0 else {
                throw BenchmarkError("Could not stay on CPU \(cpu): errno \(errno).")
            }
            let folder = try ScratchFolder("tree")
            let server = try ChildProcess([program, "serve-tree", folder.path, String(cpu)])
            defer {
                server.closeInput()
                _ = server.wait()
            }
            guard server.readLine() == "ready" else { throw BenchmarkError("The tree could not be mounted.") }
            for file in files {
                let depth = file.split(separator: "/").count - 1
                let place = (depth == 1 ? "one directory deep" : "\(depth) directories deep") + ", " + cores
                let mounted = "\(folder.path)/\(file)"
                let bare = "\(plain.path)/\(file)"
                try section.add("open+read+close, \(place)", target: 80, virtual: { openReadClose(mounted) }) {
                    openReadClose(bare)
                }
                let open = try OwnedDescriptor(opening: mounted)
                let bareOpen = try OwnedDescriptor(opening: bare)
                let descriptors = (open.rawValue, bareOpen.rawValue)
                try section.add("pread, \(place)", target: 15, virtual: { read(descriptors.0) }) { read(descriptors.1) }
            }
        }
        return section
    }

    private static func openReadClose(_ path: String) -> Bool {
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        return read(descriptor)
    }

    private static func read(_ descriptor: Int32) -> Bool {
        var buffer: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)
        return unsafe withUnsafeMutableBytes(of: &buffer) { unsafe pread(descriptor, $0.baseAddress, $0.count, 0) }
            == text.utf8.count
    }
}

/// An operation of the benchmark failed.
struct BenchmarkError: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}

extension Section {
    fileprivate mutating func add(
        _ name: String, target: Double, virtual: () -> Bool, baseline: () -> Bool
    ) throws {
        let warmUp = 200
        var microseconds: [(virtual: Double, baseline: Double)] = []
        for _ in 0..<(warmUp + 4_000) {
            let begin = MonotonicClock.nanoseconds()
            let isRead = virtual()
            let middle = MonotonicClock.nanoseconds()
            let isBaselineRead = baseline()
            let end = MonotonicClock.nanoseconds()
            guard isRead, isBaselineRead else { throw BenchmarkError("\(name) failed: errno \(errno).") }
            microseconds.append((Double(middle - begin) / 1e3, Double(end - middle) / 1e3))
        }
        microseconds.removeFirst(warmUp)
        guard let plain = Row("baseline: \(name), tmpfs", "us", microseconds.map(\.baseline)) else { return }
        rows += [
            Row("\(name)", "us", microseconds.map(\.virtual), over: plain, target: .under(target)), plain,
        ].compactMap(\.self)
    }
}
